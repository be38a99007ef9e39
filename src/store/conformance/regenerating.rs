//! S13: `regenerate` ends the old session and begins the new one; when it fails, the old one is as it was.

#![forbid(unsafe_code)]

use super::probe::{HOUR, MINUTE, Probe, TOMBSTONE, change, key, key_of, race, session, session_of, token};
use crate::session::id::StoreKey;
use crate::store::StoreFuture;
use crate::store::record::{Cap, Created, Loaded, NewRecord, OnFull, Regenerated, Saved};

const RACERS: u8 = 16;

fn is_done(result: &Regenerated) -> bool {
    matches!(result, Regenerated::Created(Created::Done { .. }))
}

/// To a key of another tag, of another tag and user, and of the same.
pub(super) fn the_old_one_ends_and_the_new_one_begins(probe: &mut Probe) {
    let path = [key(1), key_of("alice", 2), key_of("bob", 3), key_of("bob", 4), key(5)];
    let users = [None, Some("alice"), Some("bob"), Some("bob"), None];
    probe.make(path[0], session(1));
    for (id, n) in (2..).zip(1..path.len()) {
        probe.advance(MINUTE);
        let (from, to) = (path[n - 1], path[n]);
        let version = probe.record(from).version;
        let new = NewRecord { user: users[n].map(str::to_owned), age: 10 * MINUTE, ..session(id) };
        let result = probe.regenerate(from, version, to, new);
        let record = probe.record(to);
        let expires_at = record.expires_at;
        assert_eq!(result, Regenerated::Created(Created::Done { expires_at, evicted: Vec::new() }));
        assert_eq!((record.data, record.version, record.write_token), (session(id).data, 1, token(id)));
        assert_eq!(record.user.as_deref(), users[n]);
        probe.assert_near(record.created_at, probe.now().minus(10 * MINUTE));
        assert_eq!(probe.load(from), Loaded::Ended);
        assert_eq!(probe.save(from, 1, change(9)), Saved::NotFound);
        probe.save(to, 1, change(8));
    }
    probe.advance(TOMBSTONE + MINUTE);
    assert_eq!(probe.load(path[3]), Loaded::Absent, "its tombstone has passed");
}

/// Also one with no time for a tombstone.
pub(super) fn what_it_cannot_do_changes_nothing(probe: &mut Probe) {
    let (old, taken, ended, to) = (key(1), key_of("alice", 2), key(3), key_of("alice", 4));
    probe.make(old, session(1));
    probe.save(old, 1, change(5));
    probe.make(taken, session_of("alice", 2));
    probe.make(ended, session(3));
    probe.regenerate(ended, 1, key(6), session(6));
    let before = [old, taken].map(|key| probe.record(key));
    let unchanged = || {
        assert_eq!([old, taken].map(|key| probe.record(key)), before);
        assert_eq!(probe.load(to), Loaded::Absent);
        assert_eq!(probe.load(ended), Loaded::Ended);
        assert_eq!(probe.listed_keys("alice"), [taken]);
    };

    for expected in [0, 1, 3] {
        let conflict = Regenerated::Conflict(Box::new(before[0].clone()));
        assert_eq!(probe.regenerate(old, expected, to, session_of("alice", 9)), conflict);
        unchanged();
    }
    for gone in [key(7), ended] {
        assert_eq!(probe.regenerate(gone, 1, to, session_of("alice", 9)), Regenerated::NotFound);
        unchanged();
    }
    assert_eq!(probe.load(key(7)), Loaded::Absent);
    let refused = |to, new, why| {
        assert_eq!(probe.regenerate(old, 2, to, new), Regenerated::Created(why));
        unchanged();
    };
    refused(taken, session_of("alice", 9), Created::Exists(token(2)));
    refused(ended, session(9), Created::Ended);
    let cap = Some(Cap { max: 1, on_full: OnFull::Refuse });
    refused(to, NewRecord { cap, ..session_of("alice", 9) }, Created::Full);
    probe.advance(MINUTE);
    probe.revoke("alice", Some(taken));
    probe.advance(MINUTE);
    refused(to, NewRecord { authenticated: Some(5 * MINUTE), ..session_of("alice", 9) }, Created::Revoked);
    assert!(matches!(probe.save(old, 2, change(6)), Saved::Done { .. }), "and it can be written to");
}

