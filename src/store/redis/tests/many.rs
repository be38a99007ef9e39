//! Calls for many sessions.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};

use super::sharing::{HOUR, guest, never, open, tagged, wait};
use crate::redis::testing::{Cluster, Scripted, Server};
use crate::session::id::{StoreKey, Tag};
use crate::store::SessionStore;
use crate::store::record::{Loaded, NewRecord};
use crate::store::redis::reply::read;

/// Sessions of many tags.
fn keys(count: u16) -> Vec<StoreKey> {
    (0..count).map(|n| tagged(Tag((n * 31).to_be_bytes()), n)).collect()
}

#[test]
fn each_answer_is_that_of_its_key() {
    for options in [Server::shared().options(), Cluster::shared().options()] {
        let store = open(&options);
        let keys = keys(600);
        for (n, key) in (0_u16..).zip(&keys).step_by(2) {
            wait(store.create(never(), *key, NewRecord { data: n.to_be_bytes().to_vec(), ..guest(1) })).unwrap();
        }
        let loaded = wait(store.load_many(never(), keys.clone())).unwrap();
        assert_eq!(loaded.len(), keys.len());
        for (n, loaded) in (0_u16..).zip(loaded) {
            match loaded {
                Loaded::Found(record) => assert!(n % 2 == 0 && record.data == n.to_be_bytes()),
                other => assert!(n % 2 == 1 && other == Loaded::Absent),
            }
        }
        assert_eq!(wait(store.delete_many(never(), keys.clone(), HOUR)).unwrap(), 300);
        assert_eq!(wait(store.delete_many(never(), keys, HOUR)).unwrap(), 0);
        assert!(wait(store.load_many(never(), Vec::new())).unwrap().is_empty());
    }
}

/// A server that answers none before it has all.
#[test]
fn they_are_on_their_way_together() {
    let came = AtomicUsize::new(0);
    // But for the name of the command, and the key.
    let fields = read(b"").len() - 2;
    let absent = format!("*2\r\n$1\r\n1\r\n$1\r\n0\r\n*{fields}\r\n{}$-1\r\n", "$-1\r\n".repeat(fields));
    let server = Scripted::new(move |command| match command[0].as_str() {
        "TIME" | "HMGET" => String::new(),
        // The last command of a load.
        "GET" if came.fetch_add(1, Ordering::SeqCst) + 1 < 100 => String::new(),
        "GET" => absent.repeat(100),
        _ => "+OK\r\n".to_owned(),
    });
    let loaded = wait(open(&server.options()).load_many(never(), keys(100))).unwrap();
    assert_eq!(loaded, vec![Loaded::Absent; 100]);
}
