//! A million mutants of valid tokens, of which none opens. Each is counted by what refused it: a million refusals of the
//! form would say nothing about the MAC.
//!
//! A failure names its seed, which repeats it: `check(&kinds::warm(), SEED, mutant, stage_of).unwrap()` is its test.

#![forbid(unsafe_code)]

mod kinds;
mod mutate;
mod parts;
mod stage;

use std::collections::BTreeMap;
use std::thread;

use super::*;
use kinds::Kind;
use mutate::{mutant, salted_mutant};
use stage::{Hole, Stage, blocking_stage_of, cold_stage_of, stage_of};

/// How many mutants are opened with the keys at hand. `npm run test:long` sets the variables to more.
const WARM: (&str, u64) = ("WARM_MUTATIONS", 1_000_000);
/// How many may derive keys, at some milliseconds each.
const COLD: (&str, u64) = ("COLD_MUTATIONS", 300);
/// Of so many mutants each stage refuses one at least.
const RAREST: u64 = 1000;
/// How many failures a report shows.
const REPORTED: usize = 10;

type Judge = fn(&Kind, &str) -> Result<Stage, Hole>;

fn cases((variable, least): (&str, u64)) -> u64 {
    std::env::var(variable).map_or(least, |cases| cases.parse().unwrap())
}

fn check(kinds: &[Kind], seed: u64, make: fn(&Kind, u64) -> String, judge: Judge) -> Result<Stage, String> {
    let kind = &kinds[usize::try_from(seed).unwrap() % kinds.len()];
    let text = make(kind, seed);
    judge(kind, &text).map_err(|hole| format!("seed {seed}, {}: {hole:?}: {text:?}", kind.name))
}

#[derive(Default)]
struct Tally {
    refused: BTreeMap<Stage, u64>,
    passed: u64,
    /// The first that passed.
    holes: Vec<String>,
}

impl Tally {
    fn of(outcomes: impl Iterator<Item = Result<Stage, String>>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            match outcome {
                Ok(stage) => *tally.refused.entry(stage).or_default() += 1,
                Err(hole) => {
                    tally.passed += 1;
                    if tally.holes.len() < REPORTED {
                        tally.holes.push(hole);
                    }
                }
            }
        }
        tally
    }

    fn count(&self, stage: Stage) -> u64 {
        self.refused.get(&stage).copied().unwrap_or_default()
    }

    fn total(&self) -> u64 {
        self.refused.values().sum()
    }

    fn merged(mut self, other: Self) -> Self {
        for (stage, count) in other.refused {
            *self.refused.entry(stage).or_default() += count;
        }
        self.passed += other.passed;
        self.holes.extend(other.holes);
        self
    }

    /// Nothing passed, and every stage refused its share. What waits for a key has not come to the MAC.
    fn assert_refused(&self, cases: u64, without: &[Stage]) {
        println!("{cases} mutants, by what refused them: {:?}", self.refused);
        assert_eq!(self.passed, 0, "not refused, among others:\n{}", self.holes.join("\n"));
        assert_eq!(self.total(), cases);
        assert!(self.count(Stage::Mac) * 2 >= self.total(), "too few came to the MAC: {:?}", self.refused);
        for stage in Stage::ALL {
            if without.contains(&stage) {
                assert_eq!(self.count(stage), 0, "{stage:?}: {:?}", self.refused);
            } else {
                assert!(self.count(stage) >= cases / RAREST, "{stage:?}: {:?}", self.refused);
            }
        }
    }
}

/// Every seed below `cases`, shared out to the machine's threads, each with keys of its own.
fn on_all_threads(cases: u64, kinds: fn() -> Vec<Kind>, make: fn(&Kind, u64) -> String, judge: Judge) -> Tally {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                scope.spawn(move || {
                    let kinds = kinds();
                    let seeds = (u64::try_from(first).unwrap()..cases).step_by(threads);
                    Tally::of(seeds.map(|seed| check(&kinds, seed, make, judge)))
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .fold(Tally::default(), Tally::merged)
    })
}

#[test]
fn a_million_mutants_are_refused_and_most_by_the_mac() {
    let cases = cases(WARM);
    on_all_threads(cases, kinds::warm, mutant, stage_of).assert_refused(cases, &[]);
}

/// Where the keys are derived, nothing is left to wait for.
#[test]
fn mutants_that_cost_a_derivation_are_refused_and_most_by_the_mac() {
    let cases = cases(COLD);
    for judge in [cold_stage_of, blocking_stage_of] {
        let tally = on_all_threads(cases / 2, kinds::cold, salted_mutant, judge);
        tally.assert_refused(cases / 2, &[Stage::NeedsKey]);
    }
}

/// What the tests above would find: each of their holes, planted.
#[test]
fn a_hole_is_told_from_a_refusal() {
    let kinds = kinds::warm();
    for kind in &kinds {
        for token in &kind.authentic {
            assert_eq!(stage_of(kind, token), Err(Hole::Opened));
            assert!(matches!(stage_of(kind, &forge(token)), Ok(Stage::Mac | Stage::NeedsKey)));
        }
    }
    // The MAC of a token is right and the key that decrypts it is still to be derived.
    for kind in kinds::cold() {
        let token = &kind.authentic[0];
        assert_eq!(stage_of(&kind, token), Ok(Stage::NeedsKey));
        let integrity = kind.reader.keyring().unwrap().sealing(now()).unwrap().halves().unwrap().1.clone();
        let Half::Text(secret) = integrity else { panic!("cold kinds have passwords of text") };
        let spec = KeySpec { secret, usage: KeyUse::Integrity, iterations: 8192, salt: salts(token).1 };
        kind.reader.shared.keep(&spec, Arc::new(spec.derive()));
        assert_eq!(stage_of(&kind, token), Err(Hole::Verified));
    }
    let hole = check(&kinds, 1, |kind, _| format!("{}*", kind.authentic[0]), |_, _| Err(Hole::Panicked)).unwrap_err();
    assert!(hole.starts_with("seed 1, ") && hole.contains("Panicked"), "{hole}");
}
