//! S4: `delete` is idempotent, wins over a concurrent `save`, and leaves a tombstone.

#![forbid(unsafe_code)]

use super::probe::{Probe, SECOND, TOMBSTONE, change, key, race, session, unseen};
use crate::store::record::{Created, Loaded, Regenerated, Saved};

const RACERS: u8 = 16;

pub(super) fn it_may_be_repeated(probe: &mut Probe) {
    probe.make(key(1), session(1));
    assert!(probe.delete(key(1)), "there was one");
    assert_eq!(probe.load(key(1)), Loaded::Ended);
    assert!(!probe.delete(key(1)), "there was none");
    assert_eq!(probe.load(key(1)), Loaded::Ended);
}

pub(super) fn what_never_was_ends_too(probe: &mut Probe) {
    assert!(!probe.delete(key(1)));
    assert_eq!(probe.load(key(1)), Loaded::Ended);
    assert_eq!(probe.create(key(1), session(1)), Created::Ended);
}

pub(super) fn until_the_tombstone_has_passed_nothing_is_written(probe: &mut Probe) {
    probe.make(key(1), session(1));
    probe.make(key(2), session(2));
    probe.delete(key(1));
    nothing_is_written(probe);
    probe.advance_close_to(TOMBSTONE);
    probe.sweep(100);
    nothing_is_written(probe);

    probe.advance_past();
    assert_eq!(probe.load(key(1)), Loaded::Absent);
    probe.sweep(100);
    assert_eq!(probe.load(key(1)), Loaded::Absent);
    probe.make(key(1), session(3));
    assert_eq!(probe.record(key(1)).data, session(3).data);
}

fn nothing_is_written(probe: &Probe) {
    assert_eq!(probe.create(key(1), session(9)), Created::Ended);
    for version in [0, 1, 2] {
        assert_eq!(probe.save(key(1), version, change(9)), Saved::NotFound);
    }
    assert_eq!(probe.touch(key(1)), None);
    assert_eq!(probe.regenerate(key(1), 1, key(3), session(3)), Regenerated::NotFound);
    assert_eq!(probe.load(key(3)), Loaded::Absent);
    assert_eq!(probe.regenerate(key(2), 1, key(1), session(9)), Regenerated::Created(Created::Ended));
    assert!(probe.is_live(key(2)));
    assert_eq!(probe.load(key(1)), Loaded::Ended);
}

pub(super) fn a_tombstone_is_never_shortened(probe: &mut Probe) {
    let end = |n, tombstone| probe.wait(probe.store().delete(probe.now(), key(n), tombstone)).unwrap();
    for (n, first, second) in [(1, TOMBSTONE, SECOND), (2, SECOND, TOMBSTONE)] {
        probe.make(key(n), session(n));
        end(n, first);
        end(n, second);
    }
    probe.advance(TOMBSTONE / 2);
    assert_eq!(probe.load(key(1)), Loaded::Ended);
    assert_eq!(probe.load(key(2)), Loaded::Ended);
}

pub(super) fn several_end_in_one_call(probe: &mut Probe) {
    for n in [1, 2, 4] {
        probe.make(key(n), session(n));
    }
    let many = |keys: &[u8]| {
        let keys = keys.iter().map(|n| key(*n)).collect();
        probe.wait(probe.store().delete_many(probe.now(), keys, TOMBSTONE)).unwrap()
    };
    assert_eq!(many(&[]), 0);
    assert_eq!(many(&[1, 2, 3, 1]), 2);
    assert_eq!(many(&[1, 2, 3]), 0);
    let loaded = probe.wait(probe.store().load_many(probe.now(), [1, 2, 3].map(key).into())).unwrap();
    assert_eq!(loaded, [Loaded::Ended, Loaded::Ended, Loaded::Ended]);
    assert!(probe.is_live(key(4)));
}

/// Calls that one task has under way at once.
pub(super) fn it_wins_over_the_writes_of_a_task(probe: &mut Probe) {
    for delete_at in [0, RACERS / 2, RACERS] {
        let (now, store, key) = (probe.now(), probe.store(), key(delete_at));
        probe.make(key, session(1));
        let mut calls: Vec<_> = (0..RACERS)
            .map(
                |n| if n % 2 == 0 { unseen(store.save(now, key, 1, change(n))) } else { unseen(store.touch(now, key)) },
            )
            .collect();
        calls.insert(delete_at.into(), unseen(store.delete(now, key, TOMBSTONE)));
        probe.together(calls);
        assert_eq!(probe.load(key), Loaded::Ended);
    }
}

pub(super) fn it_wins_over_the_saves_of_threads(probe: &mut Probe) {
    for round in 0..4 {
        let key = key(round);
        probe.make(key, session(1));
        race(RACERS, |n| {
            if n == 7 {
                assert!(probe.delete(key));
            }
            // Until it sees the end, or for a while.
            for _ in 0..4 {
                let Loaded::Found(record) = probe.load(key) else { return };
                probe.save(key, record.version, change(n));
            }
        });
        assert_eq!(probe.load(key), Loaded::Ended);
    }
}
