//! Calls for many sessions, a part of them at a time: who polls them, such as JavaScript's thread, goes on between two parts.

#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::MemoryStore;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::session::id::StoreKey;
use crate::store::record::Loaded;

/// Sessions at once: some tens of microseconds, as long as their data is short.
const PART: u32 = 64;

impl MemoryStore {
    pub(super) async fn sweep_in_parts(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let (mut sessions, mut left) = (0, limit);
        loop {
            self.check_open()?;
            let part = left.min(PART);
            let swept = self.sweep(self.call(now), part);
            sessions += u64::from(swept.sessions);
            left -= swept.all;
            if left == 0 || swept.all < part {
                return Ok(sessions);
            }
            pause().await;
        }
    }

    pub(super) async fn load_in_parts(&self, now: Timestamp, keys: Vec<StoreKey>) -> Result<Vec<Loaded>> {
        let mut loaded = Vec::with_capacity(keys.len());
        for (at, key) in (0..).zip(&keys) {
            pause_at(at).await;
            loaded.push(self.load_now(now, key)?);
        }
        Ok(loaded)
    }

    pub(super) async fn delete_in_parts(
        &self,
        now: Timestamp,
        keys: Vec<StoreKey>,
        tombstone: Duration,
    ) -> Result<u64> {
        let mut deleted = 0;
        for (at, key) in (0..).zip(&keys) {
            pause_at(at).await;
            deleted += u64::from(self.delete_now(now, key, tombstone)?);
        }
        Ok(deleted)
    }
}

async fn pause_at(at: u32) {
    if at > 0 && at.is_multiple_of(PART) {
        pause().await;
    }
}

/// Is ready the next time that it is polled, which is to be soon.
async fn pause() {
    let mut has_paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
