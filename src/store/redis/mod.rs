//! Sessions in Redis.
//!
//! Each operation is one script on one slot, by the server's clock; a load is commands, as it only reads; what concerns two tags is several, in an order in which no
//! session lives twice. How servers are reached is [`crate::redis`]'s.
//!
//! What an acknowledged write survives is as the server's own persistence is set; a failover may lose the newest writes.
//! What has expired is removed by Redis itself.

#![forbid(unsafe_code)]

mod arguments;
mod calls;
mod clock;
mod imports;
mod keys;
mod many;
mod moving;
mod options;
mod reply;
mod scripts;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::redis::{Executor, Redis};
use crate::session::id::{StoreKey, Tag};

use super::record::{
    Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version,
};
use super::{SessionStore, StoreFuture};
use calls::{Call, Frame};
use clock::{Clock, SERVER_CLOCK};
use scripts::Scripts;

pub use options::Options;

/// A store on Redis.
pub struct RedisStore {
    redis: Redis,
    frame: Arc<Frame>,
}

impl RedisStore {
    /// A store on the servers that the options name. Nothing is connected to, and no thread started, before the first call.
    ///
    /// # Errors
    /// `ERR_CONFIG` that names the option that is wrong.
    pub fn new(options: &Options) -> Result<Self> {
        Self::with_clock(options, SERVER_CLOCK)
    }

    fn with_clock(options: &Options, clock: Clock) -> Result<Self> {
        // In a Cluster nobody else hears of a slot's channel than who asked its node for it.
        let publish = if options.redis.topology.is_cluster() { "SPUBLISH" } else { "PUBLISH" };
        let frame = Frame {
            scripts: Scripts::new(clock.script, options.publish.then_some(publish)),
            clock,
            prefix: options.redis.prefix.clone(),
            max_data: options.max_data,
        };
        Ok(Self { redis: Redis::new(&options.redis)?, frame: Arc::new(frame) })
    }

    /// What an operator ought to know of the server, once one was connected to: that it may evict sessions.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.redis.warning()
    }

    /// The thread of the connections, for calls that are to run there as a whole; `None` after it was closed.
    ///
    /// # Errors
    /// `ERR_BUSY` when the system gives no thread.
    pub fn executor(&self) -> Result<Option<Executor>> {
        self.redis.executor()
    }

    /// A call, which begins when it is first waited for.
    fn call<T, W, F>(&self, work: F) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
        F: FnOnce(Call) -> W + Send + 'static,
    {
        let frame = Arc::clone(&self.frame);
        Box::pin(self.redis.call(move |redis| work(Call { redis, frame })))
    }
}

impl SessionStore for RedisStore {
    fn create(&self, _now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created> {
        self.call(move |call| async move { call.create(key, new).await })
    }

    fn load(&self, _now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded> {
        self.call(move |call| async move { call.load(key).await })
    }

    fn save(&self, _now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved> {
        self.call(move |call| async move { call.save(key, expected, change).await })
    }

    fn touch(&self, _now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>> {
        self.call(move |call| async move { call.touch(key).await })
    }

    fn delete(&self, _now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool> {
        self.call(move |call| async move { call.delete(key, tombstone).await })
    }

    fn regenerate(
        &self,
        _now: Timestamp,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> StoreFuture<'_, Regenerated> {
        self.call(move |call| async move { call.regenerate(from, expected, to, new, tombstone).await })
    }

    fn list<'a>(&'a self, _now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        let user = user.to_owned();
        self.call(move |call| async move { call.list(user).await })
    }

    fn count<'a>(&'a self, _now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
        let user = user.to_owned();
        self.call(move |call| async move { call.count(user).await })
    }

    fn revoke<'a>(&'a self, _now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
        let user = user.to_owned();
        self.call(move |call| async move { call.revoke(user, revocation).await })
    }

    fn begin_import(&self, _now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import> {
        self.call(move |call| async move { call.begin_import(import, tag, keep).await })
    }

    fn end_import(&self, _now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()> {
        self.call(move |call| async move { call.end_import(import, keep).await })
    }

    fn load_many(&self, _now: Timestamp, keys: Vec<StoreKey>) -> StoreFuture<'_, Vec<Loaded>> {
        self.call(move |call| async move { call.load_many(keys).await })
    }

    fn delete_many(&self, _now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> StoreFuture<'_, u64> {
        self.call(move |call| async move { call.delete_many(keys, tombstone).await })
    }

    /// Nothing: Redis removes what has expired by itself.
    fn delete_expired(&self, _now: Timestamp, _limit: u32) -> StoreFuture<'_, u64> {
        self.call(|_| async { Ok(0) })
    }

    /// Waits for calls under way, each of which has a deadline.
    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.redis.close().await;
            Ok(())
        })
    }
}
