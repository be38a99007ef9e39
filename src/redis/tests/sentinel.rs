//! A master that ends, or gives way, and the one that the Sentinels name then.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use redis::Value;

use super::{COUNT, read, run};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode};
use crate::redis::testing::{PASSWORD, SENTINELS_PASSWORD, Watched, until};
use crate::redis::{Options, Redis, Topology};

fn options_with(change: impl FnOnce(&mut Vec<String>, &mut String, &mut Option<String>)) -> Options {
    let mut options = Watched::shared().options();
    if let Topology::Sentinel { sentinels, master, password, .. } = &mut options.topology {
        change(sentinels, master, password);
    }
    options
}

#[test]
fn what_sentinels_refuse_is_told() {
    let refused = |options: &Options| {
        let error = run(&Redis::new(options).unwrap(), "return 1", "{a}").unwrap_err();
        assert!(matches!(error, Error::StoreUnreached(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            !text.contains(PASSWORD) && !text.contains(SENTINELS_PASSWORD) && !text.contains("wrong-secret"),
            "{text}"
        );
        text
    };
    assert!(refused(&options_with(|_, master, _| *master = "wrong".to_owned())).contains("no master of this name"));
    let text = refused(&options_with(|_, _, password| *password = Some("wrong-secret".to_owned())));
    assert!(text.contains("Sentinel") && text.contains("WRONGPASS"), "{text}");
    let text = refused(&options_with(|sentinels, _, _| sentinels.truncate(1)));
    assert!(text.contains("Sentinel") && text.contains("does not take connections"), "{text}");
    let text = refused(&Options { password: Some("wrong-secret".to_owned()), ..Watched::shared().options() });
    assert!(!text.contains("Sentinel") && text.contains("WRONGPASS"), "{text}");
}

/// As calls are repeated, none that only reads is lost, and no write is done that fails as one that was not.
#[test]
fn a_planned_failover_is_followed() {
    let watched = Watched::start();
    let redis = Redis::new(&watched.options()).unwrap();
    let mut written = 0;
    for _ in 0..2 {
        run(&redis, "return redis.call('SET', KEYS[1] .. ':x', 'y')", "{a}").unwrap();
        let master = usize::from(watched.nodes[1].info("replication", "role") == "master");
        thread::scope(|scope| {
            let failing_over = scope.spawn(|| {
                watched.fail_over();
                until("the other takes over", || watched.nodes[1 - master].info("replication", "role") == "master");
                until("the old one follows", || {
                    watched.nodes[master].info("replication", "master_link_status") == "up"
                });
            });
            while !failing_over.is_finished() {
                until("reads succeed", || read(&redis, "return redis.call('GET', KEYS[1] .. ':x')", "{a}").is_ok());
                match run(&redis, COUNT, "{b}") {
                    Ok(_) => written += 1,
                    Err(error) => assert_eq!(error.code(), ErrorCode::StoreUnavailable, "{error}"),
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        until("writes succeed", || run(&redis, COUNT, "{c}").is_ok());
    }
    assert!(written > 0);
    assert_eq!(
        read(&redis, "return redis.call('GET', KEYS[1] .. ':x')", "{a}").unwrap(),
        Value::BulkString(b"y".to_vec())
    );
}

#[test]
fn a_killed_master_is_left_for_the_one_that_is_named_then() {
    let mut watched = Watched::start();
    let redis = Redis::new(&Options { deadline: Duration::from_secs(1), ..watched.options() }).unwrap();
    until("it answers", || run(&redis, COUNT, "{a}").is_ok());
    watched.nodes[0].kill();
    let clock = monotonic();
    until("the replica takes over", || match run(&redis, COUNT, "{a}") {
        Ok(_) => true,
        Err(error) => {
            assert!(matches!(error.code(), ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout), "{error}");
            false
        }
    });
    assert!(clock() < Duration::from_secs(10), "{:?}", clock());
    assert_eq!(watched.nodes[1].info("replication", "role"), "master");
}
