//! Options that cannot work, and say so without a word of what they hold.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::error::ErrorCode;
use crate::redis::target::Place;
use crate::redis::{Options, Redis};

fn refused(options: &Options) -> String {
    let Err(error) = Redis::new(options) else { panic!("it was taken") };
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
        assert!(refused(&Options::standalone(url)).starts_with("url: "), "{url}");
    }
    let local = || Options::standalone("redis://localhost/3");
    for prefix in ["{a}", "a b", "ä", "\n", &"a".repeat(65)] {
        assert!(refused(&Options { prefix: prefix.to_owned(), ..local() }).starts_with("prefix: "));
    }
    assert!(refused(&Options { deadline: Duration::ZERO, ..local() }).starts_with("deadline: "));
    assert!(refused(&Options { database: Some(4), ..local() }).starts_with("database: "));
    assert!(refused(&Options { username: Some("secret".into()), ..local() }).starts_with("password: "));
    for options in
        [local(), Options { database: Some(3), ..local() }, Options::standalone("rediss://:secret@localhost:6380")]
    {
        assert!(Redis::new(&options).is_ok());
    }
}

#[test]
fn an_address_of_ipv6_has_no_brackets() {
    let target = Options::standalone("rediss://[::1]:6390").read().unwrap();
    let Place::One(address) = target.place else { panic!("It is one server") };
    assert_eq!((address.host.as_str(), address.port, target.login.tls), ("::1", 6390, true));
}

#[test]
fn debugging_shows_no_secret() {
    let options = Options {
        username: Some("secret".into()),
        password: Some("secret".into()),
        ..Options::standalone("redis://:secret@localhost")
    };
    assert!(!format!("{options:?}").contains("secret"));
}
