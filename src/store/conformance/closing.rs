//! S8: a persistent store has its records after it was closed and opened again. S9: a closed store says so.

#![forbid(unsafe_code)]

use super::probe::{
    HOUR, MINUTE, Probe, TOMBSTONE, assert_code, change, idle_session, key, key_of, race, session, session_of, tagged,
};
use crate::error::ErrorCode;
use crate::session::id::Tag;
use crate::store::record::{Created, Import, ImportKey, Listed, Loaded, NewRecord, Revocation};

const ONE: Tag = Tag([1, 1]);

/// Everything that a store can be asked about the sessions of [`fill`].
#[derive(Debug, PartialEq)]
struct Answers {
    loaded: Vec<Loaded>,
    listed: Vec<Listed>,
    imports: [Import; 4],
    /// Whether an old proof of who somebody is was refused.
    refused: bool,
}

fn fill(probe: &Probe) {
    let alice = key_of("alice", 1);
    probe.make(alice, NewRecord { label: Some("Küche".into()), age: MINUTE, ..session_of("alice", 1) });
    probe.make(key_of("alice", 2), session_of("alice", 2));
    probe.make(key(3), idle_session(3));
    probe.make(key(4), session(4));
    probe.advance(MINUTE);
    probe.save(alice, 1, change(9));
    probe.touch(key(3));
    probe.delete(key(4));
    probe.revoke("bob", None);
    for n in [1, 2] {
        probe.begin_import(ImportKey([n; 32]), ONE, HOUR);
    }
    probe.make(tagged(ONE, 5), NewRecord { import: Some(ImportKey([2; 32])), ..session(5) });
    probe.end_import(ImportKey([3; 32]), HOUR);
}

fn ask(probe: &Probe, n: u8) -> Answers {
    let keys = [key_of("alice", 1), key_of("alice", 2), key(3), key(4), tagged(ONE, 5), key(6)];
    let old_proof = NewRecord { authenticated: Some(10 * MINUTE), ..session_of("bob", n) };
    Answers {
        loaded: keys.into_iter().map(|key| probe.load(key)).collect(),
        listed: probe.list("alice"),
        imports: [1, 2, 3, 4].map(|n| probe.begin_import(ImportKey([n; 32]), ONE, HOUR)),
        refused: probe.create(key_of("bob", n), old_proof) == Created::Revoked,
    }
}

pub(super) fn all_is_there_after_opening_again(probe: &mut Probe) {
    fill(probe);
    let before = ask(probe, 1);
    probe.close();
    if !probe.reopen() {
        return;
    }
    assert_eq!(ask(probe, 2), before);
    probe.make(key_of("alice", 7), session_of("alice", 7));
    probe.save(key_of("alice", 1), 2, change(8));
    assert_eq!(probe.record(key_of("alice", 1)).data, change(8).data, "and it can be written to");
}

pub(super) fn every_call_says_that_it_is_closed(probe: &mut Probe) {
    let (now, key, other) = (probe.now(), key_of("alice", 1), key_of("alice", 2));
    probe.make(key, session_of("alice", 1));
    probe.close();
    probe.close();

    let store = probe.store();
    let closed = ErrorCode::StoreClosed;
    let import = ImportKey([1; 32]);
    let revocation = Revocation { except: None, tombstone: TOMBSTONE, keep: HOUR };
    assert_code(probe.wait(store.create(now, other, session(2))), closed);
    assert_code(probe.wait(store.load(now, key)), closed);
    assert_code(probe.wait(store.save(now, key, 1, change(2))), closed);
    assert_code(probe.wait(store.touch(now, key)), closed);
    assert_code(probe.wait(store.delete(now, key, TOMBSTONE)), closed);
    assert_code(probe.wait(store.regenerate(now, key, 1, other, session(2), TOMBSTONE)), closed);
    assert_code(probe.wait(store.list(now, "alice")), closed);
    assert_code(probe.wait(store.count(now, "alice")), closed);
    assert_code(probe.wait(store.revoke(now, "alice", revocation)), closed);
    assert_code(probe.wait(store.begin_import(now, import, ONE, HOUR)), closed);
    assert_code(probe.wait(store.end_import(now, import, HOUR)), closed);
    assert_code(probe.wait(store.delete_expired(now, 1)), closed);
    assert_code(probe.wait(store.load_many(now, vec![key])), closed);
    assert_code(probe.wait(store.delete_many(now, vec![key], TOMBSTONE)), closed);
    probe.close();
}

/// A call that was under way is done, or says the same.
pub(super) fn closing_leaves_no_call_hanging(probe: &mut Probe) {
    probe.make(key(1), session(1));
    race(8, |n| {
        if n < 2 {
            probe.close();
        }
        for _ in 0..4 {
            if let Err(error) = probe.wait(probe.store().load(probe.now(), key(1))) {
                assert_eq!(error.code(), ErrorCode::StoreClosed);
            }
        }
    });
    assert_code(probe.wait(probe.store().load(probe.now(), key(1))), ErrorCode::StoreClosed);
}
