//! A server that may evict what is kept in it is told of, once one was connected to.

#![forbid(unsafe_code)]

use super::run;
use crate::redis::testing::{PASSWORD, Scripted, Server};
use crate::redis::{Options, Redis};

#[test]
fn every_policy_that_evicts_is_named() {
    let server = Server::start(&[]);
    let policies = ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random"];
    for policy in policies.into_iter().chain(["volatile-ttl"]) {
        server.query::<String>(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let redis = Redis::new(&server.options()).unwrap();
        assert_eq!(redis.warning(), None, "before the first call");
        run(&redis, "return 1", "{a}").unwrap();
        let text = redis.warning().unwrap();
        assert!(text.contains(policy) && text.contains("noeviction") && !text.contains('\n'), "{text}");
    }
    server.query::<String>(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    let redis = Redis::new(&server.options()).unwrap();
    run(&redis, "return 1", "{a}").unwrap();
    assert_eq!(redis.warning(), None);
}

#[test]
fn who_may_not_ask_is_told_nothing_and_goes_on() {
    let server = Server::start(&["--maxmemory-policy", "allkeys-lru"]);
    server.query::<String>(&["ACL", "SETUSER", "app", "on", ">its-own", "~*", "+@all", "-info", "-config"]);
    let url = format!("redis://app:its-own@{}", server.address());
    assert!(!url.contains(PASSWORD));
    let redis = Redis::new(&server.options_at(&url)).unwrap();
    run(&redis, "return 1", "{a}").unwrap();
    assert_eq!(redis.warning(), None);
    // Nor does an answer that nobody expects stop anything.
    let odd = Scripted::new(|command| if command[0] == "INFO" { ":7\r\n".to_owned() } else { "+OK\r\n".to_owned() });
    let redis = Redis::new(&Options { ..odd.options() }).unwrap();
    run(&redis, "return 1", "{a}").unwrap();
    assert_eq!(redis.warning(), None);
}
