//! Seal and unseal in Rust alone: no Node, no JSON, no crossing. `npm run bench -- core` prints it.
//!
//! Criterion measures the CPU time of the thread and not the time that passes: on a machine that is shared the latter
//! tells how busy the neighbours are. Each operation takes the next of many payloads or tokens, as a server does.

#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "what criterion's macros make public has none")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has to stop")]

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ironkeep::clock::{Timestamp, stopped};
use ironkeep::seal::ik1::{Ik1, Ik1Options};
use ironkeep::seal::iron::Iron;
use ironkeep::seal::iron::options::{HalfOptions, IronOptions, Rounds, SaltPolicy};
use ironkeep::seal::key_cache::KeyUse;
use ironkeep::seal::keyring::{Keyring, MapRules, PasswordSpec};
use ironkeep::seal::password::{RawPassword, RawSecret};
use ironkeep::seal::ring::{KeySource, Ring, RingEntry};
use ironkeep::seal::shared::Shared;
use ironkeep::seal::{Attempt, Bound, SealFormat};
use rustix::time::{ClockId, clock_gettime};

/// Bytes of a session's JSON.
const SIZES: [usize; 3] = [200, 1024, 3072];
/// PBKDF2 iterations by generation.
const GENERATIONS: [(&str, u32); 2] = [("generation 1", 1), ("generation 2", 8192)];
/// Distinct payloads and tokens, as many as the other areas have.
const SESSIONS: usize = 10_000;
const NOW: f64 = 1_795_000_000_000.0;

/// The CPU time of the calling thread.
struct ThreadCpu;

impl ThreadCpu {
    fn now() -> Duration {
        clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
    }
}

impl Measurement for ThreadCpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::now()
    }

    fn end(&self, start: Duration) -> Duration {
        Self::now().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        const { &WallTime }.formatter()
    }
}

const SECRET: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";

fn shared() -> Arc<Shared> {
    Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok()), stopped()).unwrap()
}

/// A sealer of ik1 with a ring of one key.
fn ik1() -> Arc<dyn SealFormat> {
    let secret = RawSecret::Text(SECRET.to_owned().into());
    let entry = RingEntry { id: "k1".into(), secret, seal_from: Timestamp::from_millis(0.0) };
    Ik1::new(Ring::new(vec![entry], shared()).unwrap(), Ik1Options::default(), None)
}

/// A sealer as `ironkeep/h3` makes them: the generation's iterations are written, those of both are read.
fn iron(iterations: u32) -> Arc<dyn SealFormat> {
    let shared = shared();
    let half = || Some(RawSecret::Text(SECRET.to_owned().into()));
    let password = RawPassword { id: String::new(), encryption: half(), integrity: half() };
    let spec = PasswordSpec::Positional(vec![password]);
    let half_options = |usage| HalfOptions { usage, salt_bits: 256, iterations, min_password_len: 32 };
    let both = |(_, iterations)| Rounds { encryption: iterations, integrity: iterations };
    let options = IronOptions {
        encryption: Ok(half_options(KeyUse::Aes256Cbc)),
        integrity: Ok(half_options(KeyUse::Integrity)),
        ttl_ms: 0.0,
        skew_ms: 60_000.0,
        offset_ms: 0.0,
        also_opens: GENERATIONS.map(both).into(),
        salts: SaltPolicy::Epoch,
        max_token_chars: 64 * 1024,
    };
    let keyring = Keyring::new(spec, MapRules::Session, shared.process()).unwrap();
    Iron::new(KeySource::Fixed(Arc::new(keyring)), options, shared)
}

/// Text of `size` bytes that differs by `index`.
fn payload(index: usize, size: usize) -> Vec<u8> {
    format!("{{\"id\":{index},\"data\":\"{:x<size$}\"}}", "").into_bytes()[..size].to_vec()
}

fn ready<T>(attempt: Attempt<T>) -> T {
    match attempt {
        Attempt::Ready(value) => Some(value),
        Attempt::NeedsKey => None,
    }
    .unwrap()
}

/// Derives the keys that sealing lacks, so that only warm calls are measured.
fn warm(format: &Arc<dyn SealFormat>, bound: &Bound, now: Timestamp) {
    if format.try_seal(b"{}", bound, now).unwrap() == Attempt::NeedsKey {
        let (sender, receiver) = mpsc::channel();
        Arc::clone(format).request_seal_key(bound, now, Box::new(move |outcome| sender.send(outcome).unwrap()));
        receiver.recv().unwrap().unwrap();
    }
}

fn bench(criterion: &mut Criterion<ThreadCpu>) {
    let now = Timestamp::from_millis(NOW);
    let bound = Bound { purpose: "session".into(), name: "h3".into(), audience: String::new() };
    let generations = GENERATIONS.map(|(name, iterations)| (name, iron(iterations)));
    for (name, format) in generations.into_iter().chain([("ik1", ik1())]) {
        warm(&format, &bound, now);
        for size in SIZES {
            let seal = |payload: &Vec<u8>| ready(format.try_seal(black_box(payload), &bound, now).unwrap());
            let unseal = |token: &String| ready(format.try_unseal(black_box(token), &bound, now).unwrap()).payload;
            // Lazy: most of them are not asked for when a filter is given.
            let payloads = LazyCell::new(|| (0..SESSIONS).map(|index| payload(index, size)).collect::<Vec<_>>());
            let tokens = LazyCell::new(|| {
                let tokens: Vec<_> = payloads.iter().map(seal).collect();
                assert!(
                    tokens.iter().map(unseal).eq(payloads.iter().cloned()),
                    "a token does not hold what was sealed"
                );
                tokens
            });

            let mut group = criterion.benchmark_group(name);
            let mut turn = (0..SESSIONS).cycle();
            group.bench_function(BenchmarkId::new("seal", size), |bencher| {
                let payloads = &*payloads;
                bencher.iter(|| turn.next().map(|index| seal(&payloads[index])));
            });
            group.bench_function(BenchmarkId::new("unseal", size), |bencher| {
                let tokens = &*tokens;
                bencher.iter(|| turn.next().map(|index| unseal(&tokens[index])));
            });
            group.finish();
        }
    }
}

criterion_group! {
    name = core;
    config = Criterion::default().with_measurement(ThreadCpu).without_plots();
    targets = bench
}
criterion_main!(core);
