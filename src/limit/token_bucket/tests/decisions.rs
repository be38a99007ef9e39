//! Decisions in numbers, costs, penalties.

#![forbid(unsafe_code)]

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn ten_a_second() -> Quota {
    Quota::parse("10/1s", None).unwrap()
}

#[test]
fn a_decision_in_numbers() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    let (first, _) = bucket.consume(&quota, 4, micros(0)).unwrap();
    let expected = Decision { allowed: true, limit: 10, remaining: 6, ..Decision::default() };
    assert_eq!(first, Decision { reset_after: Duration::from_millis(400), ..expected });

    let (second, taken) = bucket.consume(&quota, 7, micros(0)).unwrap();
    assert!(taken.is_none());
    let waits =
        Decision { retry_after: Duration::from_millis(100), reset_after: Duration::from_millis(400), ..expected };
    assert_eq!(second, Decision { allowed: false, ..waits });
    assert_eq!((first.announced_reset(), second.announced_reset()), (1, 1));
}

#[test]
fn a_full_bucket_says_so() {
    let decision = TokenBucket::default().peek(&ten_a_second(), 1, Moment::from_nanos(1_999)).unwrap();
    assert_eq!((decision.allowed, decision.remaining, decision.reset_after), (true, 10, Duration::ZERO));
    assert_eq!(decision.announced_reset(), 0);
}

#[test]
fn a_cost_of_nothing_takes_nothing_and_is_admitted_by_an_empty_bucket() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    assert!(bucket.consume(&quota, 10, micros(0)).unwrap().0.allowed);
    let before = bucket;
    let (decision, taken) = bucket.consume(&quota, 0, micros(0)).unwrap();
    assert_eq!((decision.allowed, decision.remaining), (true, 0));
    assert_eq!(bucket, before);
    assert!(bucket.refund(taken.unwrap()));
    assert_eq!(bucket, before);

    bucket.penalize(SECOND, micros(0)).unwrap();
    assert!(!bucket.consume(&quota, 0, micros(999_999)).unwrap().0.allowed);
    assert!(bucket.consume(&quota, 0, micros(1_000_000)).unwrap().0.allowed);
}

#[test]
fn a_cost_above_the_burst_is_an_error_and_takes_nothing() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    assert!(bucket.consume(&quota, 11, micros(0)).is_err());
    assert!(bucket.peek(&quota, 11, micros(0)).is_err());
    assert_eq!(bucket, TokenBucket::default());
}

#[test]
fn a_penalty_refuses_until_it_ends_and_the_tokens_come_back_meanwhile() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    assert!(bucket.consume(&quota, 10, micros(0)).unwrap().0.allowed);
    bucket.penalize(60 * SECOND, Moment::from_nanos(1)).unwrap();

    let (decision, _) = bucket.consume(&quota, 1, micros(2_000_000)).unwrap();
    assert_eq!((decision.allowed, decision.remaining), (false, 0));
    assert_eq!(decision.retry_after, Duration::from_micros(58_000_001));
    assert_eq!(decision.reset_after, decision.retry_after);
    let end = micros(2_000_000).plus(decision.retry_after);
    assert!(!bucket.is_full(micros(2_000_000)) && bucket.is_full(end));
    assert!(!bucket.peek(&quota, 1, Moment::from_nanos(end.as_nanos() - 1)).unwrap().allowed);
    assert_eq!(bucket.peek(&quota, 1, end).unwrap().remaining, 10);
}

#[test]
fn a_penalty_is_longer_than_any_filling_and_a_shorter_one_does_not_cut_it() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    bucket.penalize(3600 * SECOND, micros(0)).unwrap();
    bucket.penalize(SECOND, micros(0)).unwrap();
    let (decision, _) = bucket.consume(&quota, 1, micros(0)).unwrap();
    assert_eq!(decision.retry_after, 3600 * SECOND);
    bucket.reset();
    assert!(bucket.consume(&quota, 1, micros(0)).unwrap().0.allowed);
}

#[test]
fn penalties_have_a_bound_of_their_own() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    assert!(bucket.penalize(MAX_PENALTY + NANO, micros(0)).is_err());
    bucket.penalize(MAX_PENALTY, micros(5_000_000)).unwrap();
    // Set back by 5 s, the clock leaves a penalty that is longer than any can be.
    let (decision, _) = bucket.consume(&quota, 1, micros(0)).unwrap();
    assert_eq!(decision.retry_after, MAX_PENALTY);
}

proptest! {
    #[test]
    fn nothing_is_admitted_while_a_penalty_lasts(
        quota in quotas(), calls in calls(), penalty in 1..100_000_000_u64,
    ) {
        let (mut bucket, mut now) = (TokenBucket::default(), micros(3));
        let end = now.plus(Duration::from_micros(penalty));
        bucket.penalize(Duration::from_micros(penalty), now).unwrap();
        for call in calls {
            let (wait, cost) = scaled(&quota, call);
            now = now.plus(Duration::from_nanos(wait % 10_000_000));
            let (decision, _) = bucket.consume(&quota, cost, now).unwrap();
            prop_assert!(now >= end || !decision.allowed);
            if now < end {
                prop_assert!(!decision.allowed);
                prop_assert_eq!(now.plus(decision.retry_after), end);
            }
        }
    }
}
