//! S5: lifetimes are durations, stamped by the store's clock, and `touch` changes nothing but the idle time.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::probe::{HOUR, MINUTE, Probe, SECOND, change, idle_session, key, key_of, session, session_of, unseen};
use crate::store::record::{Change, Created, Lifetime, Loaded, NewRecord, Record, Saved};

pub(super) fn a_new_session_is_stamped(probe: &mut Probe) {
    let key = key_of("alice", 1);
    let lifetime = Lifetime { max_age: HOUR, idle: Some(10 * MINUTE) };
    let new = NewRecord { lifetime, age: 3 * MINUTE, authenticated: Some(2 * MINUTE), ..session_of("alice", 1) };
    let now = probe.now();
    let Created::Done { expires_at, .. } = probe.create(key, new) else { panic!("it is not made") };
    let record = probe.record(key);
    assert_eq!(record.expires_at, expires_at);
    assert_eq!(record.idle, Some(10 * MINUTE));
    probe.assert_near(expires_at, now.plus(10 * MINUTE));
    probe.assert_near(record.absolute_expires_at, now.plus(HOUR));
    probe.assert_near(record.created_at, now.minus(3 * MINUTE));
    probe.assert_near(record.authenticated_at.unwrap(), now.minus(2 * MINUTE));
    probe.assert_near(record.last_seen_at, now);
}

pub(super) fn a_user_without_an_age_signed_in_now(probe: &mut Probe) {
    let key_of_alice = key_of("alice", 1);
    probe.make(key_of_alice, session_of("alice", 1));
    probe.assert_near(probe.record(key_of_alice).authenticated_at.unwrap(), probe.now());
    probe.make(key(2), session(2));
    assert_eq!(probe.record(key(2)).authenticated_at, None);
}

/// The absolute end comes first, and may be more than a century away.
pub(super) fn the_absolute_end_bounds_the_idle_one(probe: &mut Probe) {
    let century = Duration::from_secs(u64::from(u32::MAX));
    for (n, max_age, idle) in
        [(1, MINUTE, Some(HOUR)), (2, MINUTE, None), (3, century, None), (4, century, Some(2 * century))]
    {
        probe.make(key(n), NewRecord { lifetime: Lifetime { max_age, idle }, ..session(n) });
        let record = probe.record(key(n));
        assert_eq!(record.expires_at, record.absolute_expires_at);
        assert_eq!(record.idle, idle);
        probe.assert_near(record.expires_at, probe.now().plus(max_age));
    }
}

pub(super) fn a_save_begins_the_idle_time_again(probe: &mut Probe) {
    probe.make(key(1), idle_session(1));
    let end = probe.record(key(1)).absolute_expires_at;
    for version in 1..=6 {
        probe.advance(9 * MINUTE);
        let Saved::Done { expires_at, .. } = probe.save(key(1), version, change(1)) else { panic!("it is gone") };
        let record = probe.record(key(1));
        assert_eq!((record.expires_at, record.absolute_expires_at), (expires_at, end));
        probe.assert_near(record.last_seen_at, probe.now());
        probe.assert_near(expires_at, end.min(probe.now().plus(10 * MINUTE)));
    }
}

pub(super) fn a_save_gives_a_new_lifetime(probe: &mut Probe) {
    probe.make(key(1), idle_session(1));
    let lifetimes = [(2 * HOUR, Some(30 * MINUTE)), (MINUTE, None), (3 * HOUR, None), (3 * HOUR, Some(5 * MINUTE))];
    for (version, (max_age, idle)) in (1..).zip(lifetimes) {
        probe.advance(30 * SECOND);
        probe.save(key(1), version, Change { lifetime: Some(Lifetime { max_age, idle }), ..change(1) });
        let record = probe.record(key(1));
        assert_eq!(record.idle, idle);
        probe.assert_near(record.absolute_expires_at, probe.now().plus(max_age));
        probe.assert_near(record.expires_at, probe.now().plus(idle.unwrap_or(max_age)));
    }
}

pub(super) fn a_touch_never_creates(probe: &mut Probe) {
    assert_eq!(probe.touch(key(1)), None);
    assert_eq!(probe.load(key(1)), Loaded::Absent);
}

pub(super) fn a_touch_begins_the_idle_time_again_and_no_more(probe: &mut Probe) {
    probe.make(key(1), NewRecord { label: Some("phone".into()), ..idle_session(1) });
    let made = probe.record(key(1));
    probe.advance(9 * MINUTE);
    let expires_at = probe.touch(key(1)).unwrap();
    probe.assert_near(expires_at, probe.now().plus(10 * MINUTE));
    let record = probe.record(key(1));
    let last_seen_at = record.last_seen_at;
    probe.assert_near(last_seen_at, probe.now());
    assert_eq!(record, Record { last_seen_at, expires_at, ..made }, "nor the version");
    assert!(matches!(probe.save(key(1), 1, change(2)), Saved::Done { version: 2, .. }));
}

pub(super) fn no_touch_passes_the_absolute_end(probe: &mut Probe) {
    probe.make(key(1), idle_session(1));
    probe.make(key(2), session(2));
    let ends = [1, 2].map(|n| probe.record(key(n)).absolute_expires_at);
    for _ in 0..6 {
        probe.advance(9 * MINUTE);
        let touched = probe.touch(key(1)).unwrap();
        assert!(touched <= ends[0]);
        assert_eq!(probe.touch(key(2)), Some(ends[1]), "without an idle time there is only the one");
    }
    let record = probe.record(key(1));
    assert_eq!((record.expires_at, record.absolute_expires_at), (ends[0], ends[0]));
    probe.assert_near(probe.record(key(2)).last_seen_at, probe.now());
}

/// A caller whose clock is behind, or a call that was late.
pub(super) fn no_touch_goes_back(probe: &mut Probe) {
    probe.make(key(1), idle_session(1));
    probe.advance(5 * MINUTE);
    let expires_at = probe.touch(key(1)).unwrap();
    let seen = probe.record(key(1)).last_seen_at;
    let earlier = probe.now().minus(3 * MINUTE);
    let again = probe.wait(probe.store().touch(earlier, key(1))).unwrap().unwrap();
    let record = probe.record(key(1));
    assert!(record.last_seen_at >= seen);
    assert!(record.expires_at >= expires_at && again >= expires_at);
}

/// Calls that one task has under way at once.
pub(super) fn no_touch_undoes_a_save(probe: &mut Probe) {
    probe.make(key(1), idle_session(1));
    let (now, store) = (probe.now(), probe.store());
    let touch = || unseen(store.touch(now, key(1)));
    probe.together(vec![touch(), unseen(store.save(now, key(1), 1, change(2))), touch()]);
    let record = probe.record(key(1));
    assert_eq!((record.data, record.version), (change(2).data, 2));
}
