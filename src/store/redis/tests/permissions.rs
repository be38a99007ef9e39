//! A user of the server's access list, and a database.

#![forbid(unsafe_code)]

use super::sharing::{HOUR, anyone, guest, key, never, open, session, wait};
use crate::redis::Options;
use crate::redis::testing::Server;
use crate::store::SessionStore;
use crate::store::record::{Created, Regenerated, Revocation};

#[test]
fn a_database_and_a_user_of_their_own_are_used() {
    let server = Server::start(&[]);
    // What the refusal of permissions advises, in those words.
    let rules = "+@connection +@keyspace +@string +@hash +@sortedset +@scripting -@dangerous +time";
    let mut rule = vec!["ACL", "SETUSER", "app", "on", ">its-own", "~test-*"];
    rule.extend(rules.split(' '));
    server.query::<String>(&rule);
    let options = Options {
        username: Some("app".into()),
        password: Some("its-own".into()),
        database: Some(2),
        ..server.options_at(&format!("redis://{}", server.address()))
    };
    let store = open(&options);
    let created = wait(store.create(never(), anyone(1), guest(1))).unwrap();
    assert!(matches!(created, Created::Done { .. }), "{created:?}");
    let moved = wait(store.regenerate(never(), anyone(1), 1, key("alice", 1), session("alice", 1), HOUR)).unwrap();
    assert!(matches!(moved, Regenerated::Created(Created::Done { .. })), "{moved:?}");
    assert_eq!(
        wait(store.revoke(never(), "alice", Revocation { except: None, tombstone: HOUR, keep: HOUR })).unwrap(),
        1
    );
    assert!(server.query::<String>(&["INFO", "keyspace"]).contains("db2:keys="));
}
