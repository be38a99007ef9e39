//! Several stores on one server, and calls that nobody waits for.

#![forbid(unsafe_code)]

use std::env;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::redis;
use crate::redis::testing::Server;
use crate::session::id::{StoreKey, Tag};
use crate::store::SessionStore;
pub(super) use crate::store::conformance::harness::block_on as wait;
use crate::store::record::{Change, Lifetime, Loaded, NewRecord, Saved, WriteToken};
use crate::store::redis::{Options, RedisStore};

/// A store with these options of the servers.
pub(super) fn open(options: &redis::Options) -> RedisStore {
    RedisStore::new(&Options::new(options.clone())).unwrap()
}

pub(super) const HOUR: Duration = Duration::from_hours(1);
/// The caller's time, which a store with a clock of its own ignores.
pub(super) fn never() -> Timestamp {
    Timestamp::from_millis(0.0)
}

/// The session `n` of a user.
pub(super) fn key(user: &str, n: u16) -> StoreKey {
    tagged(Tag::of_user(user), n)
}

/// The session `n` of nobody.
pub(super) fn anyone(n: u16) -> StoreKey {
    tagged(Tag([7, 7]), n)
}

pub(super) fn tagged(tag: Tag, n: u16) -> StoreKey {
    let mut key = [0; 34];
    key[..2].copy_from_slice(&tag.0);
    key[2..4].copy_from_slice(&n.to_be_bytes());
    StoreKey(key)
}

pub(super) fn session(user: &str, n: u8) -> NewRecord {
    NewRecord {
        data: format!("data of {n}").into_bytes(),
        write_token: WriteToken([n; 16]),
        user: Some(user.to_owned()),
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: HOUR, idle: None },
        label: None,
        cap: None,
        import: None,
    }
}

pub(super) fn guest(n: u8) -> NewRecord {
    NewRecord { user: None, ..session("", n) }
}

pub(super) fn change(n: u8) -> Change {
    Change { data: vec![n], write_token: WriteToken([n; 16]), lifetime: None, label: None }
}

fn count_up(store: &RedisStore, times: u32) {
    for _ in 0..times {
        loop {
            let Loaded::Found(record) = wait(store.load(never(), anyone(1))).unwrap() else { panic!("it is gone") };
            let count = u32::from_be_bytes(record.data.try_into().unwrap()) + 1;
            let change = Change { data: count.to_be_bytes().to_vec(), ..change(0) };
            if let Saved::Done { .. } = wait(store.save(never(), anyone(1), record.version, change)).unwrap() {
                break;
            }
        }
    }
}

#[test]
fn increments_of_two_clients_are_exact() {
    let options = Server::shared().options();
    // Not the same connection.
    let other = redis::Options { deadline: options.deadline + HOUR, ..options.clone() };
    let stores = [open(&options), open(&other)];
    let new = NewRecord { data: vec![0; 4], ..guest(1) };
    wait(stores[0].create(never(), anyone(1), new)).unwrap();
    thread::scope(|scope| {
        for store in &stores {
            for _ in 0..2 {
                scope.spawn(|| count_up(store, 500));
            }
        }
    });
    let Loaded::Found(record) = wait(stores[0].load(never(), anyone(1))).unwrap() else { panic!("it is gone") };
    assert_eq!(record.data, 2_000_u32.to_be_bytes());
    assert_eq!(record.version, 2_001);
}

/// Answers to calls that were dropped go to nobody else. `REDIS_DROPPED_CALLS` says how many there are.
#[test]
fn a_dropped_call_shifts_no_answer() {
    let calls: u32 = env::var("REDIS_DROPPED_CALLS").map_or(10_000, |calls| calls.parse().unwrap());
    let store = open(&Server::shared().options());
    for n in 0..50 {
        wait(store.create(never(), anyone(n), NewRecord { data: n.to_be_bytes().to_vec(), ..guest(1) })).unwrap();
    }
    for round in 0..calls / 20 {
        let first = u16::try_from(round % 50).unwrap();
        let of = |n: u16| (first + n) % 50;
        let begin = |n| {
            let mut call = store.load(never(), anyone(of(n)));
            // On a busy machine an answer may be there by the end of this.
            let first = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            (call, first)
        };
        let under_way: Vec<_> = (0..24).map(begin).collect();
        // All but each sixth are dropped, with their answers still to come.
        let kept = (0_u16..).zip(under_way).filter(|(n, _)| n % 6 == 5).collect::<Vec<_>>();
        for (n, (call, first)) in kept {
            let loaded = match first {
                Poll::Ready(loaded) => loaded,
                Poll::Pending => wait(call),
            };
            let Loaded::Found(record) = loaded.unwrap() else { panic!("{n} is gone") };
            assert_eq!(record.data, of(n).to_be_bytes());
        }
    }
}
