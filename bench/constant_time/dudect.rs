//! Two classes of inputs, how long each takes, and Welch's t of both. As in the authors' own dudect.h.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How many inputs are measured.
const MEASURED: usize = 400_000;
/// How many are made before they are measured: making one must not be seen in the next measurement.
const BATCH: usize = 1000;
/// Where the slow end is cut off: at these shares of the fastest, ever nearer to all of them. What interrupts a
/// measurement is rare and long, and a leak is small and there every time.
const CROPS: i32 = 100;
/// The least number of measurements of a class that a t is made of.
const ENOUGH: f64 = 10_000.0;

/// Two classes of inputs: each changes what is right.
pub(crate) struct Classes<T> {
    pub(crate) names: [&'static str; 2],
    pub(crate) make: [fn(&mut T, &mut Random); 2],
}

/// Randomness that a seed repeats: `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()[0]
    }
}

/// Measures `run` on inputs of both classes, and gives the t that is farthest from 0: positive where the first class takes
/// longer. `make` gives an input of a class; all inputs have one length, and are looked at in one place.
pub(crate) fn measured(
    make: impl Fn(usize, &mut Random) -> Vec<u8>,
    run: impl Fn(&[u8]) -> bool,
    repeats: u32,
    seed: u64,
) -> f64 {
    let mut random = Random(seed);
    let mut place = make(0, &mut random);
    // Both classes stand in the same memory: where an input comes from must not tell its class.
    let mut inputs = vec![(0, place.clone()); BATCH];
    let mut times: Vec<(usize, f64)> = Vec::with_capacity(MEASURED);
    let mut is_warm = false;
    while times.len() < MEASURED {
        for (class, input) in &mut inputs {
            // Both are made, so that making them takes as long for either.
            let both = [make(0, &mut random), make(1, &mut random)];
            *class = usize::from(random.byte() & 1);
            input.copy_from_slice(&both[*class]);
        }
        for (class, input) in &inputs {
            place.copy_from_slice(input);
            let taken = time_of(&run, black_box(&place), repeats);
            if is_warm {
                times.push((*class, taken.as_secs_f64() * 1e9));
            }
        }
        is_warm = true;
    }
    farthest_t(&times)
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn time_of(run: impl Fn(&[u8]) -> bool, input: &[u8], repeats: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..repeats {
        black_box(run(black_box(input)));
    }
    start.elapsed()
}

/// The t that is farthest from 0, of all measurements and of the fastest of them.
fn farthest_t(times: &[(usize, f64)]) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let limits = (1..=CROPS).map(|crop| limit(&sorted, 1.0 - 0.5_f64.powf(f64::from(10 * crop) / f64::from(CROPS))));
    limits
        .chain([f64::INFINITY])
        .map(|limit| t_of(times.iter().filter(|(_, time)| *time < limit)))
        .max_by(|one, other| one.abs().total_cmp(&other.abs()))
        .unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a place in a list that is far shorter than 2^52"
)]
fn limit(sorted: &[f64], share: f64) -> f64 {
    sorted[(sorted.len() as f64 * share) as usize]
}

/// How many values there are of a class, their mean, and the sum of the squares of their distances from it (Welford).
#[derive(Default, Clone, Copy)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let distance = value - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (value - self.mean);
    }

    /// The variance of the mean.
    fn error(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Welch's t, 0 where there is too little to tell.
fn t_of<'a>(times: impl Iterator<Item = &'a (usize, f64)>) -> f64 {
    let mut classes = [Moments::default(); 2];
    for (class, time) in times {
        classes[*class].add(*time);
    }
    let [one, other] = classes;
    let error = (one.error() + other.error()).sqrt();
    if one.count < ENOUGH || other.count < ENOUGH || error == 0.0 { 0.0 } else { (one.mean - other.mean) / error }
}

#[test]
fn t_is_welchs() {
    // 10,000 of each class: means 11 and 10, and each is as often one below as one above its mean.
    let times: Vec<(usize, f64)> = (0..20_000u32)
        .map(|index| {
            let class = index % 2;
            let around = if index / 2 % 2 == 0 { 1.0 } else { -1.0 };
            (class as usize, f64::from(11 - class) + around)
        })
        .collect();
    let expected = 1.0 / (2.0 * (10_000.0 / 9_999.0) / 10_000.0_f64).sqrt();
    assert!((t_of(times.iter()) - expected).abs() < 1e-6);
    assert!(t_of(times[..19_998].iter()).abs() < f64::EPSILON, "too few");
}
