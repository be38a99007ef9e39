//! The scripts as they are shipped: by the server's time, with every key gone in the end, and no id in any.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::sharing::{HOUR, anyone, change, guest, key, never, open, session, wait};
use crate::clock::system;
use crate::redis::Options;
use crate::redis::testing::Server;
use crate::seal::base64url;
use crate::session::id::{SessionId, Tag};
use crate::store::SessionStore;
use crate::store::record::{
    Cap, Created, ImportKey, Lifetime, Loaded, NewRecord, OnFull, Regenerated, Revocation, Saved,
};
use crate::store::redis::arguments::{added, span};
use crate::store::redis::calls::Call;

const MINUTE: Duration = Duration::from_mins(1);
/// One of each kind of key.
fn fill(options: &Options) {
    let store = open(options);
    let lifetime = Lifetime { max_age: HOUR, idle: Some(10 * MINUTE) };
    let alice = key("alice", 1);
    let created = wait(store.create(never(), alice, NewRecord { lifetime, ..session("alice", 1) })).unwrap();
    assert!(matches!(created, Created::Done { .. }));
    wait(store.save(never(), alice, 1, change(2))).unwrap();
    wait(store.touch(never(), alice)).unwrap();
    wait(store.create(never(), anyone(2), guest(2))).unwrap();
    wait(store.regenerate(never(), anyone(2), 1, key("alice", 3), session("alice", 3), MINUTE)).unwrap();
    wait(store.delete(never(), key("alice", 3), MINUTE)).unwrap();
    let revocation = Revocation { except: Some(alice), tombstone: MINUTE, keep: HOUR };
    wait(store.revoke(never(), "alice", revocation)).unwrap();
    wait(store.begin_import(never(), ImportKey([1; 32]), Tag([1, 1]), HOUR)).unwrap();
    wait(store.end_import(never(), ImportKey([2; 32]), HOUR)).unwrap();
    wait(store.close()).unwrap();
}

#[test]
fn every_key_passes_by_itself() {
    let (server, options) = (Server::shared(), Server::shared().options());
    fill(&options);
    let keys = server.keys(&options.prefix);
    let kinds: Vec<&str> = keys.iter().map(|key| key.split(':').nth(2).unwrap()).collect();
    for kind in ["s", "t", "u", "r", "i", "m"] {
        assert!(kinds.contains(&kind), "{keys:?}");
    }
    for key in &keys {
        let left: i64 = server.query(&["PTTL", key]);
        assert!((1..=3_600_000).contains(&left), "{key}: {left}");
    }
    let of = |kind: &str| {
        let key = keys.iter().find(|key| key.contains(&format!("}}:{kind}:"))).unwrap();
        server.query::<i64>(&["PTTL", key])
    };
    assert!(of("t") <= 60_000);
    assert!(of("s") <= 600_000, "its idle time, not its longest life");
}

#[test]
fn the_servers_time_counts_and_the_callers_does_not() {
    let store = open(&Server::shared().options());
    let before = system()();
    let created = wait(store.create(never(), key("alice", 1), session("alice", 1))).unwrap();
    let Created::Done { expires_at, .. } = created else { panic!("{created:?}") };
    let after = system()();
    // Microseconds are cut off by the server.
    assert!(expires_at >= before.plus(HOUR).plus_millis(-1.0) && expires_at <= after.plus(HOUR), "{expires_at:?}");
    let Loaded::Found(record) = wait(store.load(never(), key("alice", 1))).unwrap() else { panic!("it is gone") };
    assert!(record.created_at.plus_millis(1.0) >= before && record.created_at <= after);
}

#[test]
fn redis_itself_removes_what_has_expired() {
    let (server, options) = (Server::shared(), Server::shared().options());
    let store = open(&options);
    let lifetime = Lifetime { max_age: Duration::from_millis(1), idle: None };
    wait(store.create(never(), key("alice", 1), NewRecord { lifetime, ..session("alice", 1) })).unwrap();
    let gone = (0..100_000).any(|_| server.keys(&options.prefix).is_empty());
    assert!(gone, "{:?}", server.keys(&options.prefix));
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), 0);
}

