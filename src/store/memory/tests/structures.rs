//! The table and its heap against maps of the standard library.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::store::memory::table::{Key, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number(u64);

impl Key for Number {
    /// Collides now and then.
    fn hash(&self) -> u64 {
        (self.0 / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

#[derive(Debug, Clone)]
enum Op {
    Insert(u64, u64),
    SetEnd(u64, u64),
    Remove(u64),
    Sweep(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => (0..300u64, 0..1000u64).prop_map(|(key, end)| Op::Insert(key, end)),
        3 => (0..300u64, 0..1000u64).prop_map(|(key, end)| Op::SetEnd(key, end)),
        2 => (0..300u64).prop_map(Op::Remove),
        1 => (0..400u64).prop_map(Op::Sweep),
    ]
}

proptest! {
    #[test]
    fn a_table_is_a_map_with_ends(ops in prop::collection::vec(op(), 1..800)) {
        let mut table = Table::new();
        let mut map = BTreeMap::new();
        for op in ops {
            match op {
                Op::Insert(key, end) => if table.find(&Number(key)).is_some() {
                    prop_assert!(map.contains_key(&key));
                } else {
                    prop_assert_eq!(map.insert(key, end), None);
                    table.insert(Number(key), end, key * 3);
                },
                Op::SetEnd(key, end) => if let Some(slot) = table.find(&Number(key)) {
                    table.set_end(slot, end);
                    map.insert(key, end);
                },
                Op::Remove(key) => {
                    let removed = table.find(&Number(key)).and_then(|slot| table.swap_remove(slot));
                    prop_assert_eq!(removed.map(|slot| (slot.key, slot.end(), slot.value)), map.remove(&key).map(|end| (Number(key), end, key * 3)));
                }
                Op::Sweep(now) => {
                    let mut steps = u32::MAX;
                    while let Some(slot) = table.first_ended(now, &mut steps) {
                        let gone = table.swap_remove(slot).unwrap();
                        prop_assert!(gone.end() <= now);
                        prop_assert_eq!(map.remove(&gone.key.0), Some(gone.end()));
                    }
                    prop_assert!(map.values().all(|end| *end > now));
                    prop_assert!(table.next_end() > now);
                }
            }
            prop_assert_eq!(table.len(), map.len());
            prop_assert!(map.values().all(|end| *end >= table.next_end()));
        }
        for (key, end) in map {
            let slot = table.find(&Number(key)).unwrap();
            prop_assert_eq!((table.get(slot).key, table.get(slot).end()), (Number(key), end));
        }
    }
}

#[test]
fn a_look_at_what_ended_is_bounded() {
    let mut table = Table::new();
    for key in 0..100 {
        let slot = table.insert(Number(key), 10, ());
        table.set_end(slot, 1_000);
    }
    let mut steps = 30;
    assert_eq!(table.first_ended(10, &mut steps), None);
    assert_eq!((steps, table.next_end()), (0, 10), "30 were moved, and 70 are left");
    let mut steps = 71;
    assert_eq!(table.first_ended(10, &mut steps), None);
    assert_eq!((steps, table.next_end()), (1, 1_000));
}
