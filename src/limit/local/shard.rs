//! A part of the keys under one lock: a table of names, the buckets, and the order in which keys are given up.
//!
//! A key is 32 bytes in its slot, 16 in an order, and 5 to 23 in the table; once a key of the shard has had a penalty, each takes 8
//! more. Spending touches the table and the slot alone, which is in one line of the processor's caches: a debt grows without its
//! place in the order being moved, and is looked at again when it comes first. So a place is never later than the debt, and who is
//! first by his true debt owes least of all.

#![forbid(unsafe_code)]

use std::time::Duration;

use hashbrown::HashTable;

use crate::clock::Moment;
use crate::error::Result;
use crate::limit::exact::Exact;
use crate::limit::local::name::Name;
use crate::limit::local::order::{Order, Place};
use crate::limit::local::{Policy, Receipt};
use crate::limit::token_bucket::{Decision, TokenBucket};

/// What a key costs at most, in bytes: its slot, a place in either order, and its part of a table that has just doubled.
pub(super) const MAX_KEY_BYTES: usize = 96;

/// How many keys one newcomer may look at. Where so many have all spent since they were last looked at, none is given up
/// for him: they are in use.
const LOOKS: usize = 16;
/// How many of them he looks at where there is room, so that full buckets go without a sweep.
const LOOKS_WITH_ROOM: usize = 2;

/// A moment that is behind another by up to this much was read before it, by a thread that was slower. One that is
/// further behind is of a clock that was set back.
const LAG: Duration = Duration::from_secs(10);

/// Set in a position that is in the order of penalties.
const BLOCKED: u32 = 1 << 31;
/// The end of the chain of free slots.
const NONE: u32 = u32::MAX;

/// Set in a part, which is under 2^30, where `blocked` has when a penalty ends or ended.
const PENALTY: u32 = 1 << 31;

/// A key. Of a free slot only `position` counts: the next free one.
#[repr(align(32))]
struct Slot {
    name: Name,
    full_at: u64,
    part: u32,
    position: u32,
}

/// What a shard keeps of a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) keys: u64,
    pub(super) evicted: u64,
}

/// Some of the keys.
pub(super) struct Shard {
    table: HashTable<u32>,
    slots: Vec<Slot>,
    /// By slot, when penalties end. Few keys ever have one, and so it is not in the slots.
    blocked: Vec<u64>,
    /// The first free slot.
    free: u32,
    /// Keys without a penalty, by when they are full, or were when they were looked at.
    debts: Order,
    /// Keys with one, by when it ends.
    penalties: Order,
    ceiling: usize,
    now: Moment,
    /// By policy.
    kept: Vec<Kept>,
}

impl Shard {
    /// A shard of at most `ceiling` keys, under 2^31.
    pub(super) fn new(ceiling: usize) -> Self {
        Self {
            table: HashTable::new(),
            slots: Vec::new(),
            blocked: Vec::new(),
            free: NONE,
            debts: Order::default(),
            penalties: Order::default(),
            ceiling,
            now: Moment::default(),
            kept: Vec::new(),
        }
    }

    /// Sets the moment of what follows. Threads read the clock before they get the lock, so one may come with an earlier
    /// moment than was seen; it is lifted to that, or a lagging thread would take a debt for one of a clock set back.
    pub(super) fn set_now(&mut self, now: Moment) {
        if now > self.now || self.now.since(now) > LAG {
            self.now = now;
        }
    }

    pub(super) const fn now(&self) -> Moment {
        self.now
    }

    pub(super) const fn len(&self) -> usize {
        self.debts.len() + self.penalties.len()
    }

    #[cfg(test)]
    pub(super) const fn ceiling(&self) -> usize {
        self.ceiling
    }

    pub(super) fn kept(&self, policy: u32) -> Kept {
        self.kept.get(policy as usize).copied().unwrap_or_default()
    }