/// It takes the place of the old one, so a full account can sign in again.
pub(super) fn its_own_place_is_free(probe: &mut Probe) {
    let keys: Vec<StoreKey> = (0..6).map(|n| key_of("alice", n)).collect();
    for n in 0..3 {
        probe.make(keys[usize::from(n)], session_of("alice", n));
        probe.advance_a_little();
    }
    let evict = OnFull::EvictOldest { tombstone: TOMBSTONE };
    for (n, on_full) in [(2, OnFull::Refuse), (3, evict)] {
        let cap = Some(Cap { max: 3, on_full });
        let new = NewRecord { cap, ..session_of("alice", 9) };
        let result = probe.regenerate(keys[n], 1, keys[n + 1], new);
        assert!(
            matches!(&result, Regenerated::Created(Created::Done { evicted, .. }) if evicted.is_empty()),
            "{result:?}"
        );
        let live: Vec<_> = keys.iter().map(|key| probe.is_live(*key)).collect();
        assert_eq!(live, (0..6).map(|key| key < 2 || key == n + 1).collect::<Vec<_>>());
    }
    // A guest that signs in takes another place.
    probe.make(key(1), session(1));
    let new = NewRecord { cap: Some(Cap { max: 3, on_full: evict }), ..session_of("alice", 9) };
    let result = probe.regenerate(key(1), 1, keys[5], new);
    let Regenerated::Created(Created::Done { evicted, .. }) = result else { panic!("{result:?}") };
    assert_eq!(evicted, [keys[0]]);
    assert_eq!(probe.load(keys[0]), Loaded::Ended);
    assert_eq!(probe.count("alice"), 3);
}

/// Calls that one task has under way at once.
pub(super) fn one_call_of_many_regenerates(probe: &mut Probe) {
    let now = probe.now();
    probe.make(key(100), session(100));
    let to = |n| key_of("alice", n);
    let regenerate = |n| probe.store().regenerate(now, key(100), 1, to(n), session_of("alice", n), TOMBSTONE);
    let results = probe.together((0..RACERS).map(regenerate).collect());
    one_lives(probe, key(100), &results);
}

pub(super) fn one_thread_of_many_regenerates(probe: &mut Probe) {
    for round in 100..104 {
        probe.make(key(round), session(round));
        let results = race(RACERS, |n| probe.regenerate(key(round), 1, key_of("alice", n), session_of("alice", n)));
        one_lives(probe, key(round), &results);
        probe.revoke("alice", None);
        probe.advance(HOUR / 2);
    }
}

fn one_lives(probe: &Probe, old: StoreKey, results: &[Regenerated]) {
    assert_eq!(results.iter().filter(|result| is_done(result)).count(), 1, "{results:?}");
    for (n, result) in (0..).zip(results) {
        assert_eq!(probe.is_live(key_of("alice", n)), is_done(result), "{results:?}");
        assert!(is_done(result) || *result == Regenerated::NotFound, "the others come too late: {result:?}");
    }
    assert_eq!(probe.load(old), Loaded::Ended);
    assert_eq!(probe.count("alice"), 1);
}

/// A save and a regenerate of one version: never both.
pub(super) fn a_save_loses_or_wins(probe: &mut Probe) {
    for round in 0..8 {
        let (old, new) = (key(round), key_of("alice", round));
        probe.make(old, session(round));
        let done = race(2, |n| match n {
            0 => is_done(&probe.regenerate(old, 1, new, session_of("alice", 1))),
            _ => matches!(probe.save(old, 1, change(n)), Saved::Done { .. }),
        });
        assert_ne!(done[0], done[1], "{done:?}");
        assert_eq!(probe.is_live(new), done[0]);
        assert_eq!(probe.is_live(old), !done[0]);
    }
}

/// Calls that one task has under way at once: what was deleted does not live on under another key.
pub(super) fn a_deletion_ends_the_old_one_or_comes_too_late(probe: &mut Probe) {
    for (first, new) in [(true, key_of("alice", 1)), (false, key_of("alice", 2))] {
        let (now, store) = (probe.now(), probe.store());
        let old = key(u8::from(first));
        probe.make(old, session(1));
        let regenerate = store.regenerate(now, old, 1, new, session_of("alice", 1), TOMBSTONE);
        let mut calls: Vec<StoreFuture<'_, bool>> = vec![
            Box::pin(async { regenerate.await.map(|result| is_done(&result)) }),
            store.delete(now, old, TOMBSTONE),
        ];
        if first {
            calls.reverse();
        }
        let done = probe.together(calls);
        assert_ne!(done[0], done[1], "{done:?}");
        assert_eq!(probe.is_live(new), done[usize::from(first)]);
        assert!(!probe.is_live(old));
    }
}
