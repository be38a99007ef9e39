//! S1: `create` never overwrites. S7: of two creations of one key, one wins.

#![forbid(unsafe_code)]

use super::probe::{Probe, change, key, key_of, race, session, session_of, token};
use crate::store::record::{Cap, Created, NewRecord, OnFull};

const RACERS: u8 = 16;

pub(super) fn a_taken_key_stays_as_it_is(probe: &mut Probe) {
    let key = key_of("alice", 1);
    probe.make(key, NewRecord { label: Some("phone".into()), ..session_of("alice", 1) });
    assert_eq!(probe.create(key, session_of("alice", 2)), Created::Exists(token(1)));
    probe.save(key, 1, change(3));
    let before = probe.record(key);

    for new in [session(4), session_of("alice", 4)] {
        assert_eq!(probe.create(key, new), Created::Exists(before.write_token), "of the last write");
        assert_eq!(probe.record(key), before);
    }
    assert_eq!(probe.listed_keys("alice"), [key]);
}

pub(super) fn an_ended_key_stays_ended(probe: &mut Probe) {
    let key = key_of("alice", 1);
    probe.make(key, session_of("alice", 1));
    probe.revoke("alice", None);
    assert_eq!(probe.create(key, session(2)), Created::Ended);
    assert_eq!(probe.create(key, session(2)), Created::Ended);
    assert!(!probe.is_live(key));
}

pub(super) fn what_is_not_created_evicts_nobody(probe: &mut Probe) {
    let (one, taken) = (key_of("alice", 1), key_of("alice", 2));
    probe.make(one, session_of("alice", 1));
    probe.make(taken, session(2));
    let cap = Some(Cap { max: 1, on_full: OnFull::EvictOldest { tombstone: super::probe::TOMBSTONE } });
    assert_eq!(probe.create(taken, NewRecord { cap, ..session_of("alice", 3) }), Created::Exists(token(2)));
    assert!(probe.is_live(one));
}

/// Calls that one task has under way at once.
pub(super) fn one_call_of_many_creates(probe: &mut Probe) {
    let now = probe.now();
    let calls = (0..RACERS).map(|n| probe.store().create(now, key(1), session(n))).collect();
    one_won(probe, &probe.together(calls), 1);
}

pub(super) fn one_thread_of_many_creates(probe: &mut Probe) {
    for round in 0..4 {
        one_won(probe, &race(RACERS, |n| probe.create(key(round), session(n))), round);
    }
}

fn one_won(probe: &Probe, results: &[Created], round: u8) {
    let winners: Vec<_> = (0..RACERS)
        .zip(results)
        .filter(|(_, result)| matches!(result, Created::Done { .. }))
        .map(|(n, _)| n)
        .collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    let record = probe.record(key(round));
    assert_eq!((record.data, record.version), (session(winners[0]).data, 1));
    let exists = Created::Exists(token(winners[0]));
    assert_eq!(results.iter().filter(|result| **result == exists).count(), usize::from(RACERS) - 1, "{results:?}");
}
