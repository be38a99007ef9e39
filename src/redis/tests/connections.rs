//! Connections that break, vanish and come back, through a proxy that does that to them.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use redis::Value;

use super::{COUNT, read, run, wait};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode};
use crate::redis::testing::{Proxy, Server, until};
use crate::redis::{Options, Redis};

/// Somebody who is connected.
fn clients(server: &Server) -> usize {
    let list: String = server.query(&["CLIENT", "LIST", "TYPE", "NORMAL"]);
    // But for who asks.
    list.lines().count() - 1
}

#[test]
fn equal_options_share_a_connection_until_the_last_is_closed() {
    let server = Server::start(&[]);
    let options = server.options();
    let redis = [
        Redis::new(&options).unwrap(),
        Redis::new(&Options { prefix: "other:".to_owned(), ..options.clone() }).unwrap(),
    ];
    for one in &redis {
        run(one, "return 1", "{a}").unwrap();
    }
    assert_eq!(clients(&server), 1);
    wait(redis[0].close());
    assert_eq!(run(&redis[0], "return 1", "{a}").unwrap_err(), Error::StoreClosed);
    run(&redis[1], "return 1", "{a}").unwrap();
    wait(redis[1].close());
    wait(redis[1].close());
    until("the connection is left", || clients(&server) == 0);
    // Who comes then makes a new one.
    run(&Redis::new(&options).unwrap(), "return 1", "{a}").unwrap();
}

/// What was not sent is sent again, a write too.
#[test]
fn the_first_write_after_a_connection_ended_does_not_fail() {
    let server = Server::start(&[]);
    let proxy = Proxy::new(&server.address());
    let redis = Redis::new(&server.options_at(&proxy.url())).unwrap();
    for n in 1..50 {
        assert_eq!(run(&redis, COUNT, "{a}").unwrap(), Value::Int(n));
        proxy.hang_up();
    }
}

/// A write whose outcome is not known is not made again; what only reads is.
#[test]
fn a_connection_that_breaks_under_a_write_is_an_error() {
    let server = Server::start(&[]);
    let proxy = Proxy::new(&server.address());
    let redis = Redis::new(&server.options_at(&proxy.url())).unwrap();
    let meet_a_cut = |call: &(dyn Fn() -> crate::error::Result<Value> + Sync)| {
        run(&redis, "return 1", "{a}").unwrap();
        proxy.set_black_hole(true);
        thread::scope(|scope| {
            let calling = scope.spawn(call);
            // Sent, and never to be answered.
            thread::sleep(Duration::from_millis(100));
            proxy.set_black_hole(false);
            proxy.cut();
            calling.join().unwrap()
        })
    };
    let error = meet_a_cut(&|| run(&redis, COUNT, "{a}")).unwrap_err();
    assert!(matches!(&error, Error::StoreUnavailable(text) if text.contains("not known")), "{error:?}");
    assert_eq!(meet_a_cut(&|| read(&redis, COUNT, "{a}")).unwrap(), Value::Int(1));
}

#[test]
fn a_black_hole_is_noticed_within_twice_the_deadline() {
    let server = Server::start(&[]);
    let proxy = Proxy::new(&server.address());
    let deadline = Duration::from_millis(400);
    let redis = Redis::new(&Options { deadline, ..server.options_at(&proxy.url()) }).unwrap();
    until("it answers", || run(&redis, "return 1", "{a}").is_ok());
    proxy.set_black_hole(true);
    for _ in 0..4 {
        let clock = monotonic();
        let error = run(&redis, COUNT, "{a}").unwrap_err();
        assert_eq!(error.code() == ErrorCode::StoreTimeout, error == Error::StoreTimeout, "{error}");
        assert!(clock() < deadline * 2, "{:?}", clock());
    }
    proxy.set_black_hole(false);
    // The attempt to connect that vanished has to be over first.
    let clock = monotonic();
    until("it comes back", || run(&redis, "return 1", "{a}").is_ok());
    assert!(clock() < deadline + Duration::from_millis(1500), "{:?}", clock());
}

/// Calls all the time, while the server is killed and started again.
#[test]
fn it_is_back_within_a_second_of_the_server() {
    let mut server = Server::start(&["--appendfsync", "always"]);
    let deadline = Duration::from_secs(1);
    let redis = Redis::new(&Options { deadline, ..server.options() }).unwrap();
    until("it answers", || run(&redis, "return 1", "{a}").is_ok());
    let clock = monotonic();
    for round in 1..=3_u64 {
        let is_over = AtomicBool::new(false);
        let (back, again) = thread::scope(|scope| {
            let calling = scope.spawn(|| {
                let (mut is_down, mut worst) = (false, Duration::ZERO);
                loop {
                    let began = clock();
                    let result = run(&redis, "return 1", "{a}");
                    worst = worst.max(clock().saturating_sub(began));
                    match result {
                        Ok(_) if is_down && is_over.load(Ordering::SeqCst) => break (clock(), worst),
                        Ok(_) => {}
                        Err(error) => {
                            is_down = true;
                            let code = error.code();
                            assert!(matches!(code, ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout), "{error}");
                        }
                    }
                    thread::sleep(Duration::from_millis(2));
                }
            });
            server.kill();
            // Long enough for the pauses to grow.
            thread::sleep(Duration::from_millis(700 * round));
            server.restart();
            let back = clock();
            is_over.store(true, Ordering::SeqCst);
            let (again, worst) = calling.join().unwrap();
            assert!(worst < deadline + Duration::from_millis(500), "a call took {worst:?}");
            (back, again)
        });
        assert!(again.saturating_sub(back) < Duration::from_secs(1), "{:?}", again.saturating_sub(back));
    }
}
