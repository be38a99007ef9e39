//! Writes that replicas are waited for.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use redis::Value;

use super::{COUNT, run, write};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode};
use crate::redis::testing::{Server, Watched, until};
use crate::redis::{Options, Redis, Wait};

fn with_wait(options: Options, replicas: u16, timeout: u64) -> Options {
    let wait = Wait { replicas, timeout: Duration::from_millis(timeout) };
    Options { wait: Some(wait), ..options }
}

#[track_caller]
fn assert_in_doubt(doubt: Option<Error>) {
    let error = doubt.unwrap();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(matches!(&error, Error::StoreUnavailable(text) if text.contains("did the write")), "{error:?}");
}

#[test]
fn too_few_replicas_are_said_and_the_write_was_done() {
    let server = Server::start(&[]);
    let redis = Redis::new(&with_wait(server.options(), 1, 50)).unwrap();
    let clock = monotonic();
    let (value, doubt) = write(&redis, COUNT, "{a}").unwrap();
    assert_eq!(value, Value::Int(1));
    assert_in_doubt(doubt);
    assert!(clock() >= Duration::from_millis(50));
    assert_eq!(run(&redis, "return redis.call('GET', KEYS[1] .. ':count')", "{a}").unwrap(), bulk("1"));
}

fn bulk(text: &str) -> Value {
    Value::BulkString(text.as_bytes().to_vec())
}

#[test]
fn a_replica_that_has_the_write_is_enough_and_a_second_one_is_missed() {
    let watched = Watched::shared();
    let one = Redis::new(&with_wait(watched.options(), 1, 10_000)).unwrap();
    let (_, doubt) = write(&one, COUNT, "one{a}").unwrap();
    assert_eq!(doubt, None);
    let copy: String = watched.nodes[1].query(&["GET", "one{a}:count"]);
    assert_eq!(copy, "1");
    let two = Redis::new(&with_wait(watched.options(), 2, 50)).unwrap();
    assert_in_doubt(write(&two, COUNT, "two{a}").unwrap().1);
}

/// Many who wait share waiting, hold up nobody who does not, and each has its own answer.
#[test]
fn many_wait_together() {
    let master = Server::start(&[]);
    let replica = Server::start(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
    until("the replica is one", || replica.info("replication", "master_link_status") == "up");
    let redis = Redis::new(&with_wait(master.options(), 1, 300)).unwrap();
    assert_eq!(write(&redis, COUNT, "{a}").unwrap().1, None);
    let process = replica.process();
    Server::signal("-STOP", &process);
    let clock = monotonic();
    thread::scope(|scope| {
        let writing: Vec<_> = (0..30).map(|_| scope.spawn(|| write(&redis, COUNT, "{a}").unwrap())).collect();
        for _ in 0..100 {
            let began = clock();
            run(&redis, "return 1", "{a}").unwrap();
            assert!(clock().saturating_sub(began) < Duration::from_millis(300), "a read waits for replicas");
        }
        for each in writing {
            assert_in_doubt(each.join().unwrap().1);
        }
    });
    // One after the other they would take nine seconds.
    assert!(clock() < Duration::from_secs(4), "{:?}", clock());
    Server::signal("-CONT", &process);
    until("the replica has all", || write(&redis, COUNT, "{a}").unwrap().1.is_none());
    let count: u32 = master.query(&["GET", "{a}:count"]);
    assert!(count > 31);
    assert_eq!(replica.query::<u32>(&["GET", "{a}:count"]), count);
}

/// A server that does the write, and is gone before its replicas are heard of: not a success, as on a new connection it would be.
#[test]
fn a_connection_that_breaks_while_it_waits_is_in_doubt() {
    let server = Server::start(&[]);
    let redis = Redis::new(&with_wait(server.options(), 1, 5_000)).unwrap();
    let doubt = thread::scope(|scope| {
        let writing = scope.spawn(|| write(&redis, COUNT, "{a}").unwrap().1);
        until("it waits", || server.query::<String>(&["CLIENT", "LIST"]).contains("cmd=wait"));
        server.query::<i64>(&["CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES"]);
        writing.join().unwrap()
    });
    assert_in_doubt(doubt);
}
