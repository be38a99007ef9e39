//! A complete session store, in the plainest way: four maps behind one lock.
//!
//! It keeps every clause of [`SessionStore`], and the conformance suite runs over it (`src/store/conformance`). A store of your
//! own can start as a copy: what is here one step under a lock is there one transaction, or one script.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ironkeep::clock::Timestamp;
use ironkeep::error::{Error, Result};
use ironkeep::session::id::{StoreKey, Tag};
use ironkeep::store::record::{
    Change, Created, Import, ImportKey, Lifetime, Listed, Loaded, NewRecord, OnFull, Record, Regenerated, Revocation,
    Saved, Version,
};
use ironkeep::store::{SessionStore, StoreFuture};

/// The most bytes that the data of a session may have.
pub const MAX_DATA: usize = 64 * 1024;

/// What outlives a store: a file or a server of other stores.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Rows>>);

/// A store on a [`Shelf`]. Several may share one.
pub struct ShelfStore {
    shelf: Shelf,
    closed: AtomicBool,
}

impl ShelfStore {
    /// Opens what is on this shelf.
    #[must_use]
    pub fn open(shelf: &Shelf) -> Self {
        Self { shelf: shelf.clone(), closed: AtomicBool::new(false) }
    }

    /// Everything, as long as nobody else has it. No call waits while it does, so one that is dropped was done or never begun.
    fn rows(&self) -> Result<MutexGuard<'_, Rows>> {
        let rows = self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::SeqCst) { Err(Error::StoreClosed) } else { Ok(rows) }
    }
}

impl SessionStore for ShelfStore {
    fn create(&self, now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created> {
        Box::pin(async move { self.rows()?.create(now, key, new) })
    }

    fn load(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded> {
        Box::pin(async move { Ok(self.rows()?.load(now, key)) })
    }

    fn save(&self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved> {
        Box::pin(async move { self.rows()?.save(now, key, expected, change) })
    }

    fn touch(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>> {
        Box::pin(async move { Ok(self.rows()?.touch(now, key)) })
    }

    fn delete(&self, now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool> {
        Box::pin(async move { Ok(self.rows()?.end(now, key, tombstone)) })
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
        Box::pin(async move { self.rows()?.regenerate(now, from, expected, to, new, tombstone) })
    }

    fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        Box::pin(async move { Ok(self.rows()?.of_user(now, user).map(listed).collect()) })
    }

    fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
        Box::pin(async move { Ok(self.rows()?.of_user(now, user).map(|_| 1).sum()) })
    }

    fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
        Box::pin(async move { Ok(self.rows()?.revoke(now, user, revocation)) })
    }

    fn begin_import(&self, now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import> {
        Box::pin(async move { Ok(self.rows()?.mark(now, import, Import::Open(tag), keep)) })
    }

    fn end_import(&self, now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let mut rows = self.rows()?;
            rows.mark(now, import, Import::Done(None), keep);
            rows.end_import(import);
            Ok(())
        })
    }

    fn delete_expired(&self, now: Timestamp, limit: u32) -> StoreFuture<'_, u64> {
        Box::pin(async move { Ok(self.rows()?.delete_expired(now, limit)) })
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.closed.store(true, Ordering::SeqCst);
            Ok(())
        })
    }
}

#[derive(Default)]
struct Rows {
    records: BTreeMap<StoreKey, Record>,
    /// Until when each is kept.
    tombstones: BTreeMap<StoreKey, Timestamp>,
    imports: BTreeMap<ImportKey, Marker>,
    revoked: BTreeMap<String, Revoked>,
}

struct Marker {
    import: Import,
    until: Timestamp,
}

/// Who proved who they are before this instant makes no session.
struct Revoked {
    before: Timestamp,
    until: Timestamp,
}

impl Rows {
    fn create(&mut self, now: Timestamp, key: StoreKey, new: NewRecord) -> Result<Created> {
        check_size(&new.data)?;
        Ok(self.refusal(now, key, &new, None).unwrap_or_else(|| self.insert(now, key, new)))
    }

    fn load(&self, now: Timestamp, key: StoreKey) -> Loaded {
        match self.live(now, key) {
            Some(record) => Loaded::Found(Box::new(record.clone())),
            None if self.has_ended(now, key) => Loaded::Ended,
            None => Loaded::Absent,
        }
    }

