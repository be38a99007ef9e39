//! S3: `save` changes only the version that it expects, and never creates.

#![forbid(unsafe_code)]

use super::probe::{MINUTE, Probe, change, key, key_of, race, session, session_of};
use crate::store::record::{Change, Loaded, NewRecord, Record, Saved, Version};

const RACERS: u8 = 16;

pub(super) fn the_expected_version_is_changed(probe: &mut Probe) {
    let key = key_of("alice", 1);
    let new = NewRecord { age: MINUTE, authenticated: Some(MINUTE), ..session_of("alice", 1) };
    probe.make(key, NewRecord { label: Some("phone".into()), ..new });
    let made = probe.record(key);
    assert_eq!(made.version, 1);

    probe.advance(MINUTE);
    let saved = probe.save(key, 1, change(2));
    let record = probe.record(key);
    assert_eq!(saved, Saved::Done { version: 2, expires_at: record.expires_at });
    let Change { data, write_token, .. } = change(2);
    let last_seen_at = record.last_seen_at;
    assert_eq!(record, Record { data, write_token, version: 2, last_seen_at, ..made }, "and nothing else");
}

pub(super) fn a_label_stays_until_there_is_another(probe: &mut Probe) {
    probe.make(key(1), NewRecord { label: Some("phone".into()), ..session(1) });
    for (version, given, label) in [(1, None, "phone"), (2, Some("tablet"), "tablet"), (3, None, "tablet")] {
        probe.save(key(1), version, Change { label: given.map(str::to_owned), ..change(2) });
        assert_eq!(probe.record(key(1)).label.as_deref(), Some(label));
    }
}

pub(super) fn another_version_is_a_conflict(probe: &mut Probe) {
    probe.make(key(1), session(1));
    probe.save(key(1), 1, change(2));
    let before = probe.record(key(1));
    for expected in [0, 1, 3, Version::MAX] {
        assert_eq!(probe.save(key(1), expected, change(3)), Saved::Conflict(Box::new(before.clone())));
        assert_eq!(probe.record(key(1)), before);
    }
}

pub(super) fn nothing_is_created(probe: &mut Probe) {
    for expected in [0, 1, 2] {
        assert_eq!(probe.save(key(1), expected, change(1)), Saved::NotFound);
        assert_eq!(probe.load(key(1)), Loaded::Absent);
    }
}

/// Calls that one task has under way at once.
pub(super) fn one_call_of_many_changes(probe: &mut Probe) {
    probe.make(key(1), session(1));
    let now = probe.now();
    let calls = (0..RACERS).map(|n| probe.store().save(now, key(1), 1, change(n))).collect();
    let results = probe.together(calls);
    let record = probe.record(key(1));
    assert_eq!(record.version, 2);
    assert_eq!(results.iter().filter(|result| matches!(result, Saved::Done { .. })).count(), 1, "{results:?}");
    for (n, result) in (0..).zip(results) {
        match result {
            Saved::Done { .. } => assert_eq!(record.data, change(n).data),
            other => assert_eq!(other, Saved::Conflict(Box::new(record.clone()))),
        }
    }
}

pub(super) fn no_update_of_a_thread_is_lost(probe: &mut Probe) {
    const EACH: u8 = 8;
    probe.make(key(1), NewRecord { data: vec![0], ..session(1) });
    race(8, |_| {
        for _ in 0..EACH {
            assert!((0..10_000).any(|_| increment(probe)), "somebody else was first each time");
        }
    });
    let record = probe.record(key(1));
    assert_eq!((record.data, record.version), (vec![8 * EACH], Version::from(8 * EACH) + 1));
}

fn increment(probe: &Probe) -> bool {
    let record = probe.record(key(1));
    let data = vec![record.data[0] + 1];
    matches!(probe.save(key(1), record.version, Change { data, ..change(1) }), Saved::Done { .. })
}
