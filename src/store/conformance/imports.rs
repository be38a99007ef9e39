//! S7: an import goes from absent through open to done, and all who race for it meet the same tag.

#![forbid(unsafe_code)]

use super::probe::{HOUR, MINUTE, Probe, TOMBSTONE, key_of, race, session, session_of, tagged, token};
use crate::session::id::Tag;
use crate::store::record::{Cap, Created, Import, ImportKey, Loaded, NewRecord, OnFull};

const RACERS: u8 = 16;
const ONE: Tag = Tag([1, 1]);
const OTHER: Tag = Tag([2, 2]);

fn import(n: u8) -> ImportKey {
    ImportKey([n; 32])
}

fn imported(n: u8) -> NewRecord {
    NewRecord { import: Some(import(n)), age: MINUTE, ..session(n) }
}

pub(super) fn it_is_begun_and_done_once(probe: &mut Probe) {
    assert_eq!(probe.begin_import(import(1), ONE, HOUR), Import::Open(ONE));
    assert_eq!(probe.begin_import(import(1), OTHER, HOUR), Import::Open(ONE), "whoever comes later");
    assert_eq!(probe.begin_import(import(2), OTHER, HOUR), Import::Open(OTHER), "another is another");
    // A crash between the two calls loses nothing.
    probe.advance(MINUTE);
    assert_eq!(probe.begin_import(import(1), OTHER, HOUR), Import::Open(ONE));
    probe.make(tagged(ONE, 1), imported(1));
    assert_eq!(probe.begin_import(import(1), OTHER, HOUR), Import::Done(Some(ONE)));
    assert_eq!(probe.begin_import(import(2), ONE, HOUR), Import::Open(OTHER));
    assert!(probe.is_live(tagged(ONE, 1)));
}

pub(super) fn a_record_is_created_only_while_it_is_open(probe: &mut Probe) {
    let key = tagged(ONE, 1);
    assert_eq!(probe.create(key, imported(1)), Created::Ended, "it was not begun");
    assert_eq!(probe.load(key), Loaded::Absent);

    probe.begin_import(import(1), ONE, HOUR);
    assert_eq!(probe.create(tagged(OTHER, 1), imported(1)), Created::Ended, "its id has the import's tag");
    assert_eq!(probe.load(tagged(OTHER, 1)), Loaded::Absent);
    probe.make(key, imported(1));
    assert_eq!(probe.create(key, imported(1)), Created::Exists(token(1)));
    assert_eq!(probe.create(tagged(ONE, 9), imported(1)), Created::Ended, "it is done");
    assert_eq!(probe.load(tagged(ONE, 9)), Loaded::Absent);

    probe.delete(key);
    probe.advance(TOMBSTONE + MINUTE);
    probe.sweep(100);
    assert_eq!(probe.create(key, imported(1)), Created::Ended, "and stays done when its record is gone");
    assert_eq!(probe.begin_import(import(1), OTHER, HOUR), Import::Done(Some(ONE)));
    assert!(!probe.is_live(key));
}

pub(super) fn what_is_not_created_leaves_it_open(probe: &mut Probe) {
    probe.begin_import(import(1), ONE, HOUR);
    let new = NewRecord { data: vec![0; probe.harness().max_data() + 1], ..imported(1) };
    if probe.wait(probe.store().create(probe.now(), tagged(ONE, 1), new)).is_err() {
        assert_eq!(probe.begin_import(import(1), OTHER, HOUR), Import::Open(ONE));
    }

    probe.make(key_of("alice", 1), session_of("alice", 1));
    let tag = Tag::of_user("alice");
    probe.begin_import(import(2), tag, HOUR);
    let cap = Some(Cap { max: 1, on_full: OnFull::Refuse });
    let new = NewRecord { cap, import: Some(import(2)), ..session_of("alice", 2) };
    if probe.create(tagged(tag, 2), new) == Created::Full {
        assert_eq!(probe.begin_import(import(2), OTHER, HOUR), Import::Open(tag));
        probe.make(tagged(tag, 2), NewRecord { import: Some(import(2)), ..session_of("alice", 2) });
    }
}

pub(super) fn it_can_be_ended_without_a_record(probe: &mut Probe) {
    probe.end_import(import(1), HOUR);
    assert_eq!(probe.begin_import(import(1), ONE, HOUR), Import::Done(None), "it was never begun");
    assert_eq!(probe.create(tagged(ONE, 1), imported(1)), Created::Ended);
    assert_eq!(probe.load(tagged(ONE, 1)), Loaded::Absent);

    probe.begin_import(import(2), ONE, HOUR);
    probe.end_import(import(2), HOUR);
    probe.end_import(import(2), HOUR);
    assert_eq!(probe.begin_import(import(2), OTHER, HOUR), Import::Done(Some(ONE)));
    assert_eq!(probe.create(tagged(ONE, 2), imported(2)), Created::Ended);
}

pub(super) fn all_who_race_meet_one_tag(probe: &mut Probe) {
    let now = probe.now();
    let begin = |n| probe.store().begin_import(now, import(1), Tag([n, n]), HOUR);
    same_open(&probe.together((0..RACERS).map(begin).collect()));
    for round in 2..6 {
        same_open(&race(RACERS, |n| probe.begin_import(import(round), Tag([n, n]), HOUR)));
    }
}

fn same_open(results: &[Import]) {
    assert!(matches!(results[0], Import::Open(_)), "{results:?}");
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
}

/// Racers have one id, so their record is made once; who ends the import instead comes before it or after.
pub(super) fn one_racer_makes_the_record(probe: &mut Probe) {
    for round in 0..4 {
        probe.begin_import(import(round), ONE, HOUR);
        let key = tagged(ONE, round);
        let results = race(RACERS, |n| {
            if n == 7 {
                probe.end_import(import(round), HOUR);
                return Created::Ended;
            }
            probe.create(key, imported(round))
        });
        let made = results.iter().filter(|result| matches!(result, Created::Done { .. })).count();
        assert_eq!(made, usize::from(probe.is_live(key)), "{results:?}");
        assert_eq!(probe.begin_import(import(round), OTHER, HOUR), Import::Done(Some(ONE)));
    }
}

pub(super) fn markers_are_kept_as_long_as_was_said(probe: &mut Probe) {
    let keep = 30 * MINUTE;
    for n in [1, 2, 3, 4] {
        probe.begin_import(import(n), ONE, keep);
    }
    probe.make(tagged(ONE, 2), imported(2));
    probe.end_import(import(3), HOUR);
    probe.begin_import(import(4), ONE, HOUR);
    probe.end_import(import(5), keep);
    let begin = |n| probe.begin_import(import(n), OTHER, probe.harness().slack() / 2);

    probe.advance_close_to(keep);
    probe.sweep(100);
    let before =
        [Import::Open(ONE), Import::Done(Some(ONE)), Import::Done(Some(ONE)), Import::Open(ONE), Import::Done(None)];
    assert_eq!([1, 2, 3, 4, 5].map(begin), before);

    probe.advance_past();
    let after =
        [Import::Open(OTHER), Import::Open(OTHER), Import::Done(Some(ONE)), Import::Open(ONE), Import::Open(OTHER)];
    assert_eq!([1, 2, 3, 4, 5].map(begin), after, "two are kept for longer");
}
