//! Whether what compares secrets takes as long wherever they differ: `npm run test:long -- constant-time`.
//!
//! The method is that of Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?" (DATE 2017,
//! <https://eprint.iacr.org/2016/1123>): inputs of two classes by turns that a coin decides, and Welch's t-test on what they
//! took. Each path is measured twice, with an early exit planted behind it and as it is. The first has to be found: only a
//! measurement that finds a leak of that size on that path says something about the path without it.
//!
//! It shows that no difference of a comparison's size is seen here, on this processor, with this compiler. It proves nothing:
//! what is much smaller than the planted leak passes, and so does what only other inputs, another processor or a cache
//! that somebody else fills would show.

#![forbid(unsafe_code)]

mod dudect;
mod subjects;

use dudect::{Classes, Random, measured};
use subjects::{MAC, Subject};

/// The least |t| that is a difference: "definitely not constant time" with the authors of the method.
const THRESHOLD: f64 = 10.0;
/// How often a result that is not as it should be is measured again. A leak is there each time, and chance is not.
const TRIES: u64 = 3;

type Mac = [u8; MAC];

/// What a forger learns from who knows how far his guess is right.
const FIRST_AND_LAST: Classes<Mac> = Classes { names: ["first byte", "last byte"], make: [in_the_first, in_the_last] };
/// The farthest from each other: as near to what is right as can be, and anywhere. With a token of its own for each input both
/// are the same to look at, which the method's fixed inputs are not: those a branch on their text tells too, and it may.
const NEAR_AND_FAR: Classes<Mac> = Classes { names: ["one bit", "at random"], make: [in_one_bit, at_random] };
/// Whether a comparison that holds takes as long as one that does not.
const RIGHT_AND_WRONG: Classes<Mac> = Classes { names: ["right", "wrong"], make: [right, in_the_last] };

fn in_the_first(mac: &mut Mac, random: &mut Random) {
    mac[0] ^= random.byte().max(1);
}

fn in_the_last(mac: &mut Mac, random: &mut Random) {
    mac[MAC - 1] ^= random.byte().max(1);
}

fn in_one_bit(mac: &mut Mac, _: &mut Random) {
    mac[MAC - 1] ^= 1;
}

fn at_random(mac: &mut Mac, random: &mut Random) {
    mac.fill_with(|| random.byte());
}

fn right(_: &mut Mac, _: &mut Random) {}

/// What the planted leak is: a comparison that ends where the texts differ.
#[inline(never)]
fn exits_early(one: &[u8], other: &[u8]) -> bool {
    for (one, other) in one.iter().zip(other) {
        if std::hint::black_box(one) != std::hint::black_box(other) {
            return false;
        }
    }
    one.len() == other.len()
}

/// Measures until `is_done`, or as often as it may, and gives every t.
fn read(subject: &Subject, classes: &Classes<Mac>, is_leaky: bool, is_done: impl Fn(f64) -> bool) -> Vec<f64> {
    let mut read = Vec::new();
    for seed in 0..TRIES {
        let make = |class: usize, random: &mut Random| {
            let right = subject.authentic();
            let mut mac = right.mac;
            (classes.make[class])(&mut mac, random);
            // What is right goes along, for the planted leak alone.
            [&right.with(&mac), right.input()].concat()
        };
        let run = |input: &[u8]| {
            let (presented, authentic) = input.split_at(input.len() / 2);
            subject.accepts(presented) | (is_leaky && exits_early(authentic, presented))
        };
        read.push(measured(make, run, subject.repeats, seed));
        if read.last().copied().is_some_and(&is_done) {
            break;
        }
    }
    let planted = if is_leaky { ", with a planted leak" } else { "" };
    println!("{}, {} or {}{planted}: t = {read:.1?}", subject.name, classes.names[0], classes.names[1]);
    read
}

fn is_optimised() -> bool {
    !cfg!(debug_assertions)
}

fn check(subject: &Subject, all: &[&Classes<Mac>]) {
    assert!(is_optimised(), "what is not optimised is not what is shipped: cargo test --release");
    subject.check();
    for classes in all {
        let planted = read(subject, classes, true, |t| t.abs() > THRESHOLD);
        let is_found = planted.last().is_some_and(|t| t.abs() > THRESHOLD);
        assert!(is_found, "No reading: the planted leak was not found, so the machine is too busy to tell");

        let found = read(subject, classes, false, |t| t.abs() <= THRESHOLD);
        // Chance has no side.
        let is_leak = [1.0, -1.0].iter().any(|side| found.iter().all(|t| t * side > THRESHOLD));
        assert!(!is_leak, "{}: the time tells {} from {}", subject.name, classes.names[0], classes.names[1]);
    }
}

#[test]
fn secret_bytes() {
    check(&subjects::secret_bytes(), &[&FIRST_AND_LAST, &NEAR_AND_FAR, &RIGHT_AND_WRONG]);
}

#[test]
fn the_commitment_of_ik1() {
    check(&subjects::ik1(), &[&FIRST_AND_LAST, &NEAR_AND_FAR]);
}

#[test]
fn the_mac_of_fe26_2() {
    check(&subjects::iron(), &[&FIRST_AND_LAST, &NEAR_AND_FAR]);
}

#[test]
fn the_mac_of_a_csrf_token() {
    check(&subjects::csrf(), &[&FIRST_AND_LAST, &NEAR_AND_FAR]);
}
