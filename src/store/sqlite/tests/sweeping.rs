//! Sweeping: by both clocks, and what becomes of the space.

#![forbid(unsafe_code)]

use std::fs;
use std::time::Duration;

use super::folder::{Folder, HOUR, change, key, now, session, wait};
use crate::clock::{monotonic, stopped};
use crate::error::Result;
use crate::store::SessionStore;
use crate::store::record::{Change, Lifetime, Loaded, NewRecord, Saved};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::sweep::LOOKS;

#[test]
fn who_is_ahead_of_the_system_sweeps_nothing() {
    let folder = Folder::new();
    let behind = SqliteStore::with_clocks(folder.options(), stopped(), Box::new(now)).unwrap();
    wait(behind.create(now(), key(1), session(b"data"))).unwrap();
    let later = now().plus(2 * HOUR);
    assert_eq!(wait(behind.load(later, key(1))).unwrap(), Loaded::Absent);
    assert_eq!(wait(behind.delete_expired(later, 10)).unwrap(), 0);
    assert!(matches!(wait(behind.load(now(), key(1))).unwrap(), Loaded::Found(_)), "for those whose clock is right");
    wait(behind.close()).unwrap();

    let right = SqliteStore::with_clocks(folder.options(), monotonic(), Box::new(move || later)).unwrap();
    assert_eq!(wait(right.delete_expired(now(), 10)).unwrap(), 0, "who is behind sweeps nothing either");
    assert_eq!(wait(right.delete_expired(later, 10)).unwrap(), 1);
    wait(right.close()).unwrap();
}

#[test]
fn the_space_of_a_flood_is_given_back() {
    let folder = Folder::new();
    let store = folder.store();
    let data = [7; 4_000];
    let calls: Vec<_> = (0..4_000).map(|n| store.create(now(), key(n), session(&data))).collect();
    let created: Result<Vec<_>> = calls.into_iter().map(wait).collect();
    assert_eq!(created.unwrap().len(), 4_000);
    wait(store.close()).unwrap();
    let flooded = fs::metadata(folder.file()).unwrap().len();

    let store = folder.store();
    let later = now().plus(2 * HOUR);
    assert_eq!(wait(store.delete_expired(later, 3_999)).unwrap(), 3_999, "in several parts");
    assert_eq!(wait(store.delete_expired(later, 10)).unwrap(), 1);
    for _ in 0..50 {
        wait(store.delete_expired(later, 10)).unwrap();
    }
    wait(store.close()).unwrap();
    let left = fs::metadata(folder.file()).unwrap().len();
    assert!(left < flooded / 2, "{left} of {flooded} bytes are left");
}

/// A call that removes little does little, however many were used since their end was noted.
#[test]
fn a_sweep_looks_at_no_more_than_it_may() {
    let folder = Folder::new();
    let store = folder.store();
    for part in (0..LOOKS + 1_000).collect::<Vec<_>>().chunks(1_000) {
        let calls: Vec<_> = part.iter().map(|&n| store.create(now(), key(n), idle(b"data"))).collect();
        assert!(calls.into_iter().map(wait).all(|created| created.is_ok()));
    }
    wait(store.close()).unwrap();
    let file = folder.connection();
    file.execute("UPDATE sessions SET due_at = 0", []).unwrap();
    let noted = || -> u32 {
        file.query_row("SELECT count(*) FROM sessions WHERE due_at > 0", [], |row| row.get(0))
            .unwrap()
    };
    let store = folder.store();
    assert_eq!(wait(store.delete_expired(now(), 1)).unwrap(), 0);
    assert_eq!(noted(), LOOKS);
    assert_eq!(wait(store.delete_expired(now(), 1)).unwrap(), 0);
    assert_eq!(noted(), LOOKS + 1_000);
    wait(store.close()).unwrap();
}

/// A session that ends after an hour in which nobody uses it.
fn idle(data: &[u8]) -> NewRecord {
    NewRecord { lifetime: Lifetime { max_age: 24 * HOUR, idle: Some(HOUR) }, ..session(data) }
}

#[test]
fn sessions_that_are_used_stay_and_hide_none_that_ended() {
    let folder = Folder::new();
    let store = folder.store();
    // More than a part looks at, with one that ends among them and one behind.
    let used: Vec<u32> = (0..1_200).filter(|n| ![600, 1_199].contains(n)).collect();
    for n in 0..1_200 {
        let before = now().minus(Duration::from_secs(u64::from(1_200 - n)));
        wait(store.create(before, key(n), idle(b"data"))).unwrap();
    }
    let later = now().plus(HOUR / 2);
    for &n in &used {
        if n % 2 == 0 {
            assert!(wait(store.touch(later, key(n))).unwrap().is_some());
        } else {
            assert!(matches!(wait(store.save(later, key(n), 1, change(b"more"))).unwrap(), Saved::Done { .. }));
        }
    }
    let then = now().plus(HOUR);
    assert_eq!(wait(store.delete_expired(then, 1)).unwrap(), 1, "as many as were asked for");
    assert_eq!(wait(store.delete_expired(then, 10)).unwrap(), 1);
    assert_eq!(wait(store.delete_expired(then, 10)).unwrap(), 0);
    for &n in &used {
        assert!(matches!(wait(store.load(then, key(n))).unwrap(), Loaded::Found(_)), "{n}");
    }
    assert_eq!(wait(store.delete_expired(then.plus(HOUR), u32::MAX)).unwrap(), 1_198, "each by its later end");
    wait(store.close()).unwrap();
}

#[test]
fn a_lifetime_that_is_cut_short_is_noticed() {
    let folder = Folder::new();
    let store = folder.store();
    wait(store.create(now(), key(1), session(b"data"))).unwrap();
    let short = Lifetime { max_age: Duration::from_mins(1), idle: None };
    let cut = Change { lifetime: Some(short), ..change(b"data") };
    assert!(matches!(wait(store.save(now(), key(1), 1, cut)).unwrap(), Saved::Done { .. }));
    assert_eq!(wait(store.delete_expired(now().plus(Duration::from_secs(59)), 10)).unwrap(), 0);
    assert_eq!(wait(store.delete_expired(now().plus(Duration::from_mins(1)), 10)).unwrap(), 1);
    wait(store.close()).unwrap();
}
