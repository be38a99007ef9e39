//! S13: a cap holds exactly.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use super::probe::{MINUTE, Probe, TOMBSTONE, key_of, race, session_of};
use crate::session::id::StoreKey;
use crate::store::record::{Cap, Created, Lifetime, Loaded, NewRecord, OnFull};

const RACERS: u8 = 16;
const MAX: u32 = 5;
const EVICT: OnFull = OnFull::EvictOldest { tombstone: TOMBSTONE };

fn capped(n: u8, max: u32, on_full: OnFull) -> NewRecord {
    NewRecord { cap: Some(Cap { max, on_full }), ..session_of("alice", n) }
}

fn key(n: u8) -> StoreKey {
    key_of("alice", n)
}

/// Sessions `0..count`, the oldest first, and one of another user.
fn some(probe: &Probe, count: u8) {
    for n in 0..count {
        probe.make(key(n), session_of("alice", n));
        probe.advance_a_little();
    }
    probe.make(key_of("bob", 200), session_of("bob", 200));
}

pub(super) fn a_full_account_refuses(probe: &mut Probe) {
    some(probe, 2);
    probe.make(key(2), capped(2, 3, OnFull::Refuse));
    for n in [3, 4] {
        assert_eq!(probe.create(key(n), capped(n, 3, OnFull::Refuse)), Created::Full);
        assert_eq!(probe.load(key(n)), Loaded::Absent);
    }
    assert_eq!(probe.listed_keys("alice"), [key(0), key(1), key(2)]);
    probe.make(key_of("bob", 3), NewRecord { user: Some("bob".into()), ..capped(3, 2, OnFull::Refuse) });
    probe.delete(key(1));
    probe.make(key(5), capped(5, 3, OnFull::Refuse));
}

pub(super) fn the_oldest_are_evicted(probe: &mut Probe) {
    some(probe, 4);
    // One that began before all others, though it is stored last.
    probe.make(key(9), NewRecord { age: MINUTE, ..session_of("alice", 9) });
    let evict = |n, max| {
        let created = probe.create(key(n), capped(n, max, EVICT));
        let Created::Done { evicted, .. } = created else { panic!("{created:?}") };
        for key in &evicted {
            assert_eq!(probe.load(*key), Loaded::Ended);
        }
        probe.advance_a_little();
        evicted
    };
    assert!(evict(4, 6).is_empty());
    assert_eq!(evict(5, 6), [key(9)]);
    assert_eq!(evict(6, 4), [key(0), key(1), key(2)], "a lower cap");
    assert_eq!(probe.listed_keys("alice"), [key(3), key(4), key(5), key(6)]);
    assert_eq!(evict(7, 1), [key(3), key(4), key(5), key(6)]);
    assert_eq!(probe.listed_keys("alice"), [key(7)]);
    assert!(probe.is_live(key_of("bob", 200)));
    probe.advance(TOMBSTONE + MINUTE);
    assert_eq!(probe.load(key(9)), Loaded::Absent);
}

pub(super) fn what_has_expired_takes_no_place(probe: &mut Probe) {
    for n in 0..3 {
        let lifetime = Lifetime { max_age: MINUTE, idle: None };
        probe.make(key(n), NewRecord { lifetime, ..session_of("alice", n) });
    }
    probe.advance(2 * MINUTE);
    probe.make(key(3), capped(3, 1, OnFull::Refuse));
    assert_eq!(probe.create(key(4), capped(4, 1, OnFull::Refuse)), Created::Full);
}

/// Calls that one task has under way at once.
pub(super) fn it_holds_for_the_calls_of_a_task(probe: &mut Probe) {
    for on_full in [OnFull::Refuse, EVICT] {
        let now = probe.now();
        let create = |n| probe.store().create(now, key(n), capped(n, MAX, on_full));
        holds(probe, on_full, &probe.together((0..RACERS).map(create).collect()));
    }
}

pub(super) fn it_holds_for_threads(probe: &mut Probe) {
    for on_full in [OnFull::Refuse, EVICT, OnFull::Refuse, EVICT] {
        holds(probe, on_full, &race(RACERS, |n| probe.create(key(n), capped(n, MAX, on_full))));
    }
}

/// Looks at what sixteen creations came to, and ends all that they made.
fn holds(probe: &Probe, on_full: OnFull, results: &[Created]) {
    let mut live = BTreeSet::new();
    let mut gone = Vec::new();
    for (n, result) in (0..).zip(results) {
        match result {
            Created::Done { evicted, .. } => {
                live.insert(key(n));
                gone.extend(evicted);
            }
            other => assert_eq!((other, on_full), (&Created::Full, OnFull::Refuse)),
        }
    }
    for key in &gone {
        assert!(live.remove(key), "each is evicted once: {results:?}");
        assert_eq!(probe.load(*key), Loaded::Ended);
    }
    assert_eq!(live.len(), MAX as usize, "{results:?}");
    assert!(live.iter().all(|key| probe.is_live(*key)));
    assert_eq!(probe.listed_keys("alice").into_iter().collect::<BTreeSet<_>>(), live);
    assert_eq!(probe.count("alice"), u64::from(MAX));
    assert_eq!(probe.revoke("alice", None), u64::from(MAX));
    // Past their tombstones, for the next round.
    probe.advance(TOMBSTONE + MINUTE);
}