    /// The memory that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
            + self.blocked.capacity() * size_of::<u64>()
            + (self.debts.capacity() + self.penalties.capacity()) * size_of::<Place>()
            + self.table.allocation_size()
    }

    pub(super) fn find(&self, name: Name) -> Option<u32> {
        self.table.find(name.hash, |&slot| self.slots[slot as usize].name == name).copied()
    }

    pub(super) fn bucket(&self, slot: u32) -> TokenBucket {
        let Slot { full_at, part, .. } = self.slots[slot as usize];
        let blocked_until = if part & PENALTY == 0 { 0 } else { self.blocked[slot as usize] };
        TokenBucket::from_parts(Exact::from_parts(full_at, part & !PENALTY), blocked_until)
    }

    fn set_bucket(&mut self, slot: u32, bucket: TokenBucket) {
        let (slot, full_at, blocked_until) = (slot as usize, bucket.full_at(), bucket.blocked_until());
        self.slots[slot].full_at = full_at.micros();
        self.slots[slot].part = full_at.part();
        if blocked_until > 0 {
            self.slots[slot].part |= PENALTY;
            if self.blocked.len() <= slot {
                self.blocked.reserve_exact(self.slots.capacity() - self.blocked.len());
                self.blocked.resize(self.slots.len(), 0);
            }
            self.blocked[slot] = blocked_until;
        }
    }

    /// Takes from a key that is held. Gives its bucket as it was too.
    pub(super) fn take(
        &mut self,
        slot: u32,
        policy: &Policy,
        name: Name,
        cost: u32,
    ) -> Result<(Decision, Option<Receipt>, TokenBucket)> {
        let before = self.bucket(slot);
        let mut bucket = before;
        let (decision, taken) = bucket.consume(policy.quota(), cost, self.now)?;
        if bucket != before {
            self.write(slot, bucket);
        }
        let receipt = taken.map(|taken| Receipt { name, policy: policy.id, shared: false, taken });
        Ok((decision, receipt, before))
    }

    /// Keeps the state of a key that is held. A full bucket is not kept.
    pub(super) fn write(&mut self, slot: u32, bucket: TokenBucket) {
        if bucket.is_full(self.now) {
            self.remove(slot);
            return;
        }
        let before = self.bucket(slot);
        self.set_bucket(slot, bucket);
        let position = self.slots[slot as usize].position;
        let (position, was_blocked) = (position & !BLOCKED, position & BLOCKED != 0);

        let bound = self.bound(bucket);
        if was_blocked != bucket.is_blocked(self.now) {
            if let Some(place) = self.leave(slot) {
                self.enter(Place { bound, ..place }, !was_blocked);
            }
        } else if (bucket.full_at() < before.full_at() || bucket.blocked_until() < before.blocked_until())
            && let (order, mut moved) = self.order(was_blocked)
            && order.get(position).is_some_and(|place| bound < place.bound)
        {
            order.set_bound(position, bound, &mut moved);
        }
    }

    /// Takes a key in that is not held, giving another up where there is no room. Says whether there was a place.
    pub(super) fn insert(&mut self, name: Name, policy: u32, bucket: TokenBucket) -> bool {
        if !self.make_room() {
            return false;
        }
        let held = Slot { name, full_at: 0, part: 0, position: NONE };
        let slot = self.free;
        let slot = if let Some(free) = self.slots.get_mut(slot as usize) {
            self.free = free.position;
            *free = held;
            slot
        } else {
            let Ok(slot) = u32::try_from(self.slots.len()) else { return false };
            if self.slots.len() == self.slots.capacity() {
                self.slots.reserve_exact(growth(self.slots.len(), self.ceiling));
            }
            self.slots.push(held);
            slot
        };
        self.set_bucket(slot, bucket);
        self.table.insert_unique(name.hash, slot, |&slot| self.slots[slot as usize].name.hash);
        self.enter(Place { bound: self.bound(bucket), slot, policy }, bucket.is_blocked(self.now));
        self.kept_mut(policy).keys += 1;
        true
    }

    /// Forgets a key that is held.
    pub(super) fn remove(&mut self, slot: u32) {
        let name = self.slots[slot as usize].name;
        if let Ok(entry) = self.table.find_entry(name.hash, |&other| other == slot) {
            entry.remove();
        }
        if let Some(place) = self.leave(slot) {
            self.kept_mut(place.policy).keys -= 1;
        }
        self.slots[slot as usize].position = self.free;
        self.free = slot;
    }

    /// Gives up full buckets, then the one with the least debt, and none with a penalty. Says whether there is room.
    fn make_room(&mut self) -> bool {
        for look in 0..LOOKS {
            let room = self.len() < self.ceiling;
            if room && look >= LOOKS_WITH_ROOM {
                return true;
            }
            // Whoever's penalty has ended may be the first of all.
            if self.end_a_penalty() {
                continue;
            }
            let Some(first) = self.debts.first() else { return room };
            let bucket = self.bucket(first.slot);
            let bound = self.bound(bucket);
            if bucket.is_full(self.now) {
                self.remove(first.slot);
            } else if bucket.is_blocked(self.now) {
                // Its penalty had ended, by a clock that was set back since.
                if let Some(place) = self.leave(first.slot) {
                    self.enter(Place { bound, ..place }, true);
                }
            } else if bound > first.bound {
                let (order, mut moved) = self.order(false);
                order.set_bound(0, bound, &mut moved);
            } else if room {
                return true;
            } else {
                self.remove(first.slot);
                self.kept_mut(first.policy).evicted += 1;
                return true;
            }
        }
        self.len() < self.ceiling
    }

    /// Brings the key whose penalty ended first among the others, and says whether there was one.
    fn end_a_penalty(&mut self) -> bool {
        let Some(first) = self.penalties.first().filter(|first| first.bound <= self.now.as_micros()) else {
            return false;
        };
        let bucket = self.bucket(first.slot);
        let (bound, blocked) = (self.bound(bucket), bucket.is_blocked(self.now));
        if let Some(place) = self.leave(first.slot) {
            self.enter(Place { bound, ..place }, blocked);
        }
        true
    }

    /// What a key is ordered by.
    fn bound(&self, bucket: TokenBucket) -> u64 {
        if bucket.is_blocked(self.now) { bucket.blocked_until() } else { bucket.full_at().ceil() }
    }

    fn leave(&mut self, slot: u32) -> Option<Place> {
        let position = self.slots[slot as usize].position;
        let (order, mut moved) = self.order(position & BLOCKED != 0);
        order.remove(position & !BLOCKED, &mut moved)
    }

    fn enter(&mut self, place: Place, blocked: bool) {
        let ceiling = self.ceiling;
        let (order, mut moved) = self.order(blocked);
        if order.len() == order.capacity() {
            order.reserve(growth(order.len(), ceiling));
        }
        order.push(place, &mut moved);
    }

    fn order(&mut self, blocked: bool) -> (&mut Order, impl FnMut(u32, u32)) {
        let (order, mark) = if blocked { (&mut self.penalties, BLOCKED) } else { (&mut self.debts, 0) };
        let slots = &mut self.slots;
        (order, move |slot: u32, position: u32| slots[slot as usize].position = position | mark)
    }

    fn kept_mut(&mut self, policy: u32) -> &mut Kept {
        let policy = policy as usize;
        if policy >= self.kept.len() {
            self.kept.resize(policy + 1, Kept::default());
        }
        &mut self.kept[policy]
    }
}

/// By how much to grow: a quarter, so that little is held in vain, and not past the ceiling.
fn growth(len: usize, ceiling: usize) -> usize {
    (len / 4).max(64).min(ceiling.saturating_sub(len)).max(1)
}
