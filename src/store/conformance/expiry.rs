//! S2: what has expired is absent, whether it was swept or not.

#![forbid(unsafe_code)]

use super::probe::{HOUR, MINUTE, Probe, change, key_of, session_of};
use crate::session::id::StoreKey;
use crate::store::record::{Lifetime, Loaded, NewRecord, Regenerated, Saved};

/// Two sessions that end after ten minutes, one when nobody comes and one whatever happens, and one that lives on.
fn ten_minutes(probe: &Probe) -> ([StoreKey; 2], StoreKey) {
    let keys = [1, 2, 3].map(|n| key_of("alice", n));
    let lifetimes = [
        Lifetime { max_age: HOUR, idle: Some(10 * MINUTE) },
        Lifetime { max_age: 10 * MINUTE, idle: None },
        Lifetime { max_age: HOUR, idle: Some(11 * MINUTE) },
    ];
    for ((n, key), lifetime) in (1..).zip(keys).zip(lifetimes) {
        probe.make(key, NewRecord { lifetime, ..session_of("alice", n) });
    }
    ([keys[0], keys[1]], keys[2])
}

pub(super) fn it_is_there_until_then(probe: &mut Probe) {
    let (expiring, lasting) = ten_minutes(probe);
    probe.advance_close_to(10 * MINUTE);
    for key in [expiring[0], expiring[1], lasting] {
        assert!(probe.is_live(key));
    }
    assert_eq!(probe.count("alice"), 3);
    assert!(matches!(probe.save(expiring[0], 1, change(9)), Saved::Done { .. }));
    assert!(probe.touch(expiring[1]).is_some());
}

pub(super) fn then_it_is_absent(probe: &mut Probe) {
    let (expired, lasting) = ten_minutes(probe);
    probe.advance_close_to(10 * MINUTE);
    probe.advance_past();
    absent(probe, expired, lasting);
    probe.sweep(100);
    absent(probe, expired, lasting);
}

fn absent(probe: &Probe, expired: [StoreKey; 2], lasting: StoreKey) {
    for key in expired {
        assert_eq!(probe.load(key), Loaded::Absent);
        assert_eq!(probe.save(key, 1, change(9)), Saved::NotFound);
        assert_eq!(probe.touch(key), None);
        let to = key_of("alice", 9);
        assert_eq!(probe.regenerate(key, 1, to, session_of("alice", 9)), Regenerated::NotFound);
        assert_eq!(probe.load(to), Loaded::Absent);
        assert_eq!(probe.load(key), Loaded::Absent, "and nothing brought it back");
    }
    assert_eq!(probe.listed_keys("alice"), [lasting]);
    assert_eq!(probe.count("alice"), 1);
    let keys = vec![expired[0], expired[1], lasting];
    let loaded = probe.wait(probe.store().load_many(probe.now(), keys)).unwrap();
    assert!(matches!(&loaded[..], [Loaded::Absent, Loaded::Absent, Loaded::Found(_)]), "{loaded:?}");
}
