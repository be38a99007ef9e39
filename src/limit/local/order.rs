//! Slots in the order in which they are given up: a heap that knows where each of its slots stands.

#![forbid(unsafe_code)]

/// One slot in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Nothing comes before what has the least of these: microseconds of the clock.
    pub(super) bound: u64,
    pub(super) slot: u32,
    /// Whose key is in the slot.
    pub(super) policy: u32,
}

/// A binary heap, the least bound first. Whoever moves is told to `moved` with the new position.
#[derive(Default)]
pub(super) struct Order(Vec<Place>);

impl Order {
    pub(super) fn first(&self) -> Option<Place> {
        self.0.first().copied()
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) const fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.0.reserve_exact(more);
    }

    pub(super) fn get(&self, position: u32) -> Option<Place> {
        self.0.get(position as usize).copied()
    }

    pub(super) fn push(&mut self, place: Place, moved: &mut impl FnMut(u32, u32)) {
        self.0.push(place);
        self.up(self.0.len() - 1, moved);
    }

    /// Takes out what stands at `position`.
    pub(super) fn remove(&mut self, position: u32, moved: &mut impl FnMut(u32, u32)) -> Option<Place> {
        let at = position as usize;
        if at >= self.0.len() {
            return None;
        }
        let place = self.0.swap_remove(at);
        if at < self.0.len() {
            self.settle(at, moved);
        }
        Some(place)
    }

    /// Gives what stands at `position` another bound.
    pub(super) fn set_bound(&mut self, position: u32, bound: u64, moved: &mut impl FnMut(u32, u32)) {
        let at = position as usize;
        if let Some(place) = self.0.get_mut(at) {
            place.bound = bound;
            self.settle(at, moved);
        }
    }

    fn settle(&mut self, at: usize, moved: &mut impl FnMut(u32, u32)) {
        let at = self.down(at, moved);
        self.up(at, moved);
    }

    fn up(&mut self, mut at: usize, moved: &mut impl FnMut(u32, u32)) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.0[parent].bound <= self.0[at].bound {
                break;
            }
            self.swap(parent, at, moved);
            at = parent;
        }
        self.tell(at, moved);
    }

    fn down(&mut self, mut at: usize, moved: &mut impl FnMut(u32, u32)) -> usize {
        loop {
            let left = 2 * at + 1;
            let Some(bound) = self.0.get(left).map(|place| place.bound) else { return at };
            let right_is_less = self.0.get(left + 1).is_some_and(|place| place.bound < bound);
            let child = left + usize::from(right_is_less);
            if self.0[at].bound <= self.0[child].bound {
                return at;
            }
            self.swap(at, child, moved);
            at = child;
        }
    }

    /// The one at `b` goes on moving; the one that comes to it has arrived, and so has the one at `a`.
    fn swap(&mut self, a: usize, b: usize, moved: &mut impl FnMut(u32, u32)) {
        self.0.swap(a, b);
        self.tell(a, moved);
        self.tell(b, moved);
    }

    #[expect(clippy::cast_possible_truncation, reason = "a shard has fewer than 2^31 slots")]
    fn tell(&self, at: usize, moved: &mut impl FnMut(u32, u32)) {
        moved(self.0[at].slot, at as u32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_least_is_first_and_everybody_knows_where_he_stands(
            steps in prop::collection::vec((0..4_u8, 0..20_u32, 0..50_u64), 1..200),
        ) {
            let (mut order, mut bounds) = (Order::default(), HashMap::new());
            let mut positions = HashMap::new();
            for (kind, slot, bound) in steps {
                let known = positions.get(&slot).copied();
                let mut moved = |slot, position| { positions.insert(slot, position); };
                match (kind, known) {
                    (0 | 1, None) => {
                        order.push(Place { bound, slot, policy: 0 }, &mut moved);
                        bounds.insert(slot, bound);
                    }
                    (2, Some(position)) => {
                        prop_assert_eq!(order.remove(position, &mut moved).map(|place| place.slot), Some(slot));
                        positions.remove(&slot);
                        bounds.remove(&slot);
                    }
                    (_, Some(position)) => {
                        order.set_bound(position, bound, &mut moved);
                        bounds.insert(slot, bound);
                    }
                    _ => {}
                }
                prop_assert_eq!(order.len(), bounds.len());
                prop_assert_eq!(order.first().map(|place| place.bound), bounds.values().min().copied());
                for (slot, position) in &positions {
                    let place = order.get(*position).unwrap();
                    prop_assert_eq!((place.slot, place.bound), (*slot, bounds[slot]));
                }
            }
        }
    }
}
