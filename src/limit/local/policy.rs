//! What is counted of one limit, by its name and quota.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use crate::limit::quota::Quota;
use crate::limit::token_bucket::Decision;

/// One limit of a [`Local`](super::Local): its buckets are its own, whatever keys the others have.
#[derive(Debug)]
pub struct Policy {
    pub(super) id: u32,
    name: Box<str>,
    quota: Quota,
    allowed: AtomicU64,
    limited: AtomicU64,
    degraded: AtomicU64,
}

/// What came of a policy's calls so far, and what is kept of it now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Decisions that admitted. A refund takes nothing off.
    pub allowed: u64,
    /// Decisions that refused. Where several limits are asked at once, those that had the tokens are not among them.
    pub limited: u64,
    /// Decisions, of either kind, that a shared bucket made for want of room.
    pub degraded: u64,
    /// Keys that are held now. A full bucket needs none, but stays until somebody needs its place.
    pub held: u64,
    /// Keys that were given up although their bucket was not full.
    pub evicted: u64,
}

impl Policy {
    pub(super) fn new(id: u32, name: &str, quota: Quota) -> Self {
        let [allowed, limited, degraded] = [const { AtomicU64::new(0) }; 3];
        Self { id, name: name.into(), quota, allowed, limited, degraded }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its quota.
    #[must_use]
    pub const fn quota(&self) -> &Quota {
        &self.quota
    }

    pub(super) fn count(&self, decision: &Decision) {
        let counter = if decision.allowed { &self.allowed } else { &self.limited };
        counter.fetch_add(1, Ordering::Relaxed);
        if decision.degraded {
            self.degraded.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts that are not the shards'.
    pub(super) fn counts(&self) -> Counts {
        let [allowed, limited, degraded] =
            [&self.allowed, &self.limited, &self.degraded].map(|count| count.load(Ordering::Relaxed));
        Counts { allowed, limited, degraded, ..Counts::default() }
    }
}
