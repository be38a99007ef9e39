//! What goes when a store is full, and what goes when its time has come.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;

use super::part::{Ends, Held, Part};
use super::room::Size;
use super::session::Session;
use super::shard::{Call, Shard, Swept};
use super::table::Slot;
use super::{MemoryStore, WhenFull};
use crate::error::{Error, Result};
use crate::session::id::StoreKey;

/// Entries that are looked at before a lock is let go.
const STEPS: u32 = 256;
/// Entries that are swept at once when room is needed.
const BATCH: u32 = 64;
/// Sessions that are looked at for one that goes.
const SAMPLE: usize = 16;
/// Sessions that are looked at in a shard which has more than [`SAMPLE`].
const SAMPLE_OF_SHARD: usize = 4;

/// One that may go: the smallest goes.
type Candidate = (bool, u64, StoreKey);

impl MemoryStore {
    /// Removes what is no longer needed, until this much more could be taken. `spare` is not evicted.
    pub(super) fn make_room(&self, call: Call, need: Size, spare: Option<&StoreKey>) -> Result<()> {
        while !call.room.has(need) {
            let swept = self.sweep(call, BATCH).all > 0;
            if !swept && (self.options.when_full == WhenFull::Refuse || !self.evict(call, spare)) {
                return Err(Error::StoreUnavailable(
                    "The memory store is full: raise its maxBytes or maxEntries, or give sessions shorter lifetimes"
                        .into(),
                ));
            }
        }
        Ok(())
    }

    /// Removes what has expired, at most `limit`, and begins elsewhere each time.
    pub(super) fn sweep(&self, call: Call, limit: u32) -> Swept {
        let turn = self.next_turn();
        let mut swept = Swept::default();
        for part in around(&self.shards, turn) {
            sweep_part(part, call, limit, &mut swept, Shard::sweep);
        }
        for part in around(&self.imports, turn) {
            sweep_part(part, call, limit, &mut swept, super::imports::Imports::sweep);
        }
        swept
    }

    /// Removes one session of some. Says whether there was one.
    fn evict(&self, call: Call, spare: Option<&StoreKey>) -> bool {
        let turn = self.next_turn();
        let mut looked_at = 0;
        let mut goes: Option<Candidate> = None;
        for part in around(&self.shards, turn) {
            let shard = part.hold();
            let count = shard.sessions.len();
            let samples = if count <= SAMPLE { count } else { SAMPLE_OF_SHARD };
            for n in 0..samples {
                let slot = if count <= SAMPLE { n } else { pick(turn ^ n as u64, count) };
                let candidate = candidate(shard.sessions.get(super::due::number(slot)));
                looked_at += 1;
                if Some(&candidate.2) != spare && goes.as_ref().is_none_or(|goes| candidate < *goes) {
                    goes = Some(candidate);
                }
            }
            if looked_at >= SAMPLE && goes.is_some() {
                break;
            }
        }
        let Some((_, _, key)) = goes else { return false };
        let mut shard: Held<'_, Shard> = self.shards[super::shard_of(key.tag())].hold();
        // Where another call was first, there is room now.
        if let Some(slot) = shard.sessions.find(&key) {
            let size = shard.remove(call, slot);
            call.room.give(size);
        }
        true
    }

    /// A number that is as good as random.
    fn next_turn(&self) -> u64 {
        splitmix(self.turn.fetch_add(1, Ordering::Relaxed))
    }
}

/// What may go: sessions without a user first, then those that were not seen for longer.
fn candidate(session: &Slot<StoreKey, Session>) -> Candidate {
    (session.value.user.is_some(), session.value.seen, session.key)
}

/// All parts, from one on.
fn around<T>(parts: &[Part<T>], turn: u64) -> impl Iterator<Item = &Part<T>> {
    let (before, from) = parts.split_at(pick(turn, parts.len()));
    from.iter().chain(before)
}

fn sweep_part<T: Ends>(
    part: &Part<T>,
    call: Call,
    limit: u32,
    swept: &mut Swept,
    sweep: impl Fn(&mut T, Call, u32, &mut u32) -> Swept,
) {
    while part.is_due(call.now) && swept.all < limit {
        let mut steps = STEPS;
        let more = sweep(&mut part.hold(), call, limit - swept.all, &mut steps);
        swept.sessions += more.sessions;
        swept.all += more.all;
    }
}

/// One of so many.
fn pick(random: u64, count: usize) -> usize {
    usize::try_from(splitmix(random) % count as u64).unwrap_or(0)
}

/// The finalizer of splitmix64.
fn splitmix(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
