//! What counts as a failure of the store, and what can be read of its state.

#![forbid(unsafe_code)]

use std::task::{Context, Waker};
use std::time::Duration;

use super::super::{Options, Phase, Status};
use super::world::{MS, SECOND, Step, World, at, broken, change, key, now_or_never, record, refused, unreached};
use crate::error::{Error, ErrorCode};
use crate::store::SessionStore;
use crate::store::record::Saved;

/// Calls and failures by which the breaker judges, after one call that is not repeated.
fn judged(step: Step) -> (u64, u64) {
    let world = World::new();
    world.go(&[step]);
    // It has no time for a repetition.
    let store = world.store.within(Some(MS));
    drop(now_or_never(store.load(at(), key(1))));
    let status = world.store.status();
    (status.recent_calls, status.recent_failures)
}

#[test]
fn outages_and_slow_calls_are_failures_and_nothing_else_is() {
    let fails = |error| Step::Fails(error);
    let table = [
        (Step::Done(Duration::ZERO), (1, 0)),
        (Step::Done(499 * MS), (1, 0)),
        (Step::Done(500 * MS), (1, 1)),
        (broken(), (1, 1)),
        (refused(), (1, 1)),
        (fails(Error::StoreTimeout), (1, 1)),
        // The connection has its own pauses.
        (unreached(), (0, 0)),
        // But waiting for one costs as much as waiting for an answer.
        (Step::FailsLate(500 * MS, Error::StoreUnreached("x".into())), (1, 1)),
        (fails(Error::StoreCorrupt("x".into())), (1, 0)),
        (fails(Error::StoreVersion("x".into())), (1, 0)),
        (fails(Error::SessionTooLarge { length: 2, limit: 1 }), (1, 0)),
        (fails(Error::Config("x")), (1, 0)),
        (fails(Error::Aborted), (0, 0)),
        (fails(Error::StoreClosed), (0, 0)),
        (fails(Error::NoThread), (0, 0)),
        (fails(Error::Panicked), (0, 0)),
    ];
    for (step, counts) in table {
        assert_eq!(judged(step.clone()), counts, "{step:?}");
    }
}

#[test]
fn a_conflict_is_no_failure() {
    let world = World::new();
    now_or_never(world.store.create(at(), key(1), record(1))).unwrap();
    for _ in 0..100 {
        let saved = now_or_never(world.store.save(at(), key(1), 7, change(2))).unwrap();
        assert!(matches!(saved, Saved::Conflict(_)));
    }
    let status = world.store.status();
    assert_eq!((status.phase, status.recent_calls, status.recent_failures), (Phase::Closed, 101, 0));
}

#[test]
fn a_call_that_is_dropped_counts_if_its_time_was_over() {
    for (passes, failures) in [(99, 0), (100, 1)] {
        let world = World::new();
        world.go(&[Step::Hangs]);
        let store = world.store.within(Some(100 * MS));
        let mut call = store.load(at(), key(1));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        world.clock.pass(passes * MS);
        drop(call);
        assert_eq!(world.store.status().recent_failures, failures, "after {passes} ms");
    }
}

#[test]
fn an_open_breaker_says_why_and_for_how_long_and_asks_nobody() {
    let world = World::new();
    world.loads(20, &broken());
    let status = world.store.status();
    assert_eq!((status.phase, status.open_for, status.opened), (Phase::Open, 5 * SECOND, 1));
    world.asked();
    world.pauses.lock().unwrap().clear();
    world.clock.pass(2 * SECOND);
    let error = world.load().unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert_eq!(
        error.to_string(),
        "The session store failed too often, and is not asked for 4 s. What it said last: the connection broke"
    );
    assert_eq!(world.asked(), Vec::<&str>::new());
    assert!(world.pauses.lock().unwrap().is_empty(), "and nothing waits");
    world.clock.pass(3 * SECOND);
    world.go(&[]);
    for _ in 0..3 {
        assert_eq!(world.store.status().phase, Phase::HalfOpen);
        world.load().unwrap();
    }
    assert_eq!(world.store.status().phase, Phase::Closed);
}

#[test]
fn a_store_that_cannot_be_reached_is_asked_as_soon_as_it_is_back() {
    let world = World::new();
    world.loads(10_000, &unreached());
    world.go(&[]);
    world.load().unwrap();
    let status = world.store.status();
    assert_eq!((status.phase, status.opened), (Phase::Closed, 0));
    assert_eq!(status.failed, status.unreached);
}

#[test]
fn a_closed_store_says_so_whatever_the_breaker_says() {
    let world = World::new();
    world.loads(20, &broken());
    now_or_never(world.store.close()).unwrap();
    assert_eq!(world.load().unwrap_err(), Error::StoreClosed);
}

#[test]
fn handles_share_one_state() {
    let world = World::new();
    let other = world.store.clone();
    world.loads(20, &broken());
    assert_eq!(other.status(), world.store.status());
    assert_eq!(other.status().phase, Phase::Open);
}

#[test]
fn everything_is_counted() {
    let world = World::with(Options { slow: 100 * MS, ..Options::default() }, 1.0);
    world.load().unwrap();
    world.go(&[unreached(), broken()]);
    world.load().unwrap();
    world.go(&[Step::Done(100 * MS)]);
    world.load().unwrap();
    world.loads(20, &Step::Done(100 * MS));
    drop(world.load());
    let expected = Status {
        phase: Phase::Open,
        open_for: 5 * SECOND,
        opened: 1,
        calls: 24,
        attempts: 0,
        repeated: 2,
        failed: 2,
        slow: 0,
        unreached: 1,
        refused: 0,
        recent_calls: 0,
        recent_failures: 0,
    };
    let status = world.store.status();
    let Status { attempts, slow, refused, recent_calls, recent_failures, .. } = status;
    assert_eq!(status, Status { recent_calls, recent_failures, attempts, slow, refused, ..expected });
    assert_eq!(attempts + refused, 24 + 2, "each attempt, and each call that was none");
    assert!(slow >= 10 && refused >= 1, "{status:?}");
}
