//! Sweeping: by both clocks, and what becomes of the space.

#![forbid(unsafe_code)]

use std::fs;

use super::folder::{Folder, HOUR, key, now, session, wait};
use crate::clock::{monotonic, stopped};
use crate::error::Result;
use crate::store::SessionStore;
use crate::store::record::Loaded;
use crate::store::sqlite::SqliteStore;

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
