//! The markers of imports: how far each has come.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::part::Ends;
use super::room::{Full, Size};
use super::shard::{Call, Swept};
use super::table::{Key, Table};
use super::time::after;
use crate::session::id::Tag;
use crate::store::record::{Import, ImportKey};

type Markers = Table<ImportKey, Import>;

pub(super) const MARKER: Size = Size { bytes: Markers::COST, entries: 1 };

impl Key for ImportKey {
    /// A piece of the hash that it is.
    fn hash(&self) -> u64 {
        let mut hash = [0; 8];
        hash.copy_from_slice(&self.0[8..16]);
        u64::from_le_bytes(hash)
    }
}

pub(super) struct Imports {
    pub(super) markers: Markers,
}

impl Imports {
    pub(super) fn new() -> Self {
        Self { markers: Table::new() }
    }

    /// How far an import has come: as far as `first`, where it is not known. It is known for at least `keep` from now on.
    pub(super) fn mark(&mut self, call: Call, key: ImportKey, first: Import, keep: Duration) -> Result<Import, Full> {
        let until = after(call.now, keep);
        let Some(slot) = self.markers.find(&key) else {
            call.room.take(MARKER)?;
            self.markers.insert(key, until, first);
            return Ok(first);
        };
        let end = self.markers.get(slot).end();
        if end <= call.now {
            *self.markers.value(slot) = first;
        }
        self.markers.set_end(slot, end.max(until));
        Ok(self.markers.get(slot).value)
    }

    /// Puts a marker as it was.
    pub(super) fn restore(&mut self, call: Call, key: ImportKey, end: u64, state: Import) -> Result<(), Full> {
        if let Some(slot) = self.markers.find(&key) {
            *self.markers.value(slot) = state;
            self.markers.set_end(slot, end);
        } else {
            call.room.take(MARKER)?;
            self.markers.insert(key, end, state);
        }
        Ok(())
    }

    /// Whether the record of an import may be made, with an id of this tag.
    pub(super) fn is_open(&self, call: Call, key: &ImportKey, tag: Tag) -> bool {
        let marker = self.markers.find(key).map(|slot| self.markers.get(slot));
        marker.is_some_and(|marker| marker.end() > call.now && marker.value == Import::Open(tag))
    }

    /// Ends an import that is known.
    pub(super) fn finish(&mut self, key: &ImportKey) {
        if let Some(slot) = self.markers.find(key)
            && let Import::Open(tag) = self.markers.get(slot).value
        {
            *self.markers.value(slot) = Import::Done(Some(tag));
        }
    }

    pub(super) fn sweep(&mut self, call: Call, limit: u32, steps: &mut u32) -> Swept {
        let mut swept = Swept::default();
        while swept.all < limit
            && let Some(slot) = self.markers.first_ended(call.now, steps)
        {
            self.markers.swap_remove(slot);
            call.room.give(MARKER);
            swept.all += 1;
        }
        swept
    }
}

impl Ends for Imports {
    fn next_end(&self) -> u64 {
        self.markers.next_end()
    }
}
