//! S12: `delete_expired` removes at most as many as it is told, and says how many.

#![forbid(unsafe_code)]

use super::probe::{MINUTE, Probe, SECOND, TOMBSTONE, idle_session, key, session};
use crate::session::id::Tag;
use crate::store::record::{ImportKey, Loaded};

const EXPIRED: u8 = 9;

/// Sweeps until there is nothing to sweep, and says how many were removed.
fn sweep_all(probe: &Probe, limit: u32) -> u64 {
    let mut all = 0;
    for _ in 0..40 {
        let deleted = probe.sweep(limit);
        assert!(deleted <= u64::from(limit), "{deleted} of at most {limit}");
        all += deleted;
    }
    all
}

pub(super) fn it_is_bounded_and_counts(probe: &mut Probe) {
    for n in 0..EXPIRED {
        probe.make(key(n), idle_session(n));
    }
    probe.make(key(100), session(100));
    assert_eq!(sweep_all(probe, 4), 0, "nothing has expired");
    probe.advance(30 * MINUTE);
    assert_eq!(probe.sweep(0), 0);
    let all = sweep_all(probe, 2);
    if probe.harness().sweeps_itself() {
        assert!(all <= u64::from(EXPIRED), "{all}");
    } else {
        assert_eq!(all, u64::from(EXPIRED));
    }
    assert!(probe.is_live(key(100)));
    assert!((0..EXPIRED).all(|n| probe.load(key(n)) == Loaded::Absent));
}

pub(super) fn what_is_no_session_is_not_counted(probe: &mut Probe) {
    for n in 0..3 {
        probe.make(key(n), session(n));
        probe.delete(key(n));
    }
    probe.begin_import(ImportKey([1; 32]), Tag([1, 1]), SECOND);
    probe.revoke_for(SECOND, "alice", None);
    probe.advance(TOMBSTONE + MINUTE);
    assert_eq!(sweep_all(probe, 2), 0);
}

pub(super) fn what_has_not_expired_stays(probe: &mut Probe) {
    probe.make(key(1), session(1));
    probe.make(key(2), idle_session(2));
    probe.advance(9 * MINUTE);
    probe.touch(key(2));
    probe.advance(590 * SECOND);
    assert_eq!(sweep_all(probe, 100), 0);
    assert!(probe.is_live(key(1)) && probe.is_live(key(2)));
}
