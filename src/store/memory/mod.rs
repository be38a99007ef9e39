//! Sessions in the memory of this process, off JavaScript's heap.
//!
//! A store is 256 shards by the first byte of the keys' tags, so that all sessions of a user are behind one lock and each call
//! is one step. It is bounded in bytes and in entries; see [`WhenFull`] for what happens at the bound.
//!
//! What an acknowledged write survives: nothing; with a snapshot: the last snapshot.

#![forbid(unsafe_code)]

mod due;
mod full;
mod imports;
mod many;
mod options;
mod part;
mod room;
mod session;
mod shard;
mod snapshot;
mod table;
mod time;
mod users;

#[cfg(test)]
mod tests;

use std::future::ready;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{
    Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version,
};
use crate::store::{SessionStore, StoreFuture};
use imports::Imports;
pub use options::{MemoryOptions, WhenFull};
use part::{Held, Pair, Part};
use room::{Full, Room, Size};
use shard::{Call, Shard};
use snapshot::Snapshots;
use time::millis;

const SHARDS: usize = 256;
const IMPORT_PARTS: usize = 16;

/// A [`SessionStore`] in memory. Its times are whole milliseconds, and its futures ready when they are made: but for those of
/// `delete_expired`, `load_many` and `delete_many`, which go on in parts, and that of `close`, which writes the last snapshot
/// when it is polled, and waits for the disk.
pub struct MemoryStore {
    options: MemoryOptions,
    room: Room,
    /// Hashes the names of users.
    names: RandomState,
    shards: Box<[Part<Shard>]>,
    /// Locked after shards.
    imports: Box<[Part<Imports>]>,
    closed: AtomicBool,
    /// Where the next sweep begins, and what was picked at random.
    turn: AtomicU64,
    snapshots: Option<Snapshots>,
}

impl MemoryStore {
    /// A store.
    ///
    /// # Errors
    /// `ERR_CONFIG` for bounds that make no sense.
    pub fn new(options: MemoryOptions) -> Result<Self> {
        options.check()?;
        let room = Room::new(Size { bytes: options.max_bytes, entries: options.max_entries.into() });
        Ok(Self {
            options,
            room,
            names: RandomState::new(),
            shards: (0..SHARDS).map(|_| Part::new(Shard::new())).collect(),
            imports: (0..IMPORT_PARTS).map(|_| Part::new(Imports::new())).collect(),
            closed: AtomicBool::new(false),
            turn: AtomicU64::new(0),
            snapshots: None,
        })
    }

