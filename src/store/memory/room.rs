//! How much a store holds, and how much it may.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

/// What a block of the allocator takes beside what was asked for, and what it rounds up to: as glibc does.
const BLOCK_HEADER: u64 = 8;
const BLOCK_STEP: u64 = 16;
const BLOCK_MIN: u64 = 32;

/// Bytes and entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) entries: u64,
}

impl Size {
    pub(super) fn of_entry(bytes: u64) -> Self {
        Self { bytes, entries: 1 }
    }

    pub(super) fn of_bytes(bytes: u64) -> Self {
        Self { bytes, entries: 0 }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, entries: self.entries + other.entries }
    }

    pub(super) fn covers(self, other: Self) -> bool {
        self.bytes >= other.bytes && self.entries >= other.entries
    }
}

/// What an allocation of this length takes.
pub(super) fn allocated(length: usize) -> u64 {
    if length == 0 { 0 } else { (length as u64 + BLOCK_HEADER).next_multiple_of(BLOCK_STEP).max(BLOCK_MIN) }
}

/// There is no room for this much more.
#[derive(Debug)]
pub(super) struct Full(pub(super) Size);

/// What is taken of the room that there is.
pub(super) struct Room {
    pub(super) max: Size,
    bytes: AtomicU64,
    entries: AtomicU64,
}

impl Room {
    pub(super) fn new(max: Size) -> Self {
        Self { max, bytes: AtomicU64::new(0), entries: AtomicU64::new(0) }
    }

    /// Takes room, before it is used.
    pub(super) fn take(&self, size: Size) -> Result<(), Full> {
        let fits = |held: u64, more: u64, max: u64| held.checked_add(more).filter(|&held| held <= max);
        let (relaxed, max) = (Ordering::Relaxed, self.max);
        if self
            .bytes
            .fetch_update(relaxed, relaxed, |held| fits(held, size.bytes, max.bytes))
            .is_err()
        {
            return Err(Full(size));
        }
        if self
            .entries
            .fetch_update(relaxed, relaxed, |held| fits(held, size.entries, max.entries))
            .is_err()
        {
            self.bytes.fetch_sub(size.bytes, relaxed);
            return Err(Full(size));
        }
        Ok(())
    }

    /// Gives room back.
    pub(super) fn give(&self, size: Size) {
        self.bytes.fetch_sub(size.bytes, Ordering::Relaxed);
        self.entries.fetch_sub(size.entries, Ordering::Relaxed);
    }

    /// Something became smaller.
    pub(super) fn shrunk(&self, from: Size, to: Size) {
        self.give(Size {
            bytes: from.bytes.saturating_sub(to.bytes),
            entries: from.entries.saturating_sub(to.entries),
        });
    }

    /// Whether there is room for so much more.
    pub(super) fn has(&self, more: Size) -> bool {
        self.max.covers(self.held().plus(more))
    }

    pub(super) fn held(&self) -> Size {
        Size { bytes: self.bytes.load(Ordering::Relaxed), entries: self.entries.load(Ordering::Relaxed) }
    }
}
