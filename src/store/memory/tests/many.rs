//! Calls for many sessions let others go on between their parts.

#![forbid(unsafe_code)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::error::ErrorCode;
use crate::store::StoreFuture;
use crate::store::conformance::block_on;

const COUNT: u32 = 10_000;

fn filled() -> MemoryStore {
    let store = open(MemoryOptions::default());
    for n in 0..COUNT {
        block_on(store.create(at(0.0), any_key(n), new_record(10))).unwrap();
    }
    store
}

fn keys() -> Vec<StoreKey> {
    (0..COUNT).map(any_key).collect()
}

/// What a call gives, and how often it was polled for that. `between` runs when it has paused.
fn polled<T>(call: StoreFuture<'_, T>, mut between: impl FnMut(u32)) -> (Result<T>, u32) {
    let mut call = pin!(call);
    let mut polls = 0;
    loop {
        polls += 1;
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(given) => return (given, polls),
            Poll::Pending => between(polls),
        }
    }
}

#[test]
fn each_goes_on_in_parts_of_a_hundred_at_most() {
    let parts = COUNT / 100;
    let store = filled();
    let (loaded, polls) = polled(store.load_many(at(0.0), keys()), |_| {});
    assert!(loaded.unwrap().iter().all(|loaded| matches!(loaded, Loaded::Found(_))));
    assert!(polls >= parts, "{polls}");
    let (deleted, polls) = polled(store.delete_many(at(0.0), keys(), MINUTE), |_| {});
    assert_eq!(deleted.unwrap(), u64::from(COUNT));
    assert!(polls >= parts, "{polls}");

    let store = filled();
    let (removed, polls) = polled(store.delete_expired(at(0.0).plus(60 * MINUTE), COUNT * 2), |_| {});
    assert_eq!(removed.unwrap(), u64::from(COUNT));
    assert!(polls >= parts, "{polls}");
}

#[test]
fn few_are_answered_at_once() {
    let store = filled();
    let few = || keys()[..50].to_vec();
    assert_eq!(polled(store.load_many(at(0.0), few()), |_| {}).1, 1);
    assert_eq!(polled(store.delete_many(at(0.0), few(), MINUTE), |_| {}).1, 1);
    assert_eq!(polled(store.delete_expired(at(0.0).plus(60 * MINUTE), 50), |_| {}).1, 1);
}

#[test]
fn one_that_is_under_way_when_the_store_is_closed_says_so() {
    let closing = |store: &MemoryStore, polls| {
        if polls == 3 {
            block_on(store.close()).unwrap();
        }
    };
    let code = |error: Error| error.code();
    let store = filled();
    let loaded = polled(store.load_many(at(0.0), keys()), |polls| closing(&store, polls)).0;
    assert_eq!(loaded.map_err(code).unwrap_err(), ErrorCode::StoreClosed);
    let store = filled();
    let deleted = polled(store.delete_many(at(0.0), keys(), MINUTE), |polls| closing(&store, polls)).0;
    assert_eq!(deleted.map_err(code), Err(ErrorCode::StoreClosed));
    let store = filled();
    let later = at(0.0).plus(60 * MINUTE);
    let removed = polled(store.delete_expired(later, COUNT), |polls| closing(&store, polls)).0;
    assert_eq!(removed.map_err(code), Err(ErrorCode::StoreClosed));
}
