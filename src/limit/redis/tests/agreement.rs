//! What Redis decides is what a bucket in the process decides.

#![forbid(unsafe_code)]

use super::*;
use crate::limit::token_bucket::{Taken, TokenBucket};
use crate::seal::seeded::Random;

/// As far as a server's clock is today, about.
const START: u64 = 1_795_000_000_000_000;
const STEPS: usize = 400;

/// Rates of whole and of broken microseconds, of many tokens in each, and the slowest and the fullest bucket there are.
fn quotas() -> Vec<(String, Quota)> {
    let quota = |limit, micros, burst| Quota::new(limit, Duration::from_micros(micros), burst).unwrap();
    let all = [
        quota(10, 1_000_000, None),
        quota(7, 1_000_000, Some(3)),
        quota(999_983, 1_000_000, Some(17)),
        quota(999_999_937, 1_000_003, Some(1_000_000_000)),
        quota(1, 366 * 86_400_000_000, None),
        quota(1_000_000_000, 366 * 86_400_000_000, None),
        quota(3, 1000, Some(1_000)),
    ];
    all.into_iter().enumerate().map(|(place, quota)| (format!("q{place}"), quota)).collect()
}

#[test]
fn the_same_calls_give_the_same_decisions() {
    let quotas = quotas();
    let mut bench = Bench::new(quotas.clone());
    for (limit, (_, quota)) in quotas.iter().enumerate() {
        let mut seeded = Random::new(limit as u64);
        let mut below = |end: u64| seeded.next() % end.max(1);
        let (mut model, mut now) = (TokenBucket::default(), START);
        let mut receipts: Vec<(Taken, Receipt)> = Vec::new();
        for step in 0..STEPS {
            let fill = quota.fill().ceil();
            now = match below(40) {
                // A clock that is set back, and one that jumps.
                0 => now - below(fill * 2).min(now / 2),
                1 => now + below(fill * 3),
                2..20 => now,
                _ => now + below(fill / 8 + 2),
            };
            let at = Moment::from_micros(now);
            bench.set_now(at);
            let cost = match below(4) {
                0 => below(u64::from(quota.burst()) + 1),
                _ => below(u64::from(quota.burst() / 16) + 2).min(u64::from(quota.burst())),
            };
            let cost = u32::try_from(cost).unwrap();
            let place = format!("{quota:?}, step {step}");
            match below(20) {
                0 => {
                    let duration = Duration::from_micros(below(fill) + 1);
                    model.penalize(duration, at).unwrap();
                    // Redis settles what it writes; the model when it consumes.
                    model.settle(quota, at);
                    bench.penalize(limit, "key", duration).unwrap();
                }
                1 => {
                    model.reset();
                    bench.reset(limit, "key").unwrap();
                }
                2..5 => {
                    let told = bench.peek(vec![request(limit, "key", cost)]).unwrap();
                    assert_eq!(told[0].decision, model.peek(quota, cost, at).unwrap(), "{place}");
                }
                5..8 if !receipts.is_empty() => {
                    let (taken, receipt) = receipts.swap_remove(usize::try_from(below(receipts.len() as u64)).unwrap());
                    let changes = taken.parts().0 != taken.parts().1;
                    assert_eq!(bench.refund(receipt).unwrap(), model.refund(taken) || !changes, "{place}");
                }
                _ => {
                    let (decision, taken) = model.consume(quota, cost, at).unwrap();
                    let mut outcomes = bench.consume(vec![request(limit, "key", cost)]).unwrap();
                    let outcome = outcomes.remove(0);
                    assert_eq!((outcome.decision, outcome.at), (decision, at), "{place}");
                    assert_eq!(outcome.receipt.is_some(), taken.is_some(), "{place}");
                    receipts.extend(taken.zip(outcome.receipt));
                }
            }
        }
    }
}

#[test]
fn several_limits_take_in_one_step_or_none_does() {
    let quotas = limits(&[("a", "5/1m"), ("b", "3/1m"), ("c", "4/1s")]);
    let mut bench = Bench::new(quotas.clone());
    let mut model = [TokenBucket::default(); 3];
    let mut seeded = Random::new(7);
    let mut below = |end: u64| seeded.next() % end.max(1);
    let mut now = START;
    for step in 0..STEPS {
        now += below(2_000_000);
        let at = Moment::from_micros(now);
        bench.set_now(at);
        let costs = [0, 1, 2].map(|_| u32::try_from(below(4)).unwrap());
        let before = model;
        let judged: Vec<_> = (0..3)
            .map(|limit| model[limit].consume(&quotas[limit].1, costs[limit], at).unwrap().0)
            .collect();
        let all = judged.iter().all(|decision| decision.allowed);
        let expected: Vec<_> = if all {
            judged
        } else {
            model = before;
            (0..3)
                .map(|limit| model[limit].peek(&quotas[limit].1, costs[limit], at).unwrap())
                .collect()
        };
        // Each limit of another key, which on one server are one step all the same.
        let requests = vec![request(0, "x", costs[0]), request(1, "y", costs[1]), request(2, "z", costs[2])];
        let decisions: Vec<_> = bench.consume(requests).unwrap().into_iter().map(|outcome| outcome.decision).collect();
        assert_eq!(decisions, expected, "step {step}");
    }
}
