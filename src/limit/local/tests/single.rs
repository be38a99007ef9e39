//! One limit at a time.

#![forbid(unsafe_code)]

use proptest::prelude::*;

use super::*;
use crate::limit::token_bucket::MAX_PENALTY;

#[test]
fn every_key_of_every_policy_has_a_bucket_of_its_own() {
    let local = local(100);
    let (slow, fast) = (policy(&local, "2/1m"), policy(&local, "5/1s"));
    for key in ["", "a", "b", &"long".repeat(1000)] {
        assert_eq!(admitted(&local, &slow, key, 10, at(0)), 2, "{key}");
        assert_eq!(admitted(&local, &fast, key, 10, at(0)), 5, "{key}");
    }
    assert_eq!(admitted(&local, &fast, "a", 10, at(400)), 2);
    let counts = Counts { allowed: 22, limited: 28, degraded: 0, held: 4, evicted: 0 };
    assert_eq!(local.counts(&fast), counts);
    assert_eq!(local.counts(&slow), Counts { allowed: 8, limited: 32, ..counts });
}

#[test]
fn a_name_and_a_quota_are_one_policy() {
    let local = local(100);
    let quota = Quota::parse("2/1m", None).unwrap();
    let first = local.policy("login", quota).unwrap();
    assert_eq!(local.policy("login", quota).unwrap().id, first.id);
    assert_ne!(local.policy("other", quota).unwrap().id, first.id);
    // A changed quota starts anew: its instants are in other parts.
    assert_ne!(local.policy("login", Quota::parse("3/1m", None).unwrap()).unwrap().id, first.id);
}

#[test]
fn policies_are_bounded() {
    let local = local(100);
    for limit in 1..=MAX_POLICIES as u64 {
        local.policy("login", Quota::new(limit, SECOND, None).unwrap()).unwrap();
    }
    assert!(local.policy("login", Quota::parse("1/1m", None).unwrap()).is_err());
    assert!(local.policy("login", Quota::parse("1/1s", None).unwrap()).is_ok());
}

#[test]
fn a_ceiling_holds_a_key_at_least() {
    assert!(Local::new(Ceiling { keys: 0, bytes: 1 << 20 }).is_err());
    assert!(Local::new(Ceiling { keys: 1 << 20, bytes: 95 }).is_err());
}

#[test]
fn a_full_bucket_has_no_entry() {
    let local = local(100);
    let policy = policy(&local, "2/1m");
    assert_eq!(local.consume(&policy, b"a", 0, at(0)).unwrap().decision.remaining, 2);
    assert_eq!(remaining(&local, &policy, "a", at(0)), 2);
    assert!(local.consume(&policy, b"a", 3, at(0)).is_err());
    assert!(local.peek(&policy, b"a", 3, at(0)).is_err());
    assert_eq!((local.keys(), local.counts(&policy)), (0, Counts { allowed: 1, ..Counts::default() }));

    let receipt = take(&local, &policy, "a", at(0)).receipt.unwrap();
    assert_eq!(local.keys(), 1);
    assert!(local.refund(receipt, at(0)));
    assert_eq!(local.keys(), 0);
}

#[test]
fn a_refund_is_lost_when_another_has_taken_since() {
    let local = local(100);
    let policy = policy(&local, "5/1m");
    let first = take(&local, &policy, "a", at(0)).receipt.unwrap();
    let second = take(&local, &policy, "a", at(0)).receipt.unwrap();
    assert!(!local.refund(first, at(0)));
    assert!(local.refund(second, at(0)));
    assert_eq!(remaining(&local, &policy, "a", at(0)), 4);
}

