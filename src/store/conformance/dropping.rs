//! S11: a call that is dropped leaves no half-written record and no leaked connection.

#![forbid(unsafe_code)]

use super::probe::{HOUR, Probe, TOMBSTONE, becomes, change, key, key_of, session, session_of, tagged};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Import, ImportKey, Loaded, NewRecord, Record, Revocation};

/// As often each call is polled before it is dropped.
const POLLS: [u8; 4] = [0, 1, 2, 5];

/// The record, which is as it was created or as it was saved; `None` when there is none.
fn whole(probe: &Probe, at: StoreKey, created: &[u8], saved: &[u8]) -> Option<Record> {
    let Loaded::Found(record) = probe.load(at) else { return None };
    let expected = if record.version == 1 { created } else { saved };
    assert_eq!(record.data, expected, "version {}", record.version);
    Some(*record)
}

pub(super) fn a_creation_is_whole(probe: &mut Probe) {
    for polls in POLLS {
        let key = key_of("alice", polls);
        probe.give_up(polls, probe.store().create(probe.now(), key, session_of("alice", polls)));
        let listed = || probe.listed_keys("alice").contains(&key);
        let agree = || whole(probe, key, &session(polls).data, b"").is_some() == listed();
        assert!(becomes(agree), "the index agrees with the record");
    }
}

pub(super) fn a_save_is_whole(probe: &mut Probe) {
    for polls in POLLS {
        let key = key_of("alice", polls);
        probe.make(key, session_of("alice", polls));
        probe.give_up(polls, probe.store().save(probe.now(), key, 1, change(polls)));
        let record = whole(probe, key, &session(polls).data, &change(polls).data).unwrap();
        assert!(record.version <= 2);
        probe.give_up(polls, probe.store().touch(probe.now(), key));
        assert!(whole(probe, key, &session(polls).data, &change(polls).data).is_some());
    }
}

pub(super) fn a_deletion_is_whole(probe: &mut Probe) {
    for polls in POLLS {
        let key = key_of("alice", polls);
        probe.make(key, session_of("alice", polls));
        probe.give_up(polls, probe.store().delete(probe.now(), key, TOMBSTONE));
        let listed = || probe.listed_keys("alice").contains(&key);
        assert!(becomes(|| probe.is_live(key) == listed()), "the index agrees with the record");
    }
}

pub(super) fn a_regeneration_is_whole(probe: &mut Probe) {
    for polls in POLLS {
        let (old, new) = (key(polls), key_of("alice", polls));
        probe.make(old, session(1));
        probe.give_up(polls, probe.store().regenerate(probe.now(), old, 1, new, session_of("alice", 2), TOMBSTONE));
        // The new one is looked at first: what lives then and lives still has not moved meanwhile.
        let agree = || {
            let (new, old) = (probe.is_live(new), probe.is_live(old));
            assert!(!(new && old), "both live");
            new || old
        };
        assert!(becomes(agree), "one of them lives");
    }
}

pub(super) fn a_revocation_is_whole(probe: &mut Probe) {
    for polls in POLLS {
        let user = format!("user-{polls}");
        let keys = [1, 2, 3].map(|n| key_of(&user, n));
        for (n, key) in (1..).zip(keys) {
            probe.make(key, session_of(&user, n));
        }
        let revocation = Revocation { except: None, tombstone: TOMBSTONE, keep: HOUR };
        probe.give_up(polls, probe.store().revoke(probe.now(), &user, revocation));
        let agree = || {
            matches!(
                (probe.count(&user), keys.map(|key| probe.is_live(key))),
                (0, [false, false, false]) | (3, [true, true, true])
            )
        };
        assert!(becomes(agree), "all of them live, or none");
    }
}

pub(super) fn an_import_is_whole(probe: &mut Probe) {
    for polls in POLLS {
        let (import, tag) = (ImportKey([polls; 32]), Tag([1, 1]));
        let key = tagged(tag, polls);
        probe.begin_import(import, tag, HOUR);
        let new = NewRecord { import: Some(import), ..session(polls) };
        probe.give_up(polls, probe.store().create(probe.now(), key, new));
        let agree = || {
            let done = probe.begin_import(import, tag, HOUR) == Import::Done(Some(tag));
            done == probe.is_live(key)
        };
        assert!(becomes(agree), "an import that is done has its record");
    }
}

/// More calls than a pool has connections.
pub(super) fn nothing_is_used_up(probe: &mut Probe) {
    probe.make(key(1), session(1));
    for round in 0..100 {
        let now = probe.now();
        probe.give_up(1, probe.store().load(now, key(1)));
        probe.give_up(1, probe.store().save(now, key(2), 1, change(round)));
        probe.give_up(1, probe.store().delete(now, key(2), TOMBSTONE));
        probe.give_up(1, probe.store().list(now, "alice"));
    }
    assert_eq!(probe.record(key(1)).data, session(1).data);
    assert!(probe.delete(key(1)));
}
