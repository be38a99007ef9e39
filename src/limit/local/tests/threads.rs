//! Many threads on one limiter, judged by the checker.

#![forbid(unsafe_code)]

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;
use crate::limit::checker::{Admitted, EXACT, violation};
use crate::seal::seeded::Random;

const THREADS: usize = 8;
/// How many decisions a test makes. `npm run test:long` sets the variable to more.
const DECISIONS: (&str, usize) = ("LIMIT_DECISIONS", 100_000);
const KEYS: [&str; 3] = ["a", "b", "c"];

fn decisions() -> usize {
    std::env::var(DECISIONS.0).map_or(DECISIONS.1, |decisions| decisions.parse().unwrap())
}

/// What was taken of each bucket: by policy, then key.
type Taken = [[Vec<Admitted>; KEYS.len()]; 2];

/// Runs `decide` on all threads, `decisions` times in all, and puts together what they took.
fn on_threads(decide: impl Fn(&mut Random, &mut Taken) + Sync) -> Taken {
    let barrier = Barrier::new(THREADS);
    let parts: Vec<Taken> = thread::scope(|scope| {
        let run = |seed| {
            let (mut random, mut taken) = (Random::new(seed), Taken::default());
            barrier.wait();
            for _ in 0..decisions() / THREADS {
                decide(&mut random, &mut taken);
            }
            taken
        };
        let threads: Vec<_> = (0..THREADS as u64).map(|seed| scope.spawn(move || run(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    parts.into_iter().fold(Taken::default(), |mut all, part| {
        for (all, part) in all.iter_mut().flatten().zip(part.into_iter().flatten()) {
            all.extend(part);
        }
        all
    })
}

/// A clock that all threads move on, and that a thread may have read long before it gets to the limiter.
struct Clock(AtomicU64);

impl Clock {
    fn read(&self, random: &mut Random) -> Moment {
        let read = self.0.fetch_add(random.next() % 40, Ordering::Relaxed);
        if random.one_in(50) {
            thread::yield_now();
        }
        Moment::from_micros(read)
    }
}

fn all_within(policies: &[Arc<Policy>], taken: Taken) {
    for (policy, taken) in policies.iter().zip(taken) {
        for admitted in taken {
            assert!(admitted.len() > 100, "{} were admitted", admitted.len());
            assert_eq!(violation(policy.quota(), EXACT, admitted), None);
        }
    }
}

#[test]
fn no_bucket_gives_more_than_it_has() {
    // One shard, and several.
    for local in [local(1000), local(1_000_000)] {
        let policies = [policy(&local, "50/10ms"), policy(&local, "7/3ms")];
        let clock = Clock(AtomicU64::new(1));
        let taken = on_threads(|random, taken| {
            let (which, key) = (random.below(2), random.below(KEYS.len()));
            let cost = u32::try_from(random.below(3)).unwrap() + 1;
            let now = clock.read(random);
            let outcome = local.consume(&policies[which], KEYS[key].as_bytes(), cost, now).unwrap();
            if let Some(receipt) = outcome.receipt {
                taken[which][key].push(Admitted { at: receipt.at(), cost });
            }
        });
        all_within(&policies, taken);
    }
}

#[test]
fn no_token_is_lost_either() {
    let local = local(1000);
    let policy = policy(&local, "1000/1s");
    // Time stands still: of a bucket, exactly its tokens are given, to whichever threads.
    let taken = on_threads(|_, taken| {
        if take(&local, &policy, "a", at(1)).receipt.is_some() {
            taken[0][0].push(Admitted { at: at(1), cost: 1 });
        }
    });
    assert_eq!(taken[0][0].len(), 1000);
}

#[test]
fn several_limits_with_undo_keep_to_each_and_no_step_waits_for_ever() {
    for local in [local(1000), local(1_000_000)] {
        let policies = [policy(&local, "50/10ms"), policy(&local, "7/3ms")];
        let clock = Clock(AtomicU64::new(1));
        let taken = on_threads(|random, taken| {
            // In any order, so that two steps would wait for each other if they locked in theirs.
            let count = random.below(4) + 1;
            let asked: Vec<_> = (0..count).map(|_| (random.below(2), random.below(KEYS.len()))).collect();
            let request = |&(which, key): &(usize, usize)| Request {
                policy: &policies[which],
                key: KEYS[key].as_bytes(),
                cost: 1,
            };
            let requests: Vec<_> = asked.iter().map(request).collect();
            let mut outcomes = Vec::new();
            let now = clock.read(random);
            let all = local.consume_all(&requests, now, &mut outcomes).unwrap();
            let undo = all && random.one_in(5);
            for (&(which, key), outcome) in asked.iter().zip(outcomes).rev() {
                assert_eq!(outcome.receipt.is_some(), all);
                let Some(receipt) = outcome.receipt else { continue };
                let at = receipt.at();
                // What was not undone since others took meanwhile is spent.
                if !undo || !local.refund(receipt, now) {
                    taken[which][key].push(Admitted { at, cost: 1 });
                }
            }
        });
        all_within(&policies, taken);
    }
}

#[test]
fn the_counts_are_those_of_the_decisions() {
    let local = local(1000);
    let policy = policy(&local, "1000/1s");
    let taken = on_threads(|_, taken| {
        if take(&local, &policy, "a", at(1)).decision.allowed {
            taken[0][0].push(Admitted { at: at(1), cost: 1 });
        }
    });
    let (allowed, all) = (taken[0][0].len() as u64, (decisions() / THREADS * THREADS) as u64);
    assert_eq!(local.counts(&policy), Counts { allowed, limited: all - allowed, degraded: 0, held: 1, evicted: 0 });
}
