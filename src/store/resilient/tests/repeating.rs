//! What is made again, how often, and after which pauses.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::super::repeat::{Repeat, pause};
use super::super::{Limits, Options};
use super::world::{MS, SECOND, Step, TOMBSTONE, World, at, broken, key, now_or_never, record, refused, unreached};
use crate::error::{Error, Result};
use crate::store::record::{ImportKey, Revocation};
use crate::store::{SessionStore, StoreFuture};

fn late() -> Step {
    Step::Fails(Error::StoreTimeout)
}

/// Whether the call gave anything, and how often it was made.
type Outcome = (bool, usize);
type Made = fn(&dyn SessionStore) -> Result<()>;

fn waited<T>(call: StoreFuture<'_, T>) -> Result<()> {
    now_or_never(call).map(drop)
}

/// Each call that is made as it is, and whether it is made again after an outage, and where nothing was done.
const CALLS: &[(&str, bool, bool, Made)] = &[
    ("load", true, true, |store| waited(store.load(at(), key(1)))),
    ("load_many", true, true, |store| waited(store.load_many(at(), vec![key(1)]))),
    ("list", true, true, |store| waited(store.list(at(), "ann"))),
    ("count", true, true, |store| waited(store.count(at(), "ann"))),
    ("touch", true, true, |store| waited(store.touch(at(), key(1)))),
    ("begin_import", true, true, |store| waited(store.begin_import(at(), ImportKey([1; 32]), key(1).tag(), SECOND))),
    ("end_import", true, true, |store| waited(store.end_import(at(), ImportKey([1; 32]), SECOND))),
    ("delete", false, true, |store| waited(store.delete(at(), key(1), TOMBSTONE))),
    ("revoke", false, true, |store| {
        waited(store.revoke(at(), "ann", Revocation { except: None, tombstone: TOMBSTONE, keep: SECOND }))
    }),
    ("delete_expired", false, true, |store| waited(store.delete_expired(at(), 1))),
    ("regenerate", false, true, |store| waited(store.regenerate(at(), key(1), 1, key(2), record(1), TOMBSTONE))),
    ("regenerate", false, false, |store| waited(store.regenerate(at(), key(1), 1, key(9), record(1), TOMBSTONE))),
    ("delete_many", false, false, |store| waited(store.delete_many(at(), vec![key(1)], TOMBSTONE))),
    // After an outage the record is asked: see `proving`.
    ("create", false, true, |store| waited(store.create(at(), key(1), record(1)))),
];

#[test]
fn a_call_is_made_again_where_that_does_no_harm() {
    for (name, after_an_outage, where_nothing_was_done, make) in CALLS {
        let outcome = |steps: &[Step]| -> Outcome {
            let world = World::new();
            world.go(steps);
            let done = make(&world.store).is_ok();
            (done, world.asked().iter().filter(|asked| asked == &name).count())
        };
        let again = |yes: &bool| if *yes { (true, 2) } else { (false, 1) };
        assert_eq!(outcome(&[]), (true, 1), "{name}");
        assert_eq!(outcome(&[unreached()]), again(where_nothing_was_done), "{name}");
        assert_eq!(outcome(&[refused()]), again(where_nothing_was_done), "{name}");
        if *name != "create" {
            assert_eq!(outcome(&[broken()]), again(after_an_outage), "{name}");
            assert_eq!(outcome(&[late()]), again(after_an_outage), "{name}");
        }
    }
}

#[test]
fn it_is_made_three_times_at_most_and_fails_as_the_last_one() {
    let world = World::new();
    world.go(&[broken(), unreached(), refused()]);
    assert_eq!(world.load().unwrap_err(), Error::StoreRefused("it is loading".to_owned()));
    assert_eq!(world.asked(), ["load"; 3]);
    assert_eq!(*world.pauses.lock().unwrap(), [25 * MS, 50 * MS]);
    assert_eq!(world.store.status().repeated, 2);
}

