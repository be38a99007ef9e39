//! Stores: where sessions are kept of which the cookie holds only an id.
//!
//! [`SessionStore`] is the trait, with the numbered clauses that each store keeps.
//! A backend is one file here, and does not know the others. `conformance` checks each clause on each of them.

#![forbid(unsafe_code)]

pub mod memory;
pub mod record;
#[cfg(feature = "redis")]
pub mod redis;
pub mod resilient;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(test)]
mod conformance;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::session::id::{StoreKey, Tag};
use record::{Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version};

/// What a call to a store gives. Dropping it gives the call up: it is then done as a whole or not at all.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Where sessions are kept. `examples/custom_store.rs` is a complete one, to start from.
///
/// # The clauses
///
/// - **S1** `create` never overwrites: a key that is taken, or has a tombstone, stays as it is.
/// - **S2** `load`, `save`, `touch`, `regenerate`, `list` and `count` treat an expired record as absent, whether it was swept
///   or not.
/// - **S3** `save` changes only the version that it expects. On another one it gives the current record, on none
///   [`Saved::NotFound`]; it never creates.
/// - **S4** `delete` is idempotent, wins over a concurrent `save`, and leaves a tombstone: until that has passed, no write
///   makes a record of this key, and `load` says [`Loaded::Ended`].
/// - **S5** Lifetimes are durations, stamped by the backend's clock. `touch` never creates, never passes the absolute end,
///   never lowers `last_seen_at`, and leaves the version as it is.
/// - **S6** Data comes back as it was given, from none to the cap. Over it, nothing is written: `ERR_SESSION_TOO_LARGE`.
/// - **S7** Of two creations of one key, one wins. An import goes from absent to open to done, and never back: all who race for
///   it meet one tag, and its record is created only while it is open, which ends it.
/// - **S8** A persistent store has its records after it was closed and opened again.
/// - **S9** After `close` every call fails with `ERR_STORE_CLOSED`. `close` may be called again.
/// - **S10** `list`, `count` and `revoke` find every session of the user, and no other.
/// - **S11** A call that is dropped, or comes too late, leaves no half-written record and no leaked connection.
/// - **S12** `delete_expired` removes at most as many as it is told, and says how many.
/// - **S13** `regenerate` ends the old session and begins the new one, never two live ones; when it fails, the old one is as it
///   was. A cap holds exactly, and who was revoked makes no session with an older proof of who they are.
///
/// # Time
///
/// `now` is the caller's time. A store with a clock of its own, which several machines share, uses that instead and ignores
/// `now`. A store on a file that several processes share sweeps only what both `now` and the system's clock call expired.
///
/// # Errors
///
/// Besides those of the clauses: `ERR_STORE_UNAVAILABLE` when the outcome is not known or the backend does not answer,
/// `ERR_STORE_TIMEOUT` when it did not in time, `ERR_STORE_CORRUPT` when what it holds cannot be read, `ERR_STORE_VERSION` when
/// a newer Ironkeep wrote it.
pub trait SessionStore: Send + Sync {
    /// Makes a session (S1, S7, S13).
    fn create(&self, now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created>;

    /// What is under this key (S2, S4).
    fn load(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded>;

    /// Changes the session that has this version (S3).
    fn save(&self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved>;

    /// Begins the idle time of a session again (S5). Gives its end, `None` when there is no such session.
    fn touch(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>>;

    /// Ends a session, and leaves a tombstone for this long even when there was none (S4). Says whether there was one.
    fn delete(&self, now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool>;

    /// Ends the session under `from`, if it has this version, and makes `new` under `to` (S13).
    fn regenerate(
        &self,
        now: Timestamp,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> StoreFuture<'_, Regenerated>;

    /// The sessions of a user, the oldest first (S10).
    fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>>;

    /// How many sessions a user has (S10).
    fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64>;

    /// Ends the sessions of a user, and refuses new ones to who proved who they are before now (S10, S13). Says how many ended.
    fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64>;

    /// Begins the import of a sealed session, or says how far it has come. The tag is the one that its id gets if this call
    /// begins it. The marker is kept for `keep` from each such call on, and is never evicted.
    fn begin_import(&self, now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import>;

    /// Ends an import for good, whether it was begun or not: no record is created for it from now on.
    fn end_import(&self, now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()>;

    /// Removes at most `limit` expired records, tombstones and markers (S12). Says how many records of sessions it removed.
    fn delete_expired(&self, now: Timestamp, limit: u32) -> StoreFuture<'_, u64>;

    /// Several loads in one call, in the order of the keys.
    fn load_many(&self, now: Timestamp, keys: Vec<StoreKey>) -> StoreFuture<'_, Vec<Loaded>> {
        Box::pin(async move {
            let mut loaded = Vec::with_capacity(keys.len());
            for key in keys {
                loaded.push(self.load(now, key).await?);
            }
            Ok(loaded)
        })
    }

    /// Several deletions in one call, each of which is done as a whole or not at all. Says how many sessions there were.
    fn delete_many(&self, now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            let mut deleted = 0;
            for key in keys {
                deleted += u64::from(self.delete(now, key, tombstone).await?);
            }
            Ok(deleted)
        })
    }

    /// Ends the store: what was acknowledged is kept as the backend keeps it (S8, S9).
    fn close(&self) -> StoreFuture<'_, ()>;
}
