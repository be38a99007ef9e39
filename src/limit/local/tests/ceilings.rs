//! Who is given up at the ceiling, and who is not.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn full_buckets_go_first() {
    let local = local(10);
    let policy = policy(&local, "10/1s");
    for key in 0..5 {
        take(&local, &policy, &format!("early {key}"), at(0));
        admitted(&local, &policy, &format!("late {key}"), 5, at(0));
    }
    // By now the early ones are full again.
    for key in 0..5 {
        take(&local, &policy, &format!("new {key}"), at(150));
    }
    assert_eq!((local.keys(), local.counts(&policy).evicted), (10, 0));
    assert!((0..5).all(|key| remaining(&local, &policy, &format!("late {key}"), at(150)) == 6));
}

#[test]
fn full_buckets_go_before_the_ceiling_is_reached() {
    let local = local(1_000_000);
    let policy = policy(&local, "10/1s");
    // A newcomer in each millisecond, whose bucket is full a hundred later.
    for millis in 0..100_000 {
        take(&local, &policy, &format!("{millis}"), at(millis));
    }
    let shards = local.shards.len();
    assert!(local.keys() <= 100 + 4 * shards, "{} keys in {shards} shards", local.keys());
    assert_eq!(local.counts(&policy).evicted, 0);
}

#[test]
fn then_the_least_debt_goes() {
    let local = local(10);
    let policy = policy(&local, "100/1s");
    for key in 0..10 {
        admitted(&local, &policy, &format!("{key}"), 20 - key, at(0));
    }
    take(&local, &policy, "new", at(0));
    assert_eq!((local.keys(), local.counts(&policy).evicted), (10, 1));
    for key in 0..9 {
        assert_eq!(remaining(&local, &policy, &format!("{key}"), at(0)), 80 + key, "{key}");
    }
    assert_eq!(remaining(&local, &policy, "9", at(0)), 100);
}

#[test]
fn a_refund_or_a_reset_puts_a_key_to_its_place() {
    let local = local(3);
    let policy = policy(&local, "100/1s");
    let take = |key: &str, cost| local.consume(&policy, key.as_bytes(), cost, at(0)).unwrap().receipt.unwrap();
    let _ = take("a", 10);
    let refunded = take("a", 50);
    for (key, cost) in [("b", 20), ("c", 30)] {
        let _ = take(key, cost);
    }
    assert!(local.refund(refunded, at(0)));
    let _ = take("new", 40);
    assert_eq!(["a", "b", "c", "new"].map(|key| remaining(&local, &policy, key, at(0))), [100, 80, 70, 60]);
    local.reset(&policy, b"new", at(0));
    let _ = take("other", 1);
    assert_eq!((local.keys(), local.counts(&policy).evicted), (3, 1));
}

#[test]
fn one_with_a_penalty_never_goes_and_newcomers_share_a_bucket() {
    let local = local(4);
    let policy = policy(&local, "3/1s");
    for key in 0..4 {
        assert!(local.penalize(&policy, format!("{key}").as_bytes(), 60 * SECOND, at(0)).unwrap());
    }
    assert!(!local.penalize(&policy, b"one more", 60 * SECOND, at(0)).unwrap());

    let outcomes: Vec<_> = (0..6).map(|key| take(&local, &policy, &format!("new {key}"), at(0))).collect();
    assert!(outcomes.iter().all(|outcome| outcome.decision.degraded));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.decision.allowed).count(), 3);
    assert_eq!(local.counts(&policy), Counts { allowed: 3, limited: 3, degraded: 6, held: 4, evicted: 0 });
    assert!((0..4).all(|key| !take(&local, &policy, &format!("{key}"), at(59_999)).decision.allowed));

    // The last token of the shared bucket can be given back, by the one that took it.
    let receipt = take(&local, &policy, "new", at(59_999)).receipt.unwrap();
    assert!(local.refund(receipt, at(59_999)));

    // When the penalties have ended the buckets are full, and there is room again.
    let outcome = take(&local, &policy, "new", at(60_000));
    assert_eq!((outcome.decision.degraded, outcome.decision.remaining), (false, 2));
}

#[test]
fn a_refused_step_gives_back_to_the_shared_bucket() {
    let local = local(1);
    let (shared, other) = (policy(&local, "3/1s"), policy(&local, "1/1s"));
    assert!(local.penalize(&shared, b"blocked", 60 * SECOND, at(0)).unwrap());
    let mut outcomes = Vec::new();
    let requests = [
        Request { policy: &shared, key: b"a", cost: 2 },
        Request { policy: &other, key: b"a", cost: 1 },
        Request { policy: &other, key: b"b", cost: 1 },
    ];
    assert!(!local.consume_all(&requests, at(0), &mut outcomes).unwrap());
    assert!(!outcomes[2].decision.allowed && outcomes[2].decision.degraded);
    assert_eq!(local.consume(&shared, b"c", 3, at(0)).unwrap().decision.remaining, 0);
}