/// The index is repaired by the records, and by each save.
#[test]
fn an_index_that_is_wrong_is_repaired() {
    let (server, options) = (Server::shared(), Server::shared().options());
    let store = open(&options);
    let (one, other) = (key("alice", 1), key("alice", 2));
    for (n, key) in [(1, one), (2, other)] {
        wait(store.create(never(), key, session("alice", n))).unwrap();
    }
    let named = |kind: &str| server.keys(&options.prefix).into_iter().find(|key| key.contains(kind)).unwrap();
    // A record that the server evicted.
    server.query::<i64>(&["DEL", &named(":s:")]);
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), 1);
    assert_eq!(server.query::<i64>(&["ZCARD", &named(":u:")]), 1, "and the index has forgotten it");
    // An index that the server evicted.
    server.query::<i64>(&["DEL", &named(":u:")]);
    let left = [one, other]
        .into_iter()
        .find(|key| wait(store.load(never(), *key)).unwrap() != Loaded::Absent)
        .unwrap();
    let saved = wait(store.save(never(), left, 1, change(3))).unwrap();
    assert!(matches!(saved, Saved::Done { .. }));
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), 1);
}

/// A regeneration to another tag whose caller is gone after its first step.
#[test]
fn what_is_pending_counts_and_cannot_be_loaded() {
    let options = Server::shared().options();
    let store = open(&options);
    let (to, new) = (key("alice", 1), session("alice", 1));
    let arguments = added(&to, &new).and(span(10 * MINUTE));
    let frame = Arc::clone(&store.frame);
    wait(store.redis.call(move |redis| async move {
        let call = Call { redis, frame };
        call.run(&call.scripts.pending, to.tag(), arguments).await.map(drop)
    }))
    .unwrap();
    assert_eq!(wait(store.load(never(), to)).unwrap(), Loaded::Absent);
    assert_eq!(wait(store.touch(never(), to)).unwrap(), None);
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), 0);
    assert!(wait(store.list(never(), "alice")).unwrap().is_empty());
    let cap = Some(Cap { max: 1, on_full: OnFull::Refuse });
    let second = NewRecord { cap, ..session("alice", 2) };
    assert_eq!(wait(store.create(never(), key("alice", 2), second)).unwrap(), Created::Full);
    // Its own caller, who comes again, is not in its own way.
    wait(store.create(never(), anyone(9), guest(9))).unwrap();
    let moved = wait(store.regenerate(never(), anyone(9), 1, to, session("alice", 1), MINUTE)).unwrap();
    assert!(matches!(moved, Regenerated::Created(Created::Done { .. })), "{moved:?}");
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), 1);
}

#[test]
fn no_id_is_in_what_the_server_keeps() {
    let server = Server::start(&[]);
    let options = server.options();
    let store = open(&options);
    let unique: [u8; 32] = std::array::from_fn(|n| 0xA0 ^ u8::try_from(n * 7).unwrap());
    let id = SessionId::from_parts(Tag::of_user("alice"), &unique);
    let secret = id.key();
    wait(store.create(never(), secret, session("alice", 1))).unwrap();
    wait(store.delete(never(), secret, HOUR)).unwrap();
    wait(store.create(never(), key("alice", 2), session("alice", 2))).unwrap();
    wait(store.close()).unwrap();
    let dump = server.dump();
    let holds = |bytes: &[u8]| dump.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(options.prefix.as_bytes()) && holds(b"data of 2"), "it is the dump of this store");
    let hex = unique.map(|byte| format!("{byte:02x}")).concat();
    let mut text = String::new();
    base64url::encode(&unique, &mut text);
    for id in [&unique[..], hex.as_bytes(), &text.as_bytes()[..42]] {
        assert!(!holds(id));
    }
}