    /// The bytes that count towards `max_bytes`: at least what the store takes.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        self.room.held().bytes
    }

    /// The sessions, tombstones and markers that count towards `max_entries`, expired ones included.
    #[must_use]
    pub fn held_entries(&self) -> u64 {
        self.room.held().entries
    }

    fn call(&self, now: Timestamp) -> Call<'_> {
        Call { now: millis(now), room: &self.room, names: &self.names }
    }

    /// The shard of a tag. Whether the store was closed is asked behind the lock.
    fn shard(&self, tag: Tag) -> Result<Held<'_, Shard>> {
        let shard = self.shards[shard_of(tag)].hold();
        self.check_open()?;
        Ok(shard)
    }

    fn import(&self, import: &ImportKey) -> Result<Held<'_, Imports>> {
        let part = self.import_part(import).hold();
        self.check_open()?;
        Ok(part)
    }

    fn import_part(&self, import: &ImportKey) -> &Part<Imports> {
        &self.imports[import.0[0] as usize % IMPORT_PARTS]
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) { Err(Error::StoreClosed) } else { Ok(()) }
    }

    fn check_size(&self, length: usize) -> Result<()> {
        let limit = self.options.max_data;
        if length > limit { Err(Error::SessionTooLarge { length, limit }) } else { Ok(()) }
    }

    fn check_new(&self, key: &StoreKey, new: &NewRecord) -> Result<()> {
        self.check_size(new.data.len())?;
        self.check_size(new.label.as_deref().map_or(0, str::len))?;
        let Some(user) = new.user.as_deref() else { return Ok(()) };
        self.check_size(user.len())?;
        // A session in another shard would be missing from its user's list, and survive their revocation.
        if key.tag() != Tag::of_user(user) {
            return Err(Error::Config("A session of a user has to have the user's tag in its key"));
        }
        Ok(())
    }

    /// Repeats a step until there is room for it.
    fn with_room<T>(
        &self,
        call: Call,
        spare: Option<&StoreKey>,
        mut step: impl FnMut() -> Result<Result<T, Full>>,
    ) -> Result<T> {
        loop {
            match step()? {
                Ok(done) => return Ok(done),
                Err(Full(need)) => self.make_room(call, need, spare)?,
            }
        }
    }

    fn create_now(&self, now: Timestamp, key: StoreKey, mut new: NewRecord) -> Result<Created> {
        self.check_open()?;
        self.check_new(&key, &new)?;
        let call = self.call(now);
        self.with_room(call, None, || {
            let _gate = self.snapshots.as_ref().filter(|_| new.import.is_some()).map(Snapshots::enter);
            let mut shard = self.shard(key.tag())?;
            self.create_in(call, &mut shard, key, &mut new, None)
        })
    }

    /// Creates in a shard that is locked. The session `leaving` ends afterwards.
    fn create_in(
        &self,
        call: Call,
        shard: &mut Shard,
        key: StoreKey,
        new: &mut NewRecord,
        leaving: Option<&StoreKey>,
    ) -> Result<Result<Created, Full>> {
        if let Some(taken) = shard.taken(call, &key) {
            return Ok(Ok(taken));
        }
        let mut import = match new.import {
            None => None,
            Some(import) => {
                let part = self.import(&import)?;
                if !part.is_open(call, &import, key.tag()) {
                    return Ok(Ok(Created::Ended));
                }
                Some((part, import))
            }
        };
        if let Some(refused) = shard.refused(call, new, leaving) {
            return Ok(Ok(refused));
        }
        let created = shard.insert(call, key, new, leaving);
        if let Ok(Created::Done { evicted, .. }) = &created {
            if let Some((part, import)) = &mut import {
                part.finish(import);
            }
            if let Some(snapshots) = &self.snapshots {
                snapshots.note(&key, leaving, evicted, new.import);
            }
        }
        Ok(created)
    }

    fn load_now(&self, now: Timestamp, key: &StoreKey) -> Result<Loaded> {
        Ok(self.shard(key.tag())?.load(self.call(now), key))
    }

    fn delete_now(&self, now: Timestamp, key: &StoreKey, tombstone: Duration) -> Result<bool> {
        let call = self.call(now);
        self.with_room(call, None, || Ok(self.shard(key.tag())?.end(call, key, tombstone)))
    }

    fn save_now(&self, now: Timestamp, key: StoreKey, expected: Version, mut change: Change) -> Result<Saved> {
        self.check_open()?;
        self.check_size(change.data.len())?;
        self.check_size(change.label.as_deref().map_or(0, str::len))?;
        let call = self.call(now);
        self.with_room(call, Some(&key), || Ok(self.shard(key.tag())?.save(call, &key, expected, &mut change)))
    }

    fn regenerate_now(
        &self,
        now: Timestamp,
        (from, expected): (StoreKey, Version),
        (to, mut new): (StoreKey, NewRecord),
        tombstone: Duration,
    ) -> Result<Regenerated> {
        self.check_open()?;
        self.check_new(&to, &new)?;
        let call = self.call(now);
        self.with_room(call, Some(&from), || {
            let _gate = self.snapshots.as_ref().map(Snapshots::enter);
            let mut pair = Pair::hold(&self.shards, shard_of(from.tag()), shard_of(to.tag()));
            self.check_open()?;
            match pair.one().leaving(call, &from, expected) {
                Err(None) => return Ok(Ok(Regenerated::NotFound)),
                Err(Some(current)) => return Ok(Ok(Regenerated::Conflict(current))),
                Ok(()) => {}
            }
            let created = match self.create_in(call, pair.other(), to, &mut new, Some(&from))? {
                Err(full) => return Ok(Err(full)),
                Ok(created) => created,
            };
            if matches!(created, Created::Done { .. }) {
                // It is there, so that its tombstone takes its place and needs no room.
                _ = pair.one().end(call, &from, tombstone);
            }
            Ok(Ok(Regenerated::Created(created)))
        })
    }

    fn mark(&self, now: Timestamp, import: ImportKey, first: Import, keep: Duration) -> Result<Import> {
        let call = self.call(now);
        self.with_room(call, None, || {
            let mut part = self.import(&import)?;
            let marked = part.mark(call, import, first, keep);
            if matches!((&marked, first), (Ok(_), Import::Done(_))) {
                part.finish(&import);
            }
            Ok(marked)
        })
    }
}

fn shard_of(tag: Tag) -> usize {
    tag.0[0].into()
}

impl SessionStore for MemoryStore {
    fn create(&self, now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created> {
        Box::pin(ready(self.create_now(now, key, new)))
    }

    fn load(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded> {
        Box::pin(ready(self.load_now(now, &key)))
    }

    fn save(&self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved> {
        Box::pin(ready(self.save_now(now, key, expected, change)))
    }

    fn touch(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>> {
        Box::pin(ready(self.shard(key.tag()).map(|mut shard| shard.touch(self.call(now), &key))))
    }

    fn delete(&self, now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool> {
        Box::pin(ready(self.delete_now(now, &key, tombstone)))
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
        Box::pin(ready(self.regenerate_now(now, (from, expected), (to, new), tombstone)))
    }

    fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        Box::pin(ready(self.shard(Tag::of_user(user)).map(|shard| shard.list(self.call(now), user))))
    }

    fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
        Box::pin(ready(self.shard(Tag::of_user(user)).map(|shard| shard.count(self.call(now), user))))
    }

    fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
        let (call, tag) = (self.call(now), Tag::of_user(user));
        let revoke = || self.with_room(call, None, || Ok(self.shard(tag)?.revoke(call, user, revocation)));
        Box::pin(ready(self.check_size(user.len()).and_then(|()| revoke())))
    }

    fn begin_import(&self, now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import> {
        Box::pin(ready(self.mark(now, import, Import::Open(tag), keep)))
    }

    fn end_import(&self, now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()> {
        Box::pin(ready(self.mark(now, import, Import::Done(None), keep).map(|_| ())))
    }

    fn delete_expired(&self, now: Timestamp, limit: u32) -> StoreFuture<'_, u64> {
        Box::pin(self.sweep_in_parts(now, limit))
    }

    fn load_many(&self, now: Timestamp, keys: Vec<StoreKey>) -> StoreFuture<'_, Vec<Loaded>> {
        Box::pin(self.load_in_parts(now, keys))
    }

    fn delete_many(&self, now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> StoreFuture<'_, u64> {
        Box::pin(self.delete_in_parts(now, keys, tombstone))
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async {
            self.closed.store(true, Ordering::SeqCst);
            self.last_snapshot()
        })
    }
}
