//! What any store gains against outages: calls that may be made again are, within a budget, and a store that fails too often is
//! left alone for a while.
//!
//! - **Repetitions**: at most 2 of a call, each after a random part of 25 ms, then of 50 ms; at most 4 and a tenth of all calls
//!   together, looks at what became of a write included, so that an outage is not answered with several times the load; none that would begin after the call's end. Reads,
//!   and writes that do the same however often they are made, are repeated after every outage. Other writes are where nothing was
//!   done for sure; `create` and `save` also where the record's write token shows it.
//! - **The breaker**: when half of at least 20 calls within 10 s failed, calls fail at once for 5 s. Then 3 calls try the store: if
//!   all succeed it closes, and at the first that does not it opens again for twice as long, at most 60 s.
//! - **Failures** are outages, calls that came too late, and slow ones, whatever they came to. What the store refuses by its clauses,
//!   such as a conflict, is none. Nor is what never left this process, unless that took long: it costs the backend nothing, and a
//!   connection has pauses of its own, so that it is back sooner than a breaker.
//!
//! Dropping a call counts it as late if its end has passed, and else not at all.

#![forbid(unsafe_code)]

mod budget;
mod calls;

mod proof;
mod repeat;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{Monotonic, Timestamp};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{
    Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version,
};
use crate::store::{SessionStore, StoreFuture};
use calls::Core;
use repeat::Repeat;

pub use crate::breaker::{Limits, Phase};

/// How a store is made resilient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How often a call may be made again: 2.
    pub retries: u32,
    /// From how long on a call counts as a failure: 500 ms.
    pub slow: Duration,
    /// When the breaker opens and closes.
    pub breaker: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { retries: 2, slow: Duration::from_millis(500), breaker: Limits::default() }
    }
}

/// What a pause is waited for by.
pub type Sleep = Box<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Gives numbers from 0 to 1.
pub type Random = Box<dyn Fn() -> f64 + Send + Sync>;

/// What a store needs of the world around it.
pub struct Surroundings {
    /// What calls and the breaker are timed by.
    pub clock: Monotonic,
    /// What pauses are waited for by.
    pub sleep: Sleep,
    /// Which part of the longest pause is taken.
    pub random: Random,
}

/// Numbers that differ from process to process. They are no secret.
#[must_use]
pub fn random() -> Random {
    let (hasher, count) = (RandomState::new(), AtomicU64::new(0));
    Box::new(move || {
        let bits = hasher.hash_one(count.fetch_add(1, Ordering::Relaxed)) >> 32;
        u32::try_from(bits).map_or(0.0, |bits| f64::from(bits) / f64::from(u32::MAX))
    })
}

/// How a store fares. The counts are those since it was made, by all who share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What the breaker does with calls.
    pub phase: Phase,
    /// How long it stays open from now on.
    pub open_for: Duration,
    /// How often it has opened.
    pub opened: u64,
    /// Calls of the last 10 s by which the breaker judges.
    pub recent_calls: u64,
    /// How many of them failed.
    pub recent_failures: u64,
    /// Calls.
    pub calls: u64,
    /// How often the store was asked for them.
    pub attempts: u64,
    /// How many of those were repetitions.
    pub repeated: u64,
    /// How many attempts met an outage.
    pub failed: u64,
    /// How many took too long, whatever they came to.
    pub slow: u64,
    /// How many did not reach the backend.
    pub unreached: u64,
    /// How many calls the breaker refused.
    pub refused: u64,
}

/// A store that makes the best of another's outages.
#[derive(Clone)]
pub struct Resilient {
    core: Arc<Core>,
    ends: Option<Duration>,
}

impl Resilient {
    /// Makes a store resilient.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, options: Options, around: Surroundings) -> Self {
        Self { core: Arc::new(Core::new(store, options, around)), ends: None }
    }

    /// The same store for calls that have this long from now on: they are dropped then by who makes them, and not repeated.
    #[must_use]
    pub fn within(&self, deadline: Option<Duration>) -> Self {
        let ends = deadline.map(|deadline| self.core.now().saturating_add(deadline));
        Self { core: Arc::clone(&self.core), ends }
    }

    /// How it fares.
    #[must_use]
    pub fn status(&self) -> Status {
        self.core.status()
    }

    fn call<'a, T, F>(&'a self, repeat: Repeat, make: F) -> StoreFuture<'a, T>
    where
        T: Send + 'a,
        F: Fn(&'a dyn SessionStore) -> StoreFuture<'a, T> + Send + Sync + 'a,
    {
        let store: &dyn SessionStore = &*self.core.store;
        Box::pin(self.core.call(self.ends, repeat, move || make(store)))
    }
}

impl SessionStore for Resilient {
    fn create(&self, now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created> {
        Box::pin(proof::create(&self.core, self.ends, now, key, new))
    }

    fn load(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded> {
        self.call(Repeat::Always, move |store| store.load(now, key))
    }

    fn save(&self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved> {
        Box::pin(proof::save(&self.core, self.ends, now, key, expected, change))
    }

    fn touch(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>> {
        self.call(Repeat::Always, move |store| store.touch(now, key))
    }

    /// Not after an unknown outcome: the second one would say that there was no session.
    fn delete(&self, now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool> {
        self.call(Repeat::IfNothingWasDone, move |store| store.delete(now, key, tombstone))
    }

    fn regenerate(
        &self,
        now: Timestamp,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> StoreFuture<'_, Regenerated> {
        // Across tags it is several steps, of which the first may be done.
        let repeat = if from.tag() == to.tag() { Repeat::IfNothingWasDone } else { Repeat::Never };
        self.call(repeat, move |store| store.regenerate(now, from, expected, to, new.clone(), tombstone))
    }

    fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        self.call(Repeat::Always, move |store| store.list(now, user))
    }

    fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
        self.call(Repeat::Always, move |store| store.count(now, user))
    }

    fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
        self.call(Repeat::IfNothingWasDone, move |store| store.revoke(now, user, revocation))
    }

    fn begin_import(&self, now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import> {
        self.call(Repeat::Always, move |store| store.begin_import(now, import, tag, keep))
    }

    fn end_import(&self, now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()> {
        self.call(Repeat::Always, move |store| store.end_import(now, import, keep))
    }

    fn delete_expired(&self, now: Timestamp, limit: u32) -> StoreFuture<'_, u64> {
        self.call(Repeat::IfNothingWasDone, move |store| store.delete_expired(now, limit))
    }

    fn load_many(&self, now: Timestamp, keys: Vec<StoreKey>) -> StoreFuture<'_, Vec<Loaded>> {
        self.call(Repeat::Always, move |store| store.load_many(now, keys.clone()))
    }

    /// Never again: what failed may be one of them, after others were done.
    fn delete_many(&self, now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> StoreFuture<'_, u64> {
        self.call(Repeat::Never, move |store| store.delete_many(now, keys.clone(), tombstone))
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        self.core.close();
        self.core.store.close()
    }
}
