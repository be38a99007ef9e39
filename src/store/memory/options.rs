//! How a memory store is bounded, and what it does at its bound.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};

/// What a memory store does at its bound, once nothing that has expired is left to remove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Sessions go: of some picked at random, first those without a user, then the one that was not seen for the longest time.
    /// Small stores look at all of theirs. Tombstones, markers of imports and revocations never go before their time.
    #[default]
    Evict,
    /// What needs more room fails with `ERR_STORE_UNAVAILABLE`. Sessions can be read, shrunk and ended all the same.
    Refuse,
}

/// How a memory store is bounded.
#[derive(Debug, Clone)]
pub struct MemoryOptions {
    /// The most bytes of memory, everything counted: 256 MiB. At least four times `max_data`.
    pub max_bytes: u64,
    /// The most sessions, tombstones and markers of imports together: 1,000,000. At least 1.
    pub max_entries: u32,
    /// The most bytes that the data of a session may have: 64 KiB. A label or a user's id may not be longer either.
    pub max_data: usize,
    /// What happens when it is full.
    pub when_full: WhenFull,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self {
            max_bytes: 256 * 1024 * 1024,
            max_entries: 1_000_000,
            max_data: 64 * 1024,
            when_full: WhenFull::default(),
        }
    }
}

impl MemoryOptions {
    /// # Errors
    /// `ERR_CONFIG` for bounds that make no sense.
    pub(super) fn check(&self) -> Result<()> {
        if self.max_bytes / 4 < self.max_data as u64 {
            return Err(Error::Config("maxBytes of a memory store has to be at least four times its maxData"));
        }
        if self.max_entries == 0 {
            return Err(Error::Config("maxEntries of a memory store has to be at least 1"));
        }
        Ok(())
    }
}
