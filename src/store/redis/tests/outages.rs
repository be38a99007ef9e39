//! Servers that end, start again, forget, and stop answering.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use super::sharing::{HOUR, anyone, change, guest, key, never, open, session, wait};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::Options;
use crate::redis::testing::Server;
use crate::store::SessionStore;
use crate::store::record::{Created, Loaded, Regenerated, Saved};

/// Calls until it succeeds: after each failure there is a pause of at most a second in which nothing is tried.
fn until_it_succeeds<T>(call: impl Fn() -> Result<T>) -> (T, Duration) {
    let clock = monotonic();
    for _ in 0..10_000 {
        match call() {
            Ok(done) => return (done, clock()),
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::StoreUnavailable, "{error}");
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
    panic!("it does not come back");
}

#[test]
fn scripts_that_were_forgotten_are_sent_again() {
    let server = Server::start(&[]);
    let store = open(&server.options());
    for n in 0..5 {
        let created = wait(store.create(never(), anyone(n), guest(1))).unwrap();
        assert!(matches!(created, Created::Done { .. }), "{created:?}");
        server.query::<String>(&["SCRIPT", "FLUSH"]);
    }
    // And is known by its hash after that.
    wait(store.touch(never(), anyone(1))).unwrap();
    let sent = |command: &str| {
        let stats: String = server.query(&["INFO", "commandstats"]);
        let line = format!("cmdstat_{command}:calls=");
        let calls = stats.lines().find_map(|each| each.strip_prefix(&line));
        calls
            .and_then(|calls| calls.split(',').next())
            .map_or(0, |calls| calls.parse::<u32>().unwrap())
    };
    let before = (sent("eval"), sent("evalsha"));
    wait(store.touch(never(), anyone(1))).unwrap();
    assert_eq!((sent("eval"), sent("evalsha")), (before.0, before.1 + 1));
}

#[test]
fn it_comes_back_when_the_server_does() {
    let mut server = Server::start(&["--appendfsync", "always"]);
    let store = open(&server.options());
    wait(store.create(never(), key("alice", 1), session("alice", 1))).unwrap();
    wait(store.save(never(), key("alice", 1), 1, change(2))).unwrap();
    server.kill();
    for _ in 0..20 {
        let error = wait(store.save(never(), key("alice", 1), 2, change(3))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::StoreUnavailable, "{error}");
    }
    server.restart();
    let (loaded, took) = until_it_succeeds(|| wait(store.load(never(), key("alice", 1))));
    assert!(took < Duration::from_secs(10), "{took:?}");
    let Loaded::Found(record) = loaded else { panic!("{loaded:?}") };
    assert_eq!((record.data, record.version), (change(2).data, 2));
    assert!(matches!(wait(store.save(never(), key("alice", 1), 2, change(4))).unwrap(), Saved::Done { .. }));
    // A connection that broke while nobody used it: what only reads is asked again.
    server.restart();
    let loaded = wait(store.load(never(), key("alice", 1))).unwrap();
    assert!(matches!(loaded, Loaded::Found(_)), "{loaded:?}");
}

#[test]
fn nothing_is_connected_to_before_the_first_call() {
    let store = open(&Options::standalone("redis://127.0.0.1:1"));
    let error = wait(store.load(never(), anyone(1))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(error.to_string().contains("does not take connections"), "{error}");
    wait(store.close()).unwrap();
}

#[test]
fn a_server_that_stops_answering_is_left() {
    let server = Server::start(&[]);
    let deadline = Duration::from_millis(500);
    let store = open(&Options { deadline, ..server.options() });
    until_it_succeeds(|| wait(store.create(never(), anyone(1), guest(1))));
    let process = server.process();
    Server::signal("-STOP", &process);
    let clock = monotonic();
    assert_eq!(wait(store.load(never(), anyone(1))).unwrap_err(), Error::StoreTimeout);
    assert!(clock() >= deadline);
    Server::signal("-CONT", &process);
    let found = (0..10_000).any(|_| {
        thread::sleep(Duration::from_millis(1));
        matches!(wait(store.load(never(), anyone(1))), Ok(Loaded::Found(_)))
    });
    assert!(found);
}

/// Each of the three steps has its turn to meet the end of the server.
#[test]
fn no_kill_leaves_two_live_sessions() {
    let mut server = Server::start(&["--appendfsync", "always"]);
    let options = Options { deadline: Duration::from_secs(2), ..server.options() };
    let store = open(&options);
    for round in 0..6_u16 {
        let (old, new) = (anyone(round), key("alice", round));
        until_it_succeeds(|| wait(store.create(never(), old, guest(1))));
        let result = thread::scope(|scope| {
            let moving = scope.spawn(|| wait(store.regenerate(never(), old, 1, new, session("alice", 1), HOUR)));
            thread::sleep(Duration::from_micros(u64::from(round) * 150));
            server.restart();
            moving.join().unwrap()
        });
        let lives = |key| {
            let (loaded, _) = until_it_succeeds(|| wait(store.load(never(), key)));
            matches!(loaded, Loaded::Found(_))
        };
        let (new, old) = (lives(new), lives(old));
        assert!(!(new && old), "both live");
        if let Ok(Regenerated::Created(Created::Done { .. })) = result {
            assert!(new && !old);
        }
    }
}
