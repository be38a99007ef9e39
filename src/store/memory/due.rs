//! Which slot ends first: a heap of ends, for slots that are numbered without gaps.
//!
//! It takes about 20 bytes a slot, asks no clock, and does not mind one that is set back, as a wheel of timers would.

#![forbid(unsafe_code)]

/// Children of a node: four lie in one cache line.
const WIDTH: usize = 4;
/// Room for this many slots is not given back.
const SPARE: usize = 64;

#[derive(Clone, Copy)]
struct Node {
    end: u64,
    slot: u32,
}

/// The ends of the slots `0..len`.
#[derive(Default)]
pub(super) struct Due {
    heap: Vec<Node>,
    /// Where in the heap each slot is.
    places: Vec<u32>,
}

impl Due {
    /// At most what a slot takes here, in bytes, with the room that vectors keep for growth.
    pub(super) const COST: u64 = 2 * (size_of::<Node>() + size_of::<u32>()) as u64;

    /// Adds the slot `len`.
    pub(super) fn push(&mut self, end: u64) {
        let slot = number(self.places.len());
        self.places.push(slot);
        self.heap.push(Node { end, slot });
        self.rise(self.heap.len() - 1);
    }

    /// Moves the end of a slot.
    pub(super) fn set(&mut self, slot: u32, end: u64) {
        let place = self.places[slot as usize] as usize;
        self.heap[place].end = end;
        self.settle(place);
    }

    /// The end that a slot has here.
    pub(super) fn end(&self, slot: u32) -> u64 {
        self.heap[self.places[slot as usize] as usize].end
    }

    /// The slot that ends first, and its end.
    pub(super) fn first(&self) -> Option<(u64, u32)> {
        self.heap.first().map(|node| (node.end, node.slot))
    }

    /// Removes a slot. The last slot gets its number.
    pub(super) fn swap_remove(&mut self, slot: u32) {
        let place = self.places[slot as usize] as usize;
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            self.settle(place);
        }
        let moved = self.places.swap_remove(slot as usize);
        if (slot as usize) < self.places.len() {
            let moved = self.places[slot as usize] as usize;
            self.heap[moved].slot = slot;
        } else {
            debug_assert_eq!(moved as usize, place);
        }
        shrink(&mut self.heap);
        shrink(&mut self.places);
    }

    /// Brings a node that may be anywhere to its place, and notes where that is.
    fn settle(&mut self, place: usize) {
        let end = self.heap[place].end;
        if place > 0 && self.heap[(place - 1) / WIDTH].end > end {
            self.rise(place);
        } else {
            self.sink(place);
        }
    }

    fn rise(&mut self, mut place: usize) {
        let node = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / WIDTH;
            if self.heap[parent].end <= node.end {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, node);
    }

    fn sink(&mut self, mut place: usize) {
        let node = self.heap[place];
        loop {
            let children = place * WIDTH + 1..(place * WIDTH + 1 + WIDTH).min(self.heap.len());
            match children.min_by_key(|&child| self.heap[child].end) {
                Some(child) if self.heap[child].end < node.end => {
                    self.put(place, self.heap[child]);
                    place = child;
                }
                _ => break,
            }
        }
        self.put(place, node);
    }

    fn put(&mut self, place: usize, node: Node) {
        self.heap[place] = node;
        self.places[node.slot as usize] = number(place);
    }
}

/// Gives memory back when three quarters of it are unused.
pub(super) fn shrink<T>(vec: &mut Vec<T>) {
    if vec.capacity() > SPARE && vec.capacity() / 4 > vec.len() {
        vec.shrink_to((vec.len() * 2).max(SPARE));
    }
}

/// A number of a slot. A store has at most `u32::MAX` entries, so none is cut off.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
