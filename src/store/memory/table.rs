//! Entries under their keys, which end: a hash table of numbers, over slots without gaps, with a heap of their ends.
//!
//! A key is kept once. Growing moves nothing but numbers, so that no insertion takes long, and memory is given back when
//! entries go.

#![forbid(unsafe_code)]

use hashbrown::HashTable;

use super::due::{Due, number, shrink};

/// Slots of one piece. Only the last piece has unused ones.
const PIECE: usize = 16;
/// Buckets of a hash table that are not given back.
const SPARE: usize = 64;

/// What entries are found by.
pub(super) trait Key: Eq {
    /// A hash, which is as good as random.
    fn hash(&self) -> u64;
}

/// An entry.
pub(super) struct Slot<K, V> {
    pub(super) key: K,
    /// Its end, in milliseconds since the epoch.
    end: u64,
    pub(super) value: V,
}

impl<K, V> Slot<K, V> {
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

/// Entries that end.
pub(super) struct Table<K, V> {
    index: HashTable<u32>,
    pieces: Vec<Vec<Slot<K, V>>>,
    len: usize,
    due: Due,
}

impl<K: Key, V> Table<K, V> {
    /// At most what an entry takes, in bytes, without what it points to: the slot, its share of the pieces' list, a number and
    /// a byte in a hash table that is at least 7/16 full, and its place among the ends.
    pub(super) const COST: u64 = size_of::<Slot<K, V>>() as u64 + 3 + 12 + Due::COST;

    pub(super) fn new() -> Self {
        Self { index: HashTable::new(), pieces: Vec::new(), len: 0, due: Due::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The number of the entry that has this hash and satisfies `is`. Numbers hold until an entry is removed.
    pub(super) fn find_by(&self, hash: u64, is: impl Fn(&K) -> bool) -> Option<u32> {
        self.index.find(hash, |&slot| is(&self.get(slot).key)).copied()
    }

    pub(super) fn find(&self, key: &K) -> Option<u32> {
        self.find_by(key.hash(), |other| other == key)
    }

    pub(super) fn get(&self, slot: u32) -> &Slot<K, V> {
        &self.pieces[slot as usize / PIECE][slot as usize % PIECE]
    }

    pub(super) fn value(&mut self, slot: u32) -> &mut V {
        &mut self.slot(slot).value
    }

    fn slot(&mut self, slot: u32) -> &mut Slot<K, V> {
        &mut self.pieces[slot as usize / PIECE][slot as usize % PIECE]
    }

    /// Moves the end of an entry. A later one is noted when the earlier one comes, so that `touch` costs next to nothing.
    pub(super) fn set_end(&mut self, slot: u32, end: u64) {
        let entry = self.slot(slot);
        let before = std::mem::replace(&mut entry.end, end);
        // What is noted is no later than that, and looking there is two misses of the cache.
        if end < before && end < self.due.end(slot) {
            self.due.set(slot, end);
        }
    }

    /// Adds an entry whose key is not here.
    pub(super) fn insert(&mut self, key: K, end: u64, value: V) -> u32 {
        let slot = number(self.len);
        let hash = key.hash();
        if self.len.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        self.pieces[self.len / PIECE].push(Slot { key, end, value });
        self.len += 1;
        self.due.push(end);
        let pieces = &self.pieces;
        self.index.insert_unique(hash, slot, |&slot| rehash(pieces, slot));
        slot
    }

    /// Removes an entry. The last one gets its number: the old number of that one is `len()` afterwards.
    pub(super) fn swap_remove(&mut self, slot: u32) -> Option<Slot<K, V>> {
        let last = number(self.len - 1);
        if let Ok(entry) = self.index.find_entry(self.get(slot).key.hash(), |&other| other == slot) {
            entry.remove();
        }
        if last != slot
            && let Some(number) = self.index.find_mut(self.get(last).key.hash(), |&other| other == last)
        {
            *number = slot;
        }
        self.due.swap_remove(slot);
        let mut removed = self.pieces.last_mut()?.pop()?;
        self.len -= 1;
        if last != slot {
            std::mem::swap(self.slot(slot), &mut removed);
        }
        if self.pieces.last().is_some_and(Vec::is_empty) {
            self.pieces.pop();
            shrink(&mut self.pieces);
        }
        if self.index.capacity() > SPARE && self.index.capacity() / 4 > self.len {
            let pieces = &self.pieces;
            self.index.shrink_to(self.len * 2, |&slot| rehash(pieces, slot));
        }
        Some(removed)
    }

    /// No entry ends before this.
    pub(super) fn next_end(&self) -> u64 {
        self.due.first().map_or(u64::MAX, |(end, _)| end)
    }

    /// An entry that has ended, the first one first. Looks at `steps` at most, and counts them down.
    pub(super) fn first_ended(&mut self, now: u64, steps: &mut u32) -> Option<u32> {
        while *steps > 0 {
            let (end, slot) = self.due.first().filter(|&(end, _)| end <= now)?;
            *steps -= 1;
            let later = self.get(slot).end;
            if later <= now {
                return Some(slot);
            }
            debug_assert!(later > end);
            self.due.set(slot, later);
        }
        None
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<K, V>> {
        self.pieces.iter().flatten()
    }
}

fn rehash<K: Key, V>(pieces: &[Vec<Slot<K, V>>], slot: u32) -> u64 {
    pieces[slot as usize / PIECE][slot as usize % PIECE].key.hash()
}