#[test]
fn a_penalty_is_kept_and_a_reset_ends_it() {
    let local = local(100);
    let policy = policy(&local, "5/1s");
    assert!(local.penalize(&policy, b"a", 60 * SECOND, at(0)).unwrap());
    let refused = take(&local, &policy, "a", at(30_000));
    assert_eq!((refused.decision.allowed, refused.decision.retry_after), (false, 30 * SECOND));
    assert!(take(&local, &policy, "b", at(30_000)).decision.allowed);
    local.reset(&policy, b"a", at(30_000));
    assert!(take(&local, &policy, "a", at(30_000)).decision.allowed);
    assert!(local.penalize(&policy, b"a", MAX_PENALTY + SECOND, at(0)).is_err());
    assert!(local.penalize(&policy, b"c", Duration::ZERO, at(30_000)).unwrap());
    assert_eq!(local.keys(), 2);
}

#[test]
fn a_moment_that_lags_is_the_latest_and_one_that_was_set_back_is_not() {
    let local = local(100);
    let policy = policy(&local, "10/1s");
    assert_eq!(admitted(&local, &policy, "a", 10, at(60_000)), 10);
    // Two threads that read the clock in turn and come in the other order take nothing twice.
    assert_eq!(admitted(&local, &policy, "a", 10, at(59_000)), 0);
    assert_eq!(admitted(&local, &policy, "a", 10, at(60_000)), 0);
    // Set back by a minute, the clock leaves an empty bucket, which fills as ever.
    assert_eq!(admitted(&local, &policy, "a", 10, at(0)), 0);
    assert_eq!(admitted(&local, &policy, "a", 10, at(500)), 5);
    assert_eq!(take(&local, &policy, "a", at(600)).receipt.unwrap().at(), at(600));
}

#[derive(Debug, Clone, Copy)]
enum Call {
    Consume(u32),
    Peek(u32),
    Refund,
    Reset,
    Penalize(u64),
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => (0..4_u32).prop_map(Call::Consume),
        2 => (0..4_u32).prop_map(Call::Peek),
        2 => Just(Call::Refund),
        1 => Just(Call::Reset),
        1 => (0..2000_u64).prop_map(Call::Penalize),
    ]
}

proptest! {
    /// Whatever is done with some keys, in any order: each is a bucket, as if it were alone.
    #[test]
    fn a_key_is_a_bucket(calls in prop::collection::vec((0..5_usize, 0..300_u64, call()), 1..200)) {
        let local = local(100);
        let policy = policy(&local, "7/1s");
        let quota = policy.quota();
        let (mut buckets, mut taken, mut receipts) = ([TokenBucket::default(); 5], vec![], vec![]);
        let mut now = at(5);
        for (which, wait, call) in calls {
            now = now.plus(Duration::from_millis(wait));
            let (bucket, key) = (&mut buckets[which], [b'k', u8::try_from(which).unwrap()]);
            match call {
                Call::Consume(cost) => {
                    let (decision, ours) = bucket.consume(quota, cost, now).unwrap();
                    let outcome = local.consume(&policy, &key, cost, now).unwrap();
                    prop_assert_eq!(outcome.decision, decision);
                    if cost > 0 && let (Some(ours), Some(receipt)) = (ours, outcome.receipt) {
                        taken.push((which, ours));
                        receipts.push(receipt);
                    }
                }
                Call::Peek(cost) => {
                    prop_assert_eq!(local.peek(&policy, &key, cost, now), bucket.peek(quota, cost, now));
                }
                Call::Refund => if let (Some((which, ours)), Some(receipt)) = (taken.pop(), receipts.pop()) {
                    // Of a bucket that has filled since, an undo changes nothing, and nothing may be kept to undo it in.
                    let undone = buckets[which].refund(ours);
                    prop_assert!(!local.refund(receipt, now) || undone);
                },
                Call::Reset => {
                    bucket.reset();
                    local.reset(&policy, &key, now);
                }
                Call::Penalize(millis) => {
                    bucket.penalize(Duration::from_millis(millis), now).unwrap();
                    prop_assert!(local.penalize(&policy, &key, Duration::from_millis(millis), now).unwrap());
                }
            }
            for (which, bucket) in buckets.iter().enumerate() {
                let key = [b'k', u8::try_from(which).unwrap()];
                prop_assert_eq!(local.peek(&policy, &key, 1, now), bucket.peek(quota, 1, now));
            }
        }
    }
}