    fn save(&mut self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> Result<Saved> {
        check_size(&change.data)?;
        let Some(record) = self.live_mut(now, key) else { return Ok(Saved::NotFound) };
        if record.version != expected {
            return Ok(Saved::Conflict(Box::new(record.clone())));
        }
        if let Some(lifetime) = change.lifetime {
            record.idle = lifetime.idle;
            record.absolute_expires_at = now.plus(lifetime.max_age);
        }
        record.data = change.data;
        record.write_token = change.write_token;
        record.label = change.label.or(record.label.take());
        record.version += 1;
        record.last_seen_at = record.last_seen_at.max(now);
        record.expires_at = end_of(now, record.idle, record.absolute_expires_at);
        Ok(Saved::Done { version: record.version, expires_at: record.expires_at })
    }

    fn touch(&mut self, now: Timestamp, key: StoreKey) -> Option<Timestamp> {
        let record = self.live_mut(now, key)?;
        record.last_seen_at = record.last_seen_at.max(now);
        record.expires_at = end_of(record.last_seen_at, record.idle, record.absolute_expires_at);
        Some(record.expires_at)
    }

    fn regenerate(
        &mut self,
        now: Timestamp,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> Result<Regenerated> {
        check_size(&new.data)?;
        let Some(old) = self.live(now, from) else { return Ok(Regenerated::NotFound) };
        if old.version != expected {
            return Ok(Regenerated::Conflict(Box::new(old.clone())));
        }
        if let Some(refusal) = self.refusal(now, to, &new, Some(from)) {
            return Ok(Regenerated::Created(refusal));
        }
        self.end(now, from, tombstone);
        Ok(Regenerated::Created(self.insert(now, to, new)))
    }

    fn revoke(&mut self, now: Timestamp, user: &str, revocation: Revocation) -> u64 {
        let (before, until) = (now, now.plus(revocation.keep));
        let revoked = self.revoked.entry(user.to_owned()).or_insert(Revoked { before, until });
        *revoked = Revoked { before: revoked.before.max(before), until: revoked.until.max(until) };

        let mut keys: Vec<StoreKey> = self.of_user(now, user).map(|(key, _)| key).collect();
        keys.retain(|key| Some(*key) != revocation.except);
        keys.into_iter().map(|key| u64::from(self.end(now, key, revocation.tombstone))).sum()
    }

    fn delete_expired(&mut self, now: Timestamp, limit: u32) -> u64 {
        let mut left = limit;
        let mut take = |until: Timestamp| {
            let takes = until <= now && left > 0;
            left -= u32::from(takes);
            takes
        };
        let before = self.records.len();
        self.records.retain(|_, record| !take(record.expires_at));
        let deleted = before - self.records.len();
        self.tombstones.retain(|_, until| !take(*until));
        self.imports.retain(|_, marker| !take(marker.until));
        self.revoked.retain(|_, revoked| !take(revoked.until));
        deleted as u64
    }

    fn live(&self, now: Timestamp, key: StoreKey) -> Option<&Record> {
        self.records.get(&key).filter(|record| record.expires_at > now)
    }

    fn live_mut(&mut self, now: Timestamp, key: StoreKey) -> Option<&mut Record> {
        self.records.get_mut(&key).filter(|record| record.expires_at > now)
    }

    fn has_ended(&self, now: Timestamp, key: StoreKey) -> bool {
        self.tombstones.get(&key).is_some_and(|until| *until > now)
    }

    /// The oldest first.
    fn of_user(&self, now: Timestamp, user: &str) -> impl Iterator<Item = (StoreKey, &Record)> {
        let mut found: Vec<_> = self
            .records
            .iter()
            .filter(|(_, record)| record.expires_at > now && record.user.as_deref() == Some(user))
            .map(|(key, record)| (*key, record))
            .collect();
        found.sort_by(|(_, one), (_, other)| one.created_at.as_millis().total_cmp(&other.created_at.as_millis()));
        found.into_iter()
    }

    /// Leaves the longer of two tombstones.
    fn end(&mut self, now: Timestamp, key: StoreKey, tombstone: Duration) -> bool {
        let was_live = self.live(now, key).is_some();
        self.records.remove(&key);
        let until = self.tombstones.entry(key).or_insert(now);
        *until = until.max(now.plus(tombstone));
        was_live
    }

    /// Why this record cannot be. `leaving` ends when it is made, and so counts no more.
    fn refusal(&self, now: Timestamp, key: StoreKey, new: &NewRecord, leaving: Option<StoreKey>) -> Option<Created> {
        if let Some(record) = self.live(now, key) {
            return Some(Created::Exists(record.write_token));
        }
        if self.has_ended(now, key) || new.import.is_some_and(|import| !self.is_open(now, import, key.tag())) {
            return Some(Created::Ended);
        }
        let user = new.user.as_deref()?;
        let authenticated_at = now.minus(new.authenticated.unwrap_or_default());
        if self
            .revoked
            .get(user)
            .is_some_and(|revoked| revoked.until > now && authenticated_at < revoked.before)
        {
            return Some(Created::Revoked);
        }
        let cap = new.cap.filter(|cap| cap.on_full == OnFull::Refuse)?;
        let others = self.of_user(now, user).filter(|(key, _)| Some(*key) != leaving).count();
        (others >= cap.max as usize).then_some(Created::Full)
    }

    fn insert(&mut self, now: Timestamp, key: StoreKey, new: NewRecord) -> Created {
        let evicted = self.evict(now, &new);
        if let Some(import) = new.import {
            self.end_import(import);
        }
        let Lifetime { max_age, idle } = new.lifetime;
        let absolute_expires_at = now.plus(max_age);
        let expires_at = end_of(now, idle, absolute_expires_at);
        let authenticated = new.authenticated.or(new.user.as_ref().map(|_| Duration::ZERO));
        let record = Record {
            data: new.data,
            version: 1,
            write_token: new.write_token,
            user: new.user,
            created_at: now.minus(new.age),
            last_seen_at: now,
            authenticated_at: authenticated.map(|ago| now.minus(ago)),
            expires_at,
            absolute_expires_at,
            idle,
            label: new.label,
        };
        self.records.insert(key, record);
        Created::Done { expires_at, evicted }
    }

    /// Makes room for a new session of a user with a cap.
    fn evict(&mut self, now: Timestamp, new: &NewRecord) -> Vec<StoreKey> {
        let (Some(user), Some(cap)) = (&new.user, new.cap) else { return Vec::new() };
        let OnFull::EvictOldest { tombstone } = cap.on_full else { return Vec::new() };
        let mut keys: Vec<StoreKey> = self.of_user(now, user).map(|(key, _)| key).collect();
        keys.truncate((keys.len() + 1).saturating_sub(cap.max as usize));
        for key in &keys {
            self.end(now, *key, tombstone);
        }
        keys
    }

    fn is_open(&self, now: Timestamp, import: ImportKey, tag: Tag) -> bool {
        self.imports
            .get(&import)
            .is_some_and(|marker| marker.until > now && marker.import == Import::Open(tag))
    }

    /// How far an import has come: as far as `first`, if nobody knows of it. It is known for at least `keep` from now on.
    fn mark(&mut self, now: Timestamp, import: ImportKey, first: Import, keep: Duration) -> Import {
        let until = now.plus(keep);
        let marker = self.imports.entry(import).or_insert(Marker { import: first, until });
        if marker.until <= now {
            marker.import = first;
        }
        marker.until = marker.until.max(until);
        marker.import
    }

    fn end_import(&mut self, import: ImportKey) {
        if let Some(marker) = self.imports.get_mut(&import)
            && let Import::Open(tag) = marker.import
        {
            marker.import = Import::Done(Some(tag));
        }
    }
}

fn check_size(data: &[u8]) -> Result<()> {
    if data.len() > MAX_DATA {
        return Err(Error::SessionTooLarge { length: data.len(), limit: MAX_DATA });
    }
    Ok(())
}

fn end_of(seen: Timestamp, idle: Option<Duration>, absolute: Timestamp) -> Timestamp {
    idle.map_or(absolute, |idle| absolute.min(seen.plus(idle)))
}

fn listed((key, record): (StoreKey, &Record)) -> Listed {
    Listed {
        key,
        created_at: record.created_at,
        last_seen_at: record.last_seen_at,
        authenticated_at: record.authenticated_at,
        expires_at: record.expires_at,
        label: record.label.clone(),
    }
}
