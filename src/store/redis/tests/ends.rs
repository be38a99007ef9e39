//! Ends of sessions: who is told of them, and replicas that are to have them.

#![forbid(unsafe_code)]

use std::time::Duration;

use redis::{Client, Cmd, Connection, ConnectionLike, Value};

use super::permissions::{advised, allow};
use super::sharing::{HOUR, anyone, guest, key, never, open, session, wait};
use crate::error::{Error, ErrorCode, Result};
use crate::redis::testing::{Cluster, Server};
use crate::redis::{self as ours, Wait};
use crate::session::id::Tag;
use crate::store::SessionStore;
use crate::store::record::{Cap, Loaded, NewRecord, OnFull, Revocation};
use crate::store::redis::{Options, RedisStore, keys};

/// Somebody who listens on one channel.
fn listen(server: &Server, subscribe: &str, channel: &str) -> Connection {
    let mut connection = Client::open(server.url()).unwrap().get_connection().unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection
        .req_packed_command(&Cmd::new().arg(subscribe).arg(channel).get_packed_command())
        .unwrap();
    connection
}

fn heard(connection: &mut Connection) -> String {
    let Value::Array(message) = connection.recv_response().unwrap() else { panic!("no message") };
    let Some(Value::BulkString(text)) = message.last() else { panic!("{message:?}") };
    String::from_utf8(text.clone()).unwrap()
}

/// Ends sessions in each way, and gives what is to be heard of that on the channel of the tag of alice.
fn end(store: &RedisStore) -> Vec<String> {
    let named = |n| keys::id(&key("alice", n));
    for n in 1..=3 {
        wait(store.create(never(), key("alice", n), session("alice", 1))).unwrap();
    }
    assert!(wait(store.delete(never(), key("alice", 1), HOUR)).unwrap());
    wait(store.regenerate(never(), key("alice", 2), 1, key("alice", 4), session("alice", 1), HOUR)).unwrap();
    let cap = Some(Cap { max: 2, on_full: OnFull::EvictOldest { tombstone: HOUR } });
    wait(store.create(never(), key("alice", 5), NewRecord { cap, ..session("alice", 1) })).unwrap();
    let evicted = if wait(store.load(never(), key("alice", 3))).unwrap() == Loaded::Ended { 3 } else { 4 };
    let but_one = Revocation { except: Some(key("alice", 5)), tombstone: HOUR, keep: HOUR };
    wait(store.revoke(never(), "alice", but_one)).unwrap();
    wait(store.revoke(never(), "alice", Revocation { except: None, tombstone: HOUR, keep: HOUR })).unwrap();
    let user = keys::user("alice");
    vec![
        format!("session {}", named(1)),
        format!("session {}", named(2)),
        format!("session {}", named(evicted)),
        format!("user {user} {}", named(5)),
        format!("user {user}"),
    ]
}

#[test]
fn who_listens_hears_of_each_end() {
    // A user who may do what docs/stores.md says.
    allow(Server::shared(), "teller", &advised());
    let teller = Server::shared().options_at(&format!("redis://teller:its-own@{}", Server::shared().address()));
    for (options, subscribe) in
        [(Server::shared().options(), "SUBSCRIBE"), (teller, "SUBSCRIBE"), (Cluster::shared().options(), "SSUBSCRIBE")]
    {
        let channel = format!("{}:ended", keys::slot(&options.prefix, Tag::of_user("alice")));
        let server = match subscribe {
            "SUBSCRIBE" => Server::shared(),
            _ => &Cluster::shared().nodes[Cluster::shared().owner(&channel)],
        };
        let mut listener = listen(server, subscribe, &channel);
        // Nothing of a store that is told not to.
        let silent = RedisStore::new(&Options { publish: false, ..Options::new(options.clone()) }).unwrap();
        wait(silent.delete(never(), key("alice", 9), HOUR)).unwrap();
        let store = open(&options);
        for expected in end(&store) {
            assert_eq!(heard(&mut listener), expected);
        }
        // From one tag to another it is heard where the old one was.
        let channel = format!("{}:ended", keys::slot(&options.prefix, Tag([7, 7])));
        let server = match subscribe {
            "SUBSCRIBE" => Server::shared(),
            _ => &Cluster::shared().nodes[Cluster::shared().owner(&channel)],
        };
        let mut listener = listen(server, subscribe, &channel);
        wait(store.create(never(), anyone(1), guest(1))).unwrap();
        wait(store.regenerate(never(), anyone(1), 1, key("bob", 1), session("bob", 1), HOUR)).unwrap();
        assert_eq!(heard(&mut listener), format!("session {}", keys::id(&anyone(1))));
    }
}

#[test]
fn who_may_not_publish_ends_sessions_all_the_same() {
    let server = Server::start(&[]);
    server.query::<String>(&["ACL", "SETUSER", "app", "on", ">its-own", "~*", "+@all", "resetchannels"]);
    let store = open(&server.options_at(&format!("redis://app:its-own@{}", server.address())));
    wait(store.create(never(), anyone(1), guest(1))).unwrap();
    assert!(wait(store.delete(never(), anyone(1), HOUR)).unwrap());
    assert_eq!(wait(store.load(never(), anyone(1))).unwrap(), Loaded::Ended);
}

#[track_caller]
fn assert_in_doubt<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(matches!(&error, Error::StoreUnavailable(text) if text.contains("did the write")), "{error:?}");
}

/// There is no replica: each end is done, and said not to be known to be on one.
#[test]
fn an_end_that_no_replica_has_is_done_and_said() {
    let options = Server::shared().options();
    let wait_for = Some(Wait { replicas: 1, timeout: Duration::from_millis(20) });
    let store = open(&ours::Options { wait: wait_for, ..options });
    for n in 1..=4 {
        wait(store.create(never(), key("alice", n), session("alice", 1))).unwrap();
    }
    assert_in_doubt(wait(store.delete(never(), key("alice", 1), HOUR)));
    assert_in_doubt(wait(store.delete_many(never(), vec![key("alice", 2), key("alice", 1)], HOUR)));
    assert_in_doubt(wait(store.regenerate(never(), key("alice", 3), 1, key("alice", 5), session("alice", 1), HOUR)));
    for n in 1..=3 {
        assert_eq!(wait(store.load(never(), key("alice", n))).unwrap(), Loaded::Ended, "{n}");
    }
    assert!(matches!(wait(store.load(never(), key("alice", 5))).unwrap(), Loaded::Found(_)));
    wait(store.create(never(), anyone(8), guest(1))).unwrap();
    assert_in_doubt(wait(store.regenerate(never(), anyone(8), 1, key("alice", 8), session("alice", 1), HOUR)));
    assert_eq!(wait(store.load(never(), anyone(8))).unwrap(), Loaded::Ended);
    assert!(matches!(wait(store.load(never(), key("alice", 8))).unwrap(), Loaded::Found(_)));
    let all = Revocation { except: None, tombstone: HOUR, keep: HOUR };
    assert_in_doubt(wait(store.revoke(never(), "alice", all)));
    assert_eq!(wait(store.count(never(), "alice")).unwrap(), 0);
    // What nothing was written for is in no doubt.
    let refused = wait(store.regenerate(never(), anyone(8), 1, anyone(9), guest(1), HOUR)).unwrap();
    assert_eq!(refused, crate::store::record::Regenerated::NotFound);
}
