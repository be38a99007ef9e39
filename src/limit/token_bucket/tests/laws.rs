//! What holds for every quota, rhythm and cost.

#![forbid(unsafe_code)]

use super::*;

/// Polls for so long, every so often, and counts what was admitted.
fn polled(quota: &Quota, every: Duration, time: Duration) -> u64 {
    let (mut bucket, start) = (TokenBucket::default(), micros(123_456));
    let mut now = start;
    let mut admitted = 0;
    while now.since(start) <= time {
        admitted += u64::from(bucket.consume(quota, 1, now).unwrap().0.allowed);
        now = now.plus(every);
    }
    admitted
}

proptest! {
    #[test]
    fn never_more_than_the_capacity_and_the_rate(quota in quotas(), calls in calls()) {
        let (mut bucket, mut now) = (TokenBucket::default(), micros(7));
        let mut admitted = Vec::new();
        for call in calls {
            let (wait, cost) = scaled(&quota, call);
            now = now.plus(Duration::from_nanos(wait));
            if bucket.consume(&quota, cost, now).unwrap().0.allowed {
                admitted.push(Admitted { at: now, cost });
            }
        }
        prop_assert_eq!(violation(&quota, EXACT, admitted), None);
    }

    #[test]
    fn the_rate_is_reached_and_not_passed(limit in 1..500_u64, window in 1000..100_000_u64, burst in 2..50_u64) {
        let quota = Quota::new(limit, Duration::from_micros(window), Some(burst)).unwrap();
        // Whoever asks every microsecond misses no token that comes, unless a bucket of one is too small to keep parts of it.
        let admitted = polled(&quota, Duration::from_micros(1), Duration::from_micros(window));
        prop_assert_eq!(admitted, burst + limit);
    }

    #[test]
    fn the_time_to_wait_is_exact(quota in quotas(), calls in calls(), nanos in 0..1000_u64) {
        let (mut bucket, mut now) = (TokenBucket::default(), Moment::from_nanos(5_000 + nanos));
        for call in calls {
            let (wait, cost) = scaled(&quota, call);
            now = now.plus(Duration::from_nanos(wait));
            let (decision, _) = bucket.consume(&quota, cost, now).unwrap();
            if !decision.allowed {
                let then = now.plus(decision.retry_after);
                prop_assert!(!bucket.peek(&quota, cost, now.plus(decision.retry_after.checked_sub(NANO).unwrap())).unwrap().allowed);
                prop_assert!(bucket.peek(&quota, cost, then).unwrap().allowed);
            }
            let full = now.plus(decision.reset_after);
            prop_assert_eq!(bucket.peek(&quota, quota.burst(), full).unwrap().remaining, quota.burst());
            prop_assert!(bucket.is_full(full));
        }
    }

    #[test]
    fn a_cost_is_as_many_single_ones(quota in quotas(), costs in prop::collection::vec(1..6_u32, 1..12)) {
        let (mut at_once, mut singly) = (TokenBucket::default(), TokenBucket::default());
        for cost in costs.into_iter().map(|cost| cost.min(quota.burst())) {
            let (decision, _) = at_once.consume(&quota, cost, micros(9)).unwrap();
            if decision.allowed {
                for _ in 0..cost {
                    prop_assert!(singly.consume(&quota, 1, micros(9)).unwrap().0.allowed);
                }
            }
            prop_assert_eq!(at_once, singly);
        }
    }
}

#[test]
fn no_fraction_is_lost_to_polling() {
    let quota = Quota::parse("10/1s", None).unwrap();
    let admitted = polled(&quota, Duration::from_millis(30), Duration::from_secs(10));
    assert!((108..=110).contains(&admitted), "{admitted}");
}

#[test]
fn no_fraction_is_lost_in_days() {
    // 3/7 of a second for each, which no number of decimal digits holds.
    let quota = Quota::new(7, Duration::from_secs(3), Some(2)).unwrap();
    let (mut bucket, start) = (TokenBucket::default(), micros(0));
    assert!(bucket.consume(&quota, 2, start).unwrap().0.allowed);
    let mut now = start;
    for _ in 0..7 * 100_000 {
        now = now.plus(bucket.peek(&quota, 1, now).unwrap().retry_after);
        assert!(bucket.consume(&quota, 1, now).unwrap().0.allowed);
    }
    assert_eq!(now.since(start), Duration::from_secs(3) * 100_000);
}

#[test]
fn over_a_token_a_microsecond_is_still_a_limit() {
    let quota = Quota::new(1_000_000_000, Duration::from_secs(1), Some(5000)).unwrap();
    let mut bucket = TokenBucket::default();
    let mut admitted = 0;
    for now in (0..10).map(micros) {
        while bucket.consume(&quota, 1, now).unwrap().0.allowed {
            admitted += 1;
        }
    }
    assert_eq!(admitted, 5000 + 9 * 1000);
}
