//! The memory store: the clauses, a model to agree with, its bounds.

#![forbid(unsafe_code)]

mod bounds;
mod many;
mod model;
mod snapshots;
mod structures;
mod torn;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::store::conformance::{Harness, ManualClock};
use crate::store::record::{Lifetime, Record, WriteToken};

pub(super) const MINUTE: Duration = Duration::from_mins(1);

pub(super) fn at(millis: f64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000.0 + millis)
}

/// A key of this tag.
pub(super) fn key(tag: Tag, n: u32) -> StoreKey {
    let mut key = [0; 34];
    key[..2].copy_from_slice(&tag.0);
    key[2..].copy_from_slice(ring::digest::digest(&ring::digest::SHA256, &n.to_le_bytes()).as_ref());
    StoreKey(key)
}

/// A key of any tag.
pub(super) fn any_key(n: u32) -> StoreKey {
    let [one, other, ..] = ring::digest::digest(&ring::digest::SHA256, &n.to_be_bytes())
        .as_ref()
        .try_into()
        .unwrap_or([0; 32]);
    key(Tag([one, other]), n)
}

pub(super) fn new_record(length: usize) -> NewRecord {
    NewRecord {
        data: vec![b'x'; length],
        write_token: WriteToken([1; 16]),
        user: None,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: 60 * MINUTE, idle: None },
        label: None,
        cap: None,
        import: None,
    }
}

pub(super) fn open(options: MemoryOptions) -> MemoryStore {
    MemoryStore::new(options).unwrap()
}

struct MemoryHarness {
    clock: ManualClock,
    store: Arc<MemoryStore>,
}

impl MemoryHarness {
    fn new() -> Self {
        Self { clock: ManualClock::new(), store: Arc::new(open(MemoryOptions::default())) }
    }
}

impl Harness for MemoryHarness {
    fn store(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn max_data(&self) -> usize {
        self.store.options.max_data
    }
}

mod clauses {
    crate::store::conformance::suite!(super::MemoryHarness::new);
}

/// Everything in a store is counted, and nothing else.
pub(super) fn counted(store: &MemoryStore) {
    let mut size = Size::default();
    let mut add = |more: Size| size = size.plus(more);
    for part in &store.shards {
        let shard = part.hold();
        shard.sessions.iter().for_each(|slot| add(session::Session::size(slot.value.body.len())));
        shard.ended.iter().for_each(|_| add(shard::TOMBSTONE));
        shard.users.iter().for_each(|slot| add(users::size(&slot.key.name)));
    }
    for part in &store.imports {
        part.hold().markers.iter().for_each(|_| add(imports::MARKER));
    }
    assert_eq!(store.room.held(), size);
}
