//! What servers refuse with: each has an error that says whether anything was done, and what to do.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{read, run};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode};
use crate::redis::testing::{Scripted, all_slots};
use crate::redis::{Options, Redis, Topology};

/// A server that answers every script with this.
fn refusing(answer: &'static str) -> Redis {
    let server =
        Scripted::new(
            move |command| {
                if command[0].starts_with("EVAL") { format!("{answer}\r\n") } else { "+OK\r\n".to_owned() }
            },
        );
    Redis::new(&server.options()).unwrap()
}

#[test]
fn each_has_its_text_and_says_that_nothing_was_done() {
    for answer in [
        "-LOADING Redis is loading the dataset in memory",
        "-READONLY You can't write against a read only replica.",
        "-OOM command not allowed when used memory > 'maxmemory'.",
        "-NOAUTH Authentication required.",
        "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "-BUSY Redis is busy running a script.",
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "-NOREPLICAS Not enough good replicas to write.",
        "-MOVED 1 127.0.0.1:2",
        "-ASK 1 127.0.0.1:2",
        "-CLUSTERDOWN The cluster is down",
        "-ERR Error running script: @user_script:1: -OOM command not allowed when used memory > 'maxmemory'.",
    ] {
        let error = run(&refusing(answer), "return 1", "{a}").unwrap_err();
        assert!(matches!(error, Error::StoreRefused(_)), "{answer}: {error:?}");
        assert_eq!(error.code(), ErrorCode::StoreUnavailable);
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.contains("reason that Ironkeep does not know"), "{answer}: {text}");
    }
}

/// A script may meet the end of what its user may do in its middle.
#[test]
fn after_a_missing_permission_something_may_have_been_done() {
    let error = run(&refusing("-NOPERM this user has no permissions to run 'x'"), "return 1", "{a}").unwrap_err();
    assert!(matches!(&error, Error::StoreUnavailable(text) if text.contains("NOPERM")), "{error:?}");
}

#[test]
fn what_is_not_known_is_not_repeated_in_the_text() {
    let error = run(&refusing("-ERR user 'secret' said secret"), "return 1", "{a}").unwrap_err();
    assert!(matches!(&error, Error::StoreUnavailable(text) if !text.contains("secret")), "{error:?}");
}

/// What a server says to everybody, before anybody asks for something.
#[test]
fn a_server_that_takes_nobody_is_not_said_to_refuse_the_password() {
    for (answer, said) in [
        ("-ERR max number of clients reached", "maxclients"),
        ("-DENIED Redis is running in protected mode because protected mode is enabled", "DENIED"),
        ("HTTP/1.1 400 Bad Request", "does not know"),
    ] {
        for at in ["", ":secret@", "somebody:secret@"] {
            for database in ["", "/7"] {
                let server = Scripted::new(move |_| format!("{answer}\r\n"));
                let url = server.url().replace("redis://", &format!("redis://{at}")) + database;
                let redis =
                    Redis::new(&Options { topology: Topology::Standalone { url }, ..server.options() }).unwrap();
                let error = run(&redis, "return 1", "{a}").unwrap_err();
                assert!(
                    matches!(&error, Error::StoreUnreached(text) if text.contains(said)),
                    "{answer}, {at}: {error:?}"
                );
            }
        }
    }
}

/// The only node of a Cluster, that answers scripts in turn, and counts them.
fn node(answers: &'static [&'static str]) -> (Options, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let server = Scripted::with_port(move |port| {
        move |command: &[String]| match command[0].as_str() {
            "EVALSHA" => {
                let n = usize::try_from(counted.fetch_add(1, Ordering::SeqCst)).unwrap();
                let answer = answers.get(n).or(answers.last()).unwrap();
                format!("{}\r\n", answer.replace("PORT", &port.to_string()))
            }
            "CLUSTER" => all_slots(port),
            _ => "+OK\r\n".to_owned(),
        }
    });
    (Options { deadline: Duration::from_millis(600), ..server.options_of_cluster() }, count)
}

#[test]
fn a_slot_that_moved_is_followed_and_one_that_moves_is_waited_for() {
    for answers in [
        &["-MOVED 15495 127.0.0.1:PORT", ":1"][..],
        &["-MOVED 15495 :PORT", ":1"],
        &["-ASK 15495 127.0.0.1:1", "-ASK 15495 127.0.0.1:1", "-TRYAGAIN Multiple keys request during rehashing", ":1"],
    ] {
        let (options, count) = node(answers);
        run(&Redis::new(&options).unwrap(), "return 1", "{a}").unwrap();
        assert_eq!(usize::try_from(count.load(Ordering::SeqCst)).unwrap(), answers.len());
    }
}

#[test]
fn a_cluster_that_does_not_come_to_rest_ends_within_the_deadline() {
    for (answers, name) in [
        (&["-MOVED 15495 127.0.0.1:PORT"][..], "MOVED"),
        (&["-ASK 15495 127.0.0.1:1"], "ASK"),
        (&["-TRYAGAIN Multiple keys request during rehashing"], "ASK"),
        (&["-CLUSTERDOWN The cluster is down"], "CLUSTERDOWN"),
        (&["-LOADING Redis is loading the dataset in memory"], "LOADING"),
    ] {
        let (options, _) = node(answers);
        let redis = Redis::new(&options).unwrap();
        let clock = monotonic();
        let error = run(&redis, "return 1", "{a}").unwrap_err();
        assert!(matches!(&error, Error::StoreRefused(text) if text.contains(name)), "{name}: {error:?}");
        assert!(clock() < options.deadline + Duration::from_millis(300), "{name}: {:?}", clock());
    }
}

/// A slow server is given one script for a call, however often it is asked by others.
#[test]
fn no_answer_is_an_error_at_the_deadline_and_is_asked_once() {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let server = Scripted::new(move |command| {
        if command[0].starts_with("EVAL") {
            counted.fetch_add(1, Ordering::SeqCst);
            return String::new();
        }
        "+OK\r\n".to_owned()
    });
    let options = Options { deadline: Duration::from_millis(200), ..server.options() };
    let redis = Redis::new(&options).unwrap();
    let clock = monotonic();
    assert_eq!(read(&redis, "return 1", "{a}").unwrap_err(), Error::StoreTimeout);
    assert_eq!(run(&redis, "return 1", "{a}").unwrap_err(), Error::StoreTimeout);
    assert!(clock() >= options.deadline * 2);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}
