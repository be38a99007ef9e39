//! Clocks that jump: one set back must not lock anybody out, one set forward must not give more than a full bucket.

#![forbid(unsafe_code)]

use super::*;

proptest! {
    #[test]
    fn whoever_meets_a_jump_waits_for_one_filling_at_most(
        quota in quotas(), jumps in prop::collection::vec((0..=u64::MAX / 2, calls()), 1..6),
    ) {
        let mut bucket = TokenBucket::default();
        for (start, calls) in jumps {
            let mut now = Moment::from_nanos(start);
            for call in calls {
                let (wait, cost) = scaled(&quota, call);
                now = now.plus(Duration::from_nanos(wait));
                let (decision, _) = bucket.consume(&quota, cost, now).unwrap();
                let fill = Duration::from_micros(quota.fill().ceil());
                prop_assert!(decision.retry_after <= fill, "{:?}", decision);
                prop_assert!(decision.reset_after <= fill, "{:?}", decision);
                // And the wait is as good as its word: refusing has brought the state back to this clock.
                prop_assert!(bucket.peek(&quota, cost, now.plus(decision.retry_after)).unwrap().allowed || decision.allowed);
            }
        }
    }

    #[test]
    fn a_jump_gives_one_full_bucket_at_most(
        quota in quotas(), jumps in prop::collection::vec((0..=u64::MAX / 2, calls()), 1..6),
    ) {
        let mut bucket = TokenBucket::default();
        // By the clock's own account each stretch between jumps keeps the law: what a jump adds is a full bucket.
        for (start, calls) in jumps {
            let mut now = Moment::from_nanos(start);
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
    }

    #[test]
    fn a_clock_set_back_gives_nothing(quota in quotas(), back in 0..1_000_000_000_u64) {
        let (mut bucket, now) = (TokenBucket::default(), micros(2_000_000_000));
        let burst = quota.burst();
        prop_assert!(bucket.consume(&quota, burst, now).unwrap().0.allowed);
        let earlier = micros(2_000_000_000 - back);
        prop_assert!(!bucket.consume(&quota, 1, earlier).unwrap().0.allowed);
    }
}

#[test]
fn the_last_moments_of_a_clock_are_moments_too() {
    let quota = Quota::parse("1/366d", None).unwrap();
    for nanos in [u64::MAX, u64::MAX - 1, u64::MAX / 2] {
        let (mut bucket, now) = (TokenBucket::default(), Moment::from_nanos(nanos));
        assert!(bucket.consume(&quota, 1, now).unwrap().0.allowed);
        assert!(!bucket.consume(&quota, 1, now).unwrap().0.allowed);
        bucket.penalize(MAX_PENALTY, now).unwrap();
        assert!(!bucket.peek(&quota, 0, now).unwrap().allowed);
    }
}