#[test]
fn a_longer_penalty_is_kept_as_long_as_it_lasts() {
    let local = local(2);
    let policy = policy(&local, "3/1s");
    for (key, seconds) in [(b"a", 1), (b"a", 100), (b"b", 50)] {
        assert!(local.penalize(&policy, key, seconds * SECOND, at(0)).unwrap());
    }
    // After the second that was first said, and after the other's.
    assert!(take(&local, &policy, "new", at(2000)).decision.degraded);
    assert!(!take(&local, &policy, "new", at(51_000)).decision.degraded);
    for newcomer in 0..10 {
        take(&local, &policy, &format!("{newcomer}"), at(51_000));
    }
    assert!(!take(&local, &policy, "a", at(99_999)).decision.allowed);
}

#[test]
fn a_penalty_that_a_clock_set_back_revives_is_kept_too() {
    let local = local(2);
    let policy = policy(&local, "10/100s");
    admitted(&local, &policy, "a", 10, at(100_000));
    assert!(local.penalize(&policy, b"a", SECOND, at(100_000)).unwrap());
    // It ends, and the key is among the others; then the clock is set back, and it lasts again.
    admitted(&local, &policy, "b", 10, at(102_000));
    for newcomer in 0..10 {
        take(&local, &policy, &format!("{newcomer}"), at(50_000));
    }
    assert_eq!(take(&local, &policy, "a", at(50_000)).decision.retry_after, 51 * SECOND);
}

#[test]
fn nobody_is_given_up_while_all_are_in_use() {
    let local = local(1000);
    let policy = policy(&local, "100/1s");
    for round in 0..2 {
        for key in 0..1000 {
            take(&local, &policy, &format!("{key}"), at(round));
        }
    }
    // Each has spent since it was looked at: a newcomer looks at some, and shares a bucket.
    assert!(take(&local, &policy, "new", at(1)).decision.degraded);
    assert_eq!(local.counts(&policy).evicted, 0);
    // His looks were not in vain: others find somebody who has not spent since.
    let found = (0..1000).position(|key| !take(&local, &policy, &format!("new {key}"), at(1)).decision.degraded);
    assert!(found.is_some_and(|newcomers| newcomers <= 1000 / 16 + 1), "{found:?}");
}

proptest! {
    /// Against buckets of which none is ever given up: who is missing was full, or owed the least of all without a penalty.
    #[test]
    fn nobody_is_given_up_out_of_turn(
        acts in prop::collection::vec((0..12_u8, 1..8_u32, 0..150_u64, 0..10_u8), 1..150), ceiling in 1..7_usize,
    ) {
        let local = local(ceiling);
        let policy = policy(&local, "10/1s");
        let quota = policy.quota();
        let mut held = BTreeMap::<u8, TokenBucket>::new();
        let mut now = at(5);
        for (key, cost, wait, kind) in acts {
            now = now.plus(Duration::from_millis(wait));
            let newcomer = !held.contains_key(&key);
            let evicted = local.counts(&policy).evicted;
            let mut bucket = held.get(&key).copied().unwrap_or_default();
            let stored = if kind == 0 {
                bucket.penalize(Duration::from_millis(300), now).unwrap();
                local.penalize(&policy, &[key], Duration::from_millis(300), now).unwrap()
            } else {
                let outcome = local.consume(&policy, &[key], cost, now).unwrap();
                let (decision, _) = bucket.consume(quota, cost, now).unwrap();
                prop_assert!(outcome.decision.degraded || outcome.decision == decision);
                !outcome.decision.degraded
            };
            let expected = |bucket: &TokenBucket| bucket.peek(quota, 1, now);
            held.remove(&key);
            let mut given_up = Vec::new();
            held.retain(|key, bucket| {
                let kept = local.peek(&policy, &[*key], 1, now) == expected(bucket);
                if !kept {
                    given_up.push(*bucket);
                }
                kept && !bucket.is_full(now)
            });
            if stored {
                held.insert(key, bucket);
            } else {
                prop_assert!(newcomer && local.keys() == ceiling);
            }
            prop_assert!(local.keys() <= ceiling);
            prop_assert_eq!(given_up.len() as u64, local.counts(&policy).evicted - evicted);
            prop_assert!(given_up.len() <= usize::from(newcomer));
            for gone in given_up {
                prop_assert!(!gone.is_blocked(now));
                let others = held.iter().filter(|(other, bucket)| **other != key && !bucket.is_blocked(now));
                for (_, other) in others {
                    prop_assert!(gone.full_at().ceil() <= other.full_at().ceil());
                }
            }
        }
    }
}
