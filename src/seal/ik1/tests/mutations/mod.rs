//! A million mutants of valid tokens, of which none opens. Each is counted by what refused it: a million refusals of the
//! form would say nothing about the commitment and the tag.
//!
//! A failure names its seed, which repeats it: `check(&Readers::new(), SEED, mutant).unwrap()` is its test.

#![forbid(unsafe_code)]

mod mutate;
mod readers;

use std::collections::BTreeMap;
use std::thread;

use super::*;
use mutate::mutant;
use readers::{Hole, Readers, Stage};

/// How many mutants are tried. `npm run test:long` sets the variable to more.
const MUTATIONS: (&str, u64) = ("WARM_MUTATIONS", 1_000_000);
/// Of so many mutants each stage refuses one at least.
const RAREST: u64 = 500;
/// How many failures a report shows.
const REPORTED: usize = 10;

type Make = fn(&Readers, u64) -> String;

fn check(readers: &Readers, seed: u64, make: Make) -> Result<Stage, String> {
    let text = make(readers, seed);
    readers.stage_of(&text).map_err(|hole| format!("seed {seed}: {hole:?}: {text:?}"))
}

#[derive(Default)]
struct Tally {
    refused: BTreeMap<Stage, u64>,
    holes: Vec<String>,
}

impl Tally {
    fn of(outcomes: impl Iterator<Item = Result<Stage, String>>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            match outcome {
                Ok(stage) => *tally.refused.entry(stage).or_default() += 1,
                Err(hole) => tally.holes.push(hole),
            }
        }
        tally
    }

    fn merged(mut self, other: Self) -> Self {
        for (stage, count) in other.refused {
            *self.refused.entry(stage).or_default() += count;
        }
        self.holes.extend(other.holes);
        self
    }

    fn count(&self, stage: Stage) -> u64 {
        self.refused.get(&stage).copied().unwrap_or_default()
    }
}

/// Every seed below `cases`, shared out to the machine's threads.
fn on_all_threads(cases: u64, make: Make) -> Tally {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                scope.spawn(move || {
                    let readers = Readers::new();
                    let seeds = (u64::try_from(first).unwrap()..cases).step_by(threads);
                    Tally::of(seeds.map(|seed| check(&readers, seed, make)))
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
fn a_million_mutants_are_refused_and_most_by_the_commitment_or_the_tag() {
    let (variable, least) = MUTATIONS;
    let cases = std::env::var(variable).map_or(least, |cases| cases.parse().unwrap());
    let tally = on_all_threads(cases, mutant);
    println!("{cases} mutants, by what refused them: {:?}", tally.refused);
    let shown = &tally.holes[..tally.holes.len().min(REPORTED)];
    assert!(tally.holes.is_empty(), "{} were not refused, among them:\n{}", tally.holes.len(), shown.join("\n"));
    assert_eq!(tally.refused.values().sum::<u64>(), cases);
    for stage in Stage::ALL {
        assert!(tally.count(stage) >= cases / RAREST, "{stage:?}: {:?}", tally.refused);
    }
    let cryptographic = tally.count(Stage::Commitment) + tally.count(Stage::Tag);
    assert!(cryptographic * 2 >= cases, "too few came to the commitment: {:?}", tally.refused);
    assert!(tally.count(Stage::Tag) * 5 >= cases, "too few came to the tag: {:?}", tally.refused);
}

/// What the test above would find.
#[test]
fn a_token_that_opens_is_a_hole_and_so_is_one_that_verifies() {
    let readers = Readers::new();
    for token in &readers.authentic {
        assert_eq!(readers.stage_of(token), Err(Hole::Opened));
    }
    let verified = crafted_under(&readers, &[2; HEADER]);
    assert_eq!(readers.stage_of(&verified), Err(Hole::Verified(Refusal::Flags)));
    let tally = on_all_threads(
        20,
        |readers, seed| {
            if seed == 7 { readers.authentic[0].clone() } else { mutant(readers, seed) }
        },
    );
    assert_eq!(tally.holes.len(), 1);
    assert!(tally.holes[0].starts_with("seed 7: Opened"), "{}", tally.holes[0]);
}

fn crafted_under(readers: &Readers, plaintext: &[u8]) -> String {
    let (kid, key) = &readers.keys[0];
    write(key, kid, &bound(), &[3; SALT], &[plaintext, b""], usize::MAX).unwrap()
}
