#![forbid(unsafe_code)]

mod clocks;
mod decisions;
mod laws;
mod model;
mod refunds;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::limit::checker::{Admitted, EXACT, violation};

const NANO: Duration = Duration::from_nanos(1);

fn micros(micros: u64) -> Moment {
    Moment::from_micros(micros)
}

/// Any quota: from a thousand tokens a microsecond to one a year, with bursts of any size.
fn quotas() -> impl Strategy<Value = Quota> {
    let tokens = prop_oneof![1..20_u64, 1..=1_000_000_000_u64];
    let windows = prop_oneof![1000..5000_u64, 1000..=31_622_400_000_000_u64];
    (tokens.clone(), windows, prop::option::of(tokens))
        .prop_filter_map("a quota that is refused", |(limit, us, burst)| {
            Quota::new(limit, Duration::from_micros(us), burst).ok()
        })
}

/// Calls at any rhythm: the waiting before each in parts of 1,000 of a filling, and the cost in parts of 1,000 of a burst.
fn calls() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let waits = prop_oneof![4 => Just(0), 4 => 0..20_u64, 2 => 0..400_u64, 1 => 0..3000_u64];
    let costs = prop_oneof![4 => Just(0_u32), 2 => 0..100_u32, 1 => 0..=1000_u32];
    prop::collection::vec((waits, costs), 1..80)
}

/// The calls in nanoseconds and tokens of one quota: a cost of 0 stands for the least one.
fn scaled(quota: &Quota, (wait, cost): (u64, u32)) -> (u64, u32) {
    let nanos = u128::from(quota.fill().ceil()) * u128::from(wait);
    let cost = u128::from(quota.burst()) * u128::from(cost) / 1000;
    (u64::try_from(nanos).unwrap(), u32::try_from(cost).unwrap().max(1))
}
