//! A bucket as it is usually explained, as a reference: a level that rises with time, in fractions of a token.

#![forbid(unsafe_code)]

use super::*;

/// The level in parts of 1/period of a token, of which `rate` come every microsecond.
struct Model {
    level: u128,
    at: u64,
}

impl Model {
    fn decide(&mut self, quota: &Quota, cost: u32, now: Moment) -> Decision {
        let (rate, period) = (u128::from(quota.rate()), u128::from(quota.period()));
        let full = u128::from(quota.burst()) * period;
        self.level = full.min(self.level + u128::from(now.as_micros() - self.at) * rate);
        self.at = now.as_micros();

        let price = u128::from(cost) * period;
        let allowed = price <= self.level;
        if allowed {
            self.level -= price;
        }
        let in_micros = |parts: u128| match parts {
            0 => Duration::ZERO,
            _ => micros(self.at + u64::try_from(parts.div_ceil(rate)).unwrap()).since(now),
        };
        Decision {
            allowed,
            limit: quota.burst(),
            remaining: u32::try_from(self.level / period).unwrap(),
            retry_after: if allowed { Duration::ZERO } else { in_micros(price - self.level) },
            reset_after: in_micros(full - self.level),
            blocked_for: Duration::ZERO,
            degraded: false,
        }
    }
}

proptest! {
    #[test]
    fn every_decision_is_that_of_the_model(quota in quotas(), calls in calls(), start in 0..1_000_000_000_u64) {
        let mut now = Moment::from_nanos(start);
        let mut model = Model { level: u128::from(quota.burst()) * u128::from(quota.period()), at: now.as_micros() };
        let mut bucket = TokenBucket::default();
        for call in calls {
            let (wait, cost) = scaled(&quota, call);
            now = now.plus(Duration::from_nanos(wait));
            let peeked = bucket.peek(&quota, cost, now).unwrap();
            let (decision, taken) = bucket.consume(&quota, cost, now).unwrap();
            prop_assert_eq!(decision, model.decide(&quota, cost, now));
            prop_assert_eq!(taken.is_some(), decision.allowed);
            prop_assert_eq!((peeked.allowed, peeked.retry_after), (decision.allowed, decision.retry_after));
            let spent = if decision.allowed { cost } else { 0 };
            prop_assert_eq!(peeked.remaining, decision.remaining + spent);
        }
    }
}
