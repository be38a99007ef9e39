//! Options that cannot work, and say so without a word of what they hold.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::server::{PASSWORD, Server};
use super::sharing::{HOUR, anyone, guest, key, never, session, wait};
use crate::error::ErrorCode;
use crate::store::SessionStore;
use crate::store::record::{Created, Regenerated, Revocation};
use crate::store::redis::{Options, RedisStore};

fn refused(options: &Options) -> String {
    let Err(error) = RedisStore::new(options) else { panic!("it was taken") };
    assert_eq!(error.code(), ErrorCode::Config);
    let text = error.to_string();
    assert!(!text.contains("secret") && !text.contains('\n'), "{text}");
    text
}

#[test]
fn what_cannot_work_is_named() {
    for url in [
        "",
        "localhost",
        "http://:secret@localhost",
        "unix:///secret",
        "redis+unix:///secret",
        "redis://",
        "redis://:secret@localhost:port",
        "redis://:secret@localhost/first",
        "redis://:secret@localhost/-1",
        "redis://:secret@localhost?protocol=resp3",
        "rediss://:secret@localhost/#insecure",
        "redis://:secret#@localhost",
    ] {
        assert!(refused(&Options::new(url)).starts_with("url: "), "{url}");
    }
    let local = || Options::new("redis://localhost/3");
    for prefix in ["{a}", "a b", "ä", "\n", &"a".repeat(65)] {
        assert!(refused(&Options { prefix: prefix.to_owned(), ..local() }).starts_with("prefix: "));
    }
    assert!(refused(&Options { deadline: Duration::ZERO, ..local() }).starts_with("deadline: "));
    assert!(refused(&Options { database: Some(4), ..local() }).starts_with("database: "));
    assert!(refused(&Options { username: Some("secret".into()), ..local() }).starts_with("password: "));
    for options in [local(), Options { database: Some(3), ..local() }, Options::new("rediss://:secret@localhost:6380")]
    {
        assert!(RedisStore::new(&options).is_ok());
    }
}

#[test]
fn debugging_shows_no_secret() {
    let options = Options {
        username: Some("secret".into()),
        password: Some("secret".into()),
        ..Options::new("redis://:secret@localhost")
    };
    assert!(!format!("{options:?}").contains("secret"));
}

#[test]
fn a_database_and_a_user_of_their_own_are_used() {
    let server = Server::start(&[]);
    // What the refusal of permissions advises, in those words.
    let rules = "+@connection +@keyspace +@string +@hash +@sortedset +@scripting -@dangerous +time";
    let mut rule = vec!["ACL", "SETUSER", "app", "on", ">its-own", "~test-*"];
    rule.extend(rules.split(' '));
    server.query::<String>(&rule);
    let (url, options) = (format!("redis://{}", server.address()), server.options());
    let options =
        Options { url, username: Some("app".into()), password: Some("its-own".into()), database: Some(2), ..options };
    let store = RedisStore::new(&options).unwrap();
    let created = wait(store.create(never(), anyone(1), guest(1))).unwrap();
    assert!(matches!(created, Created::Done { .. }), "{created:?}");
    let moved = wait(store.regenerate(never(), anyone(1), 1, key("alice", 1), session("alice", 1), HOUR)).unwrap();
    assert!(matches!(moved, Regenerated::Created(Created::Done { .. })), "{moved:?}");
    assert_eq!(
        wait(store.revoke(never(), "alice", Revocation { except: None, tombstone: HOUR, keep: HOUR })).unwrap(),
        1
    );
    assert!(server.query::<String>(&["INFO", "keyspace"]).contains("db2:keys="));
    assert!(!options.url.contains(PASSWORD));
}
