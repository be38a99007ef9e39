//! A user of the server's access list, and a database.

#![forbid(unsafe_code)]

use super::sharing::{HOUR, anyone, guest, key, never, open, session, wait};
use crate::redis::Options;
use crate::redis::testing::{Cluster, Server};
use crate::store::SessionStore;
use crate::store::record::{Created, Regenerated, Revocation};

/// The rules that docs/stores.md gives a user, for the keys and channels of tests.
pub(super) fn advised() -> Vec<String> {
    let docs = include_str!("../../../../docs/stores.md");
    let line = docs.lines().find_map(|line| line.strip_prefix("ACL SETUSER app on >PASSWORD ")).unwrap();
    line.replace("ironkeep:*", "test-*").split(' ').map(str::to_owned).collect()
}

/// Makes a user who may do this alone.
pub(super) fn allow(server: &Server, name: &str, rules: &[String]) {
    let mut command = vec!["ACL", "SETUSER", name, "reset", "on", ">its-own"];
    command.extend(rules.iter().map(String::as_str));
    server.query::<String>(&command);
}

/// What the refusal says is what the page says, but for the channels.
#[test]
fn a_refusal_advises_what_the_page_does() {
    let server = Server::start(&[]);
    allow(&server, "app", &["~test-*".to_owned()]);
    let options = server.options_at(&format!("redis://app:its-own@{}", server.address()));
    let refused = wait(open(&options).load(never(), anyone(1))).unwrap_err().to_string();
    let advised = advised();
    let of_commands = advised.iter().filter(|rule| rule.starts_with(['+', '-']) && !rule.ends_with("publish"));
    let rules = of_commands.map(String::as_str).collect::<Vec<_>>().join(" ");
    assert!(refused.contains(&rules), "{refused}");
}

/// None of its rules is there in vain: without it something of a store fails. But for publishing, which nobody is told of.
#[test]
fn no_rule_is_there_in_vain() {
    let server = Server::start(&[]);
    let does_all = |rules: &[String]| {
        allow(&server, "app", rules);
        let store = open(&server.options_at(&format!("redis://app:its-own@{}", server.address())));
        let steps = [
            wait(store.create(never(), key("alice", 1), session("alice", 1))).map(drop),
            wait(store.load(never(), key("alice", 1))).map(drop),
            wait(store.delete(never(), key("alice", 1), HOUR)).map(drop),
            wait(store.close()),
        ];
        steps.into_iter().all(|step| step.is_ok())
    };
    let all = advised();
    assert!(does_all(&all));
    for rule in all.iter().filter(|rule| !rule.starts_with(['&', '-']) && !rule.ends_with("publish")) {
        // What is done to make a connection is allowed to everybody who is known.
        if rule == "+@connection" {
            continue;
        }
        let without: Vec<_> = all.iter().filter(|other| *other != rule).cloned().collect();
        assert!(!does_all(&without), "{rule}");
    }
}

#[test]
fn a_user_of_a_cluster_needs_to_know_of_slots() {
    let cluster = Cluster::start();
    let with = |rules: &[String]| {
        for node in &cluster.nodes {
            allow(node, "app", rules);
        }
        let options = Options { username: Some("app".into()), password: Some("its-own".into()), ..cluster.options() };
        let store = open(&options);
        let created = wait(store.create(never(), key("alice", 1), session("alice", 1)));
        let moved = wait(store.regenerate(never(), key("alice", 1), 1, anyone(1), guest(1), HOUR));
        created.and(moved)
    };
    let mut rules = advised();
    assert!(with(&rules).is_err());
    rules.push("+cluster|slots".to_owned());
    let moved = with(&rules).unwrap();
    assert!(matches!(moved, Regenerated::Created(Created::Done { .. })), "{moved:?}");
}

#[test]
fn a_database_and_a_user_of_their_own_are_used() {
    let server = Server::start(&[]);
    allow(&server, "app", &advised());
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
