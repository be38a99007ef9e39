//! What a million sessions take in the memory store, and how fast it is on one thread. Every other one has a user, who has two.
//!
//! `cargo run --release --no-default-features --example resident_sessions [SESSIONS] [BYTES]`. Memory is read where there is a
//! `/proc`; operations are timed by the wall, so other work on the machine shows.

#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;

use ironkeep::clock::{Monotonic, Timestamp, monotonic};
use ironkeep::error::Result;
use ironkeep::session::id::{SessionId, StoreKey, Tag};
use ironkeep::store::memory::{MemoryOptions, MemoryStore};
use ironkeep::store::record::{Change, Lifetime, NewRecord, WriteToken};
use ironkeep::store::{SessionStore, StoreFuture};

/// What a record is said to take beside its data, as the bench of all stores counts it.
const RECORD: f64 = 128.0;

#[expect(clippy::cast_precision_loss, reason = "no count of bytes here is past 2^53")]
fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let sessions: u32 = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    let length: usize = arguments.next().map_or(Ok(500), |bytes| bytes.parse())?;
    let (max_bytes, max_entries) = (u64::MAX, u32::MAX);
    let store = MemoryStore::new(MemoryOptions { max_bytes, max_entries, ..MemoryOptions::default() })?;
    let now = Timestamp::from_millis(1_700_000_000_000.0);
    let keys = (0..sessions).map(|n| key(user(n).as_deref())).collect::<Result<Vec<StoreKey>>>()?;
    let clock = monotonic();

    let before = resident();
    timed("create", &clock, &keys, |n, key| store.create(now, key, new_record(user(n), length)))?;
    if let (Some(before), Some(after)) = (before, resident()) {
        let each = (after - before) / f64::from(sessions);
        let raw = length as f64 + RECORD;
        println!("{each:.0} resident bytes for each session, {:.3} times {raw} raw ones", each / raw);
        println!("{:.0} bytes for each are counted", store.held_bytes() as f64 / f64::from(sessions));
    }
    timed("load", &clock, &keys, |_, key| store.load(now, key))?;
    timed("touch", &clock, &keys, |_, key| store.touch(now.plus(Duration::from_secs(1)), key))?;
    timed("save", &clock, &keys, |_, key| store.save(now, key, 1, change(length)))?;
    timed("delete", &clock, &keys, |_, key| store.delete(now, key, Duration::from_mins(1)))?;
    let start = clock();
    let later = now.plus(Duration::from_secs(61));
    ready(store.delete_expired(later, u32::MAX))?;
    println!("a sweep of all tombstones: {:?}", clock().saturating_sub(start));
    Ok(())
}

/// Times a call for each key, in an order that no cache foresees.
#[expect(clippy::cast_precision_loss, reason = "no count of calls is past 2^53")]
fn timed<'a, T>(
    what: &str,
    clock: &Monotonic,
    keys: &[StoreKey],
    call: impl Fn(u32, StoreKey) -> StoreFuture<'a, T>,
) -> Result<()> {
    let (start, mut longest) = (clock(), Duration::ZERO);
    let mut last = start;
    for n in 0..keys.len() {
        let n = n.wrapping_mul(7_919) % keys.len();
        ready(call(u32::try_from(n).unwrap_or_default(), keys[n]))?;
        let at = clock();
        longest = longest.max(at.saturating_sub(last));
        last = at;
    }
    let rate = keys.len() as f64 / last.saturating_sub(start).as_secs_f64();
    println!("{what}: {rate:.0} a second, the longest {longest:?}");
    Ok(())
}

/// The futures of this store never wait.
fn ready<T>(mut future: StoreFuture<'_, T>) -> Result<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}

fn user(n: u32) -> Option<String> {
    n.is_multiple_of(2).then(|| format!("user{}", n / 4))
}

fn key(user: Option<&str>) -> Result<StoreKey> {
    let tag = user.map_or_else(Tag::random, |user| Ok(Tag::of_user(user)))?;
    Ok(SessionId::random(tag)?.key())
}

fn new_record(user: Option<String>, length: usize) -> NewRecord {
    NewRecord {
        data: vec![b'x'; length],
        write_token: WriteToken([1; 16]),
        user,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: Duration::from_hours(24), idle: Some(Duration::from_hours(1)) },
        label: None,
        cap: None,
        import: None,
    }
}

fn change(length: usize) -> Change {
    Change { data: vec![b'y'; length], write_token: WriteToken([2; 16]), lifetime: None, label: None }
}

/// Bytes of this process in memory.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim()
        .trim_end_matches(" kB")
        .parse::<f64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024.0)
}
