//! S13: who was revoked makes no session with an older proof of who they are.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::probe::{HOUR, MINUTE, Probe, SECOND, TOMBSTONE, key, key_of, race, session, session_of, unseen};
use crate::store::record::{Created, Loaded, NewRecord, Regenerated, Revocation};

/// A session of alice, who proved this long ago who she is.
fn proven(n: u8, ago: Duration) -> NewRecord {
    NewRecord { authenticated: Some(ago), ..session_of("alice", n) }
}

pub(super) fn an_older_proof_is_refused(probe: &mut Probe) {
    probe.make(key_of("alice", 1), session_of("alice", 1));
    probe.advance(10 * MINUTE);
    assert_eq!(probe.revoke("alice", None), 1);
    probe.advance(10 * MINUTE);
    for ago in [11 * MINUTE, 20 * MINUTE, 100 * HOUR] {
        assert_eq!(probe.create(key_of("alice", 2), proven(2, ago)), Created::Revoked);
        assert_eq!(probe.load(key_of("alice", 2)), Loaded::Absent);
    }
    probe.make(key_of("alice", 3), proven(3, 9 * MINUTE));
    probe.make(key_of("alice", 4), session_of("alice", 4));
    // The age of the session says nothing about that of the proof.
    probe.make(key_of("alice", 5), NewRecord { age: HOUR, ..proven(5, MINUTE) });
    let new = NewRecord { user: Some("bob".into()), ..proven(6, 20 * MINUTE) };
    probe.make(key_of("bob", 6), new);
    probe.make(key(7), session(7));
}

pub(super) fn so_is_one_that_moves(probe: &mut Probe) {
    probe.make(key(1), session(1));
    probe.revoke("alice", None);
    probe.advance(MINUTE);
    let revoked = Regenerated::Created(Created::Revoked);
    assert_eq!(probe.regenerate(key(1), 1, key_of("alice", 2), proven(2, 2 * MINUTE)), revoked);
    assert!(probe.is_live(key(1)));
    let moved = probe.regenerate(key(1), 1, key_of("alice", 2), proven(2, SECOND));
    assert!(matches!(moved, Regenerated::Created(Created::Done { .. })), "{moved:?}");
}

/// A user who has no session, and one who keeps one.
pub(super) fn it_holds_for_everybody_who_was_revoked(probe: &mut Probe) {
    assert_eq!(probe.revoke("alice", None), 0);
    probe.make(key_of("bob", 1), session_of("bob", 1));
    assert_eq!(probe.revoke("bob", Some(key_of("bob", 1))), 0);
    probe.advance(MINUTE);
    for user in ["alice", "bob"] {
        let new = NewRecord { authenticated: Some(5 * MINUTE), ..session_of(user, 2) };
        assert_eq!(probe.create(key_of(user, 2), new), Created::Revoked);
    }
}

pub(super) fn it_is_remembered_as_long_as_was_said(probe: &mut Probe) {
    probe.revoke_for(HOUR, "alice", None);
    probe.advance(MINUTE);
    // A later one does not make the earlier one forgotten.
    probe.revoke_for(SECOND, "alice", None);
    probe.advance_close_to(59 * MINUTE);
    probe.sweep(100);
    assert_eq!(probe.create(key_of("alice", 1), proven(1, 2 * HOUR)), Created::Revoked);
}

/// The later of two is what counts, however they overlap.
pub(super) fn a_later_one_replaces_an_earlier_one(probe: &mut Probe) {
    probe.revoke("alice", None);
    probe.advance(10 * MINUTE);
    probe.make(key_of("alice", 1), proven(1, 5 * MINUTE));
    assert_eq!(probe.revoke("alice", None), 1);
    probe.advance(MINUTE);
    assert_eq!(probe.create(key_of("alice", 2), proven(2, 6 * MINUTE)), Created::Revoked);
    probe.make(key_of("alice", 3), proven(3, 30 * SECOND));
}

/// Calls that one task has under way at once: each creation comes before the revocation, and ends, or after it, and is refused.
pub(super) fn no_creation_of_a_task_slips_through(probe: &mut Probe) {
    let (now, store) = (probe.now(), probe.store());
    let revoke = || unseen(store.revoke(now, "alice", Revocation { except: None, tombstone: TOMBSTONE, keep: HOUR }));
    let to = |n| (key_of("alice", n), proven(n, MINUTE));
    let create = |n| {
        let (key, new) = to(n);
        unseen(store.create(now, key, new))
    };
    let regenerate = |n| {
        let (key_of_alice, new) = to(n);
        probe.make(key(n), session(n));
        unseen(store.regenerate(now, key(n), 1, key_of_alice, new, TOMBSTONE))
    };
    probe.together(vec![create(0), regenerate(1), create(2), revoke(), regenerate(3), create(4)]);
    nobody_is_left(probe);
}

/// The same of threads.
pub(super) fn no_creation_of_a_thread_slips_through(probe: &mut Probe) {
    for _ in 0..4 {
        let now = probe.now();
        race(8, |n| {
            if n == 3 {
                let revocation = Revocation { except: None, tombstone: TOMBSTONE, keep: HOUR };
                probe.wait(probe.store().revoke(now, "alice", revocation)).unwrap();
                return;
            }
            probe.create(key_of("alice", n), proven(n, MINUTE));
        });
        nobody_is_left(probe);
        probe.advance(TOMBSTONE + MINUTE);
    }
}

fn nobody_is_left(probe: &Probe) {
    assert_eq!(probe.count("alice"), 0);
    assert!((0..8).all(|n| !probe.is_live(key_of("alice", n))));
}
