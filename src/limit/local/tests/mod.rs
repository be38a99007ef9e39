#![forbid(unsafe_code)]

mod ceilings;
mod memory;
mod single;
mod steps;
mod threads;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Moment {
    Moment::from_micros(millis * 1000)
}

fn local(keys: usize) -> Local {
    Local::new(Ceiling { keys, bytes: usize::MAX }).unwrap()
}

fn policy(local: &Local, quota: &str) -> Arc<Policy> {
    local.policy(quota, Quota::parse(quota, None).unwrap()).unwrap()
}

fn take(local: &Local, policy: &Policy, key: &str, now: Moment) -> Outcome {
    local.consume(policy, key.as_bytes(), 1, now).unwrap()
}

/// How many of so many are admitted.
fn admitted(local: &Local, policy: &Policy, key: &str, times: u32, now: Moment) -> u32 {
    (0..times).map(|_| u32::from(take(local, policy, key, now).decision.allowed)).sum()
}

fn remaining(local: &Local, policy: &Policy, key: &str, now: Moment) -> u32 {
    local.peek(policy, key.as_bytes(), 1, now).unwrap().remaining
}
