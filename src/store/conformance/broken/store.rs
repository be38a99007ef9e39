//! A store of which any call can be replaced.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{
    Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Record, Regenerated, Revocation, Saved, Version,
    WriteToken,
};
use crate::store::{SessionStore, StoreFuture};

/// The calls of a store. Each is given the store itself, to reach the one without a defect.
#[derive(Clone, Copy)]
pub(super) struct Calls {
    pub(super) create: for<'a> fn(&'a Broken, Timestamp, StoreKey, NewRecord) -> StoreFuture<'a, Created>,
    pub(super) load: for<'a> fn(&'a Broken, Timestamp, StoreKey) -> StoreFuture<'a, Loaded>,
    pub(super) save: for<'a> fn(&'a Broken, Timestamp, StoreKey, Version, Change) -> StoreFuture<'a, Saved>,
    pub(super) touch: for<'a> fn(&'a Broken, Timestamp, StoreKey) -> StoreFuture<'a, Option<Timestamp>>,
    pub(super) delete: for<'a> fn(&'a Broken, Timestamp, StoreKey, Duration) -> StoreFuture<'a, bool>,
    pub(super) regenerate: Regenerate,
    pub(super) list: for<'a> fn(&'a Broken, Timestamp, &'a str) -> StoreFuture<'a, Vec<Listed>>,
    pub(super) count: for<'a> fn(&'a Broken, Timestamp, &'a str) -> StoreFuture<'a, u64>,
    pub(super) revoke: for<'a> fn(&'a Broken, Timestamp, &'a str, Revocation) -> StoreFuture<'a, u64>,
    pub(super) begin_import: for<'a> fn(&'a Broken, Timestamp, ImportKey, Tag, Duration) -> StoreFuture<'a, Import>,
    pub(super) end_import: for<'a> fn(&'a Broken, Timestamp, ImportKey, Duration) -> StoreFuture<'a, ()>,
    pub(super) delete_expired: for<'a> fn(&'a Broken, Timestamp, u32) -> StoreFuture<'a, u64>,
    pub(super) load_many: for<'a> fn(&'a Broken, Timestamp, Vec<StoreKey>) -> StoreFuture<'a, Vec<Loaded>>,
    pub(super) delete_many: for<'a> fn(&'a Broken, Timestamp, Vec<StoreKey>, Duration) -> StoreFuture<'a, u64>,
    pub(super) close: for<'a> fn(&'a Broken) -> StoreFuture<'a, ()>,
}

type Regenerate =
    for<'a> fn(&'a Broken, Timestamp, StoreKey, Version, StoreKey, NewRecord, Duration) -> StoreFuture<'a, Regenerated>;

impl Calls {
    pub(super) const WHOLE: Self = Self {
        create: |store, now, key, new| store.inner.create(now, key, new),
        load: |store, now, key| store.inner.load(now, key),
        save: |store, now, key, expected, change| store.inner.save(now, key, expected, change),
        touch: |store, now, key| store.inner.touch(now, key),
        delete: |store, now, key, tombstone| store.inner.delete(now, key, tombstone),
        regenerate: |store, now, from, expected, to, new, tombstone| {
            store.inner.regenerate(now, from, expected, to, new, tombstone)
        },
        list: |store, now, user| store.inner.list(now, user),
        count: |store, now, user| store.inner.count(now, user),
        revoke: |store, now, user, revocation| store.inner.revoke(now, user, revocation),
        begin_import: |store, now, import, tag, keep| store.inner.begin_import(now, import, tag, keep),
        end_import: |store, now, import, keep| store.inner.end_import(now, import, keep),
        delete_expired: |store, now, limit| store.inner.delete_expired(now, limit),
        load_many: |store, now, keys| {
            Box::pin(async move {
                let mut loaded = Vec::new();
                for key in keys {
                    loaded.push(store.load(now, key).await?);
                }
                Ok(loaded)
            })
        },
        delete_many: |store, now, keys, tombstone| {
            Box::pin(async move {
                let mut deleted = 0;
                for key in keys {
                    deleted += u64::from(store.delete(now, key, tombstone).await?);
                }
                Ok(deleted)
            })
        },
        close: |store| store.inner.close(),
    };
}

/// What a defect has to know from one call to another.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) keys: BTreeSet<StoreKey>,
    pub(super) records: BTreeMap<StoreKey, Record>,
    pub(super) tokens: BTreeMap<StoreKey, WriteToken>,
    pub(super) times: BTreeMap<StoreKey, Timestamp>,
    pub(super) users: BTreeMap<String, Timestamp>,
    pub(super) listed: Vec<(String, Listed)>,
    pub(super) imports: BTreeSet<ImportKey>,
    pub(super) number: usize,
    /// Whether the store was closed and opened again.
    pub(super) reopened: bool,
}

pub(super) struct Broken {
    pub(super) inner: Arc<dyn SessionStore>,
    calls: Calls,
    notes: Mutex<Notes>,
}

impl Broken {
    pub(super) fn new(inner: Arc<dyn SessionStore>, calls: Calls) -> Self {
        Self { inner, calls, notes: Mutex::default() }
    }

    pub(super) fn reopened(&self, inner: Arc<dyn SessionStore>) -> Self {
        let notes = Notes { reopened: true, ..std::mem::take(&mut *self.notes()) };
        Self { inner, calls: self.calls, notes: Mutex::new(notes) }
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    /// The record that the store without a defect has.
    pub(super) async fn record(&self, now: Timestamp, key: StoreKey) -> Result<Option<Record>> {
        Ok(match self.inner.load(now, key).await? {
            Loaded::Found(record) => Some(*record),
            Loaded::Ended | Loaded::Absent => None,
        })
    }
}

/// Lets the other calls of this task, or other threads, go first.
pub(super) async fn others_first() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    std::thread::yield_now();
}

impl SessionStore for Broken {
    fn create(&self, now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created> {
        (self.calls.create)(self, now, key, new)
    }

    fn load(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded> {
        (self.calls.load)(self, now, key)
    }

    fn save(&self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved> {
        (self.calls.save)(self, now, key, expected, change)
    }

    fn touch(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>> {
        (self.calls.touch)(self, now, key)
    }

    fn delete(&self, now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool> {
        (self.calls.delete)(self, now, key, tombstone)
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
        (self.calls.regenerate)(self, now, from, expected, to, new, tombstone)
    }

    fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        (self.calls.list)(self, now, user)
    }

    fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
        (self.calls.count)(self, now, user)
    }

    fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
        (self.calls.revoke)(self, now, user, revocation)
    }

    fn begin_import(&self, now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import> {
        (self.calls.begin_import)(self, now, import, tag, keep)
    }

    fn end_import(&self, now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()> {
        (self.calls.end_import)(self, now, import, keep)
    }

    fn delete_expired(&self, now: Timestamp, limit: u32) -> StoreFuture<'_, u64> {
        (self.calls.delete_expired)(self, now, limit)
    }

    fn load_many(&self, now: Timestamp, keys: Vec<StoreKey>) -> StoreFuture<'_, Vec<Loaded>> {
        (self.calls.load_many)(self, now, keys)
    }

    fn delete_many(&self, now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> StoreFuture<'_, u64> {
        (self.calls.delete_many)(self, now, keys, tombstone)
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        (self.calls.close)(self)
    }
}
