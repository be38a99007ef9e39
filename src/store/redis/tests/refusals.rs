//! What a server refuses with: each has a code and a line that says what to do, and holds no secret.

#![forbid(unsafe_code)]

use super::sharing::{anyone, guest, never, open, session, wait};
use crate::error::{ErrorCode, Result};
use crate::redis::Options;
use crate::redis::testing::{PASSWORD, Server};
use crate::store::SessionStore;
use crate::store::record::{Created, Loaded, NewRecord};

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T>, name: &str) {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable, "{text}");
    assert!(text.contains(name), "{text}");
    assert!(!text.contains('\n') && !text.contains(PASSWORD) && !text.contains("wrong-secret"), "{text}");
}

#[test]
fn passwords_and_permissions() {
    let server = Server::start(&[]);
    let at = |credentials: &str| server.options_at(&format!("redis://{credentials}{}", server.address()));
    let load = |options: &Options| wait(open(options).load(never(), anyone(1)));
    assert_refused(load(&at(":wrong-secret@")), "WRONGPASS");
    assert_refused(load(&at("nobody:wrong-secret@")), "WRONGPASS");
    assert_refused(load(&at("")), "NOAUTH");
    server.query::<String>(&["ACL", "SETUSER", "reader", "on", ">its-own", "~*", "+@all", "-hset"]);
    let reader = open(&at("reader:its-own@"));
    assert_eq!(wait(reader.load(never(), anyone(1))).unwrap(), Loaded::Absent);
    assert_refused(wait(reader.create(never(), anyone(1), guest(1))), "NOPERM");
    server.query::<String>(&["ACL", "SETUSER", "elsewhere", "on", ">its-own", "~other:*", "+@all"]);
    assert_refused(load(&at("elsewhere:its-own@")), "NOPERM");
    assert_refused(load(&Options { database: Some(9_999), ..at(&format!(":{PASSWORD}@")) }), "database");
}

#[test]
fn no_memory_left() {
    let server = Server::start(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
    let store = open(&server.options());
    let new = || NewRecord { data: vec![b'x'; 60_000], ..session("alice", 1) };
    let mut made = Vec::new();
    let full = (0..200).find_map(|n| {
        let key = super::sharing::key("alice", n);
        match wait(store.create(never(), key, new())) {
            Ok(created) => {
                assert!(matches!(created, Created::Done { .. }));
                made.push(key);
                None
            }
            Err(error) => Some((key, error)),
        }
    });
    let (key, error) = full.unwrap();
    assert_refused::<()>(Err(error), "OOM");
    assert_eq!(wait(store.load(never(), key)).unwrap(), Loaded::Absent);
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), made.len() as u64);
    assert!(wait(store.delete(never(), made[0], super::sharing::HOUR)).unwrap(), "who signs out is signed out");
    assert_eq!(wait(store.load(never(), made[0])).unwrap(), Loaded::Ended);
    server.query::<String>(&["CONFIG", "SET", "maxmemory", "1"]);
    let again = store.delete(never(), made[0], super::sharing::HOUR / 2);
    assert!(!wait(again).unwrap(), "what is there for longer needs no memory");
    assert_refused(wait(store.delete(never(), key, super::sharing::HOUR)), "OOM");
}

#[test]
fn a_replica_takes_no_writes() {
    let server = Server::start(&[]);
    let store = open(&server.options());
    wait(store.create(never(), anyone(1), guest(1))).unwrap();
    server.query::<String>(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_refused(wait(store.create(never(), anyone(2), guest(2))), "READONLY");
    assert!(matches!(wait(store.load(never(), anyone(1))).unwrap(), Loaded::Found(_)));
    server.query::<String>(&["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    assert_refused(wait(store.load(never(), anyone(1))), "MASTERDOWN");
    server.query::<String>(&["REPLICAOF", "NO", "ONE"]);
    assert!(matches!(wait(store.create(never(), anyone(2), guest(2))).unwrap(), Created::Done { .. }));
}

#[test]
fn too_few_replicas() {
    let server = Server::start(&[]);
    let store = open(&server.options());
    server.query::<String>(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    assert_refused(wait(store.create(never(), anyone(1), guest(1))), "NOREPLICAS");
}

#[test]
fn what_others_wrote_is_corrupt() {
    let (server, options) = (Server::shared(), Server::shared().options());
    let store = open(&options);
    wait(store.create(never(), anyone(1), guest(1))).unwrap();
    let key = &server.keys(&options.prefix)[0];
    server.query::<i64>(&["HSET", key, "w", "short"]);
    assert_eq!(wait(store.load(never(), anyone(1))).unwrap_err().code(), ErrorCode::StoreCorrupt);
}
