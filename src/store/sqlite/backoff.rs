//! Waiting for a lock that another process has.

#![forbid(unsafe_code)]

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::Duration;

const FIRST: u64 = 100;
const MOST: u64 = 2_000;

/// Pauses that grow, of random length, so that those who wait do not come back at the same time.
pub(super) struct Backoff {
    random: RandomState,
    pauses: u32,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { random: RandomState::new(), pauses: 0 }
    }

    /// Pauses. The lock is held for the time of one commit, so that it is looked for often.
    pub(super) fn wait(&mut self) {
        let most = FIRST.saturating_mul(1 << self.pauses.min(16)).min(MOST);
        self.pauses = self.pauses.saturating_add(1);
        thread::sleep(Duration::from_micros(1 + self.random.hash_one(self.pauses) % most));
    }
}