#[test]
fn what_would_fail_at_any_time_is_not_made_again() {
    let errors = [
        Error::StoreClosed,
        Error::StoreCorrupt("x".into()),
        Error::StoreVersion("x".into()),
        Error::Config("x"),
        Error::Aborted,
        Error::Panicked,
        Error::SessionTooLarge { length: 2, limit: 1 },
    ];
    for error in errors {
        let world = World::new();
        world.go(&[Step::Fails(error.clone())]);
        assert_eq!(world.load().unwrap_err(), error);
        assert_eq!(world.asked(), ["load"], "{error}");
    }
}

#[test]
fn pauses_are_any_part_of_a_longest_one_that_doubles() {
    for (repeated, longest) in [(0, 25), (1, 50), (2, 100), (3, 200), (4, 400), (5, 500), (6, 500), (u32::MAX, 500)] {
        assert_eq!(pause(repeated, 0.0), Duration::ZERO);
        assert_eq!(pause(repeated, 0.5), longest * MS / 2);
        assert_eq!(pause(repeated, 1.0), longest * MS);
    }
    let random = super::super::random();
    let drawn: Vec<f64> = (0..1000).map(|_| random()).collect();
    assert!(drawn.iter().all(|part| (0.0..=1.0).contains(part)));
    for tenth in 0..10_u8 {
        let parts = drawn
            .iter()
            .filter(|part| (f64::from(tenth)..f64::from(tenth) + 1.0).contains(&(*part * 10.0)));
        assert!(parts.count() > 40, "{tenth}");
    }
}

#[test]
fn none_begins_after_the_end_of_its_call() {
    // The first pause is 25 ms long.
    for (deadline, attempts) in [(24, 1), (25, 1), (26, 2), (75, 2), (76, 3)] {
        let world = World::new();
        world.go(&[broken(), broken(), broken()]);
        let store = world.store.within(Some(deadline * MS));
        assert!(now_or_never(store.load(at(), key(1))).is_err());
        assert_eq!(world.asked().len(), attempts, "{deadline} ms");
    }
}

#[test]
fn time_that_attempts_take_is_the_calls_too() {
    let world = World::new();
    let store = world.store.within(Some(100 * MS));
    world.clock.pass(80 * MS);
    world.go(&[broken()]);
    assert!(now_or_never(store.load(at(), key(1))).is_err());
    assert_eq!(world.asked().len(), 1);
}

/// Without the breaker, which would end it sooner.
fn unbroken() -> Options {
    Options { breaker: Limits { min_calls: u64::MAX, ..Limits::default() }, ..Options::default() }
}

#[test]
fn an_outage_makes_a_tenth_more_attempts_and_no_more() {
    for calls in [1_u64, 2, 10, 100, 5_000] {
        let world = World::with(unbroken(), 0.0);
        for _ in 0..calls {
            world.go(&[broken(), broken(), broken()]);
            drop(world.load());
        }
        let status = world.store.status();
        assert_eq!(status.attempts, calls + status.repeated);
        let most = (4 + calls / 10).min(2 * calls);
        assert!(status.repeated <= most, "{calls} calls, {} repetitions", status.repeated);
        assert!(status.repeated + 1 >= most, "{calls} calls, {} repetitions: it is used up", status.repeated);
    }
}

#[test]
fn what_is_saved_up_has_a_bound() {
    let world = World::with(unbroken(), 0.0);
    for _ in 0..50_000 {
        world.load().unwrap();
    }
    for _ in 0..200 {
        world.go(&[broken(), broken(), broken()]);
        drop(world.load());
    }
    assert!((100..=122).contains(&world.store.status().repeated), "{:?}", world.store.status());
}

#[test]
fn it_can_be_turned_off() {
    let world = World::with(Options { retries: 0, ..Options::default() }, 1.0);
    for make in CALLS.iter().map(|(_, _, _, make)| make) {
        world.go(&[refused()]);
        assert!(make(&world.store).is_err());
        assert_eq!(world.asked().len(), 1);
    }
    assert!(!Repeat::Never.allows(&Error::StoreTimeout));
}
