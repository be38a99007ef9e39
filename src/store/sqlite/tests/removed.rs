//! A file that is removed or replaced while it is open.

#![forbid(unsafe_code)]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::folder::{Folder, key, make, now, told, wait};
use crate::error::ErrorCode;
use crate::store::SessionStore;
use crate::store::record::Loaded;

/// Noticed within this.
const SECONDS: u64 = 5;

/// What happens to the file, and whether the session in it is there afterwards.
fn check(happens: impl Fn(&Folder), stays: bool) {
    let folder = Folder::new();
    let seconds = Arc::new(AtomicU64::new(0));
    let store = folder.store_at(&seconds);
    make(&store, 1);
    wait(store.load(now(), key(1))).unwrap();
    happens(&folder);
    seconds.fetch_add(SECONDS, Ordering::SeqCst);

    let (code, text) = told(wait(store.touch(now(), key(1))));
    assert_eq!(code, ErrorCode::StoreUnavailable);
    assert!(text.contains("was removed or replaced"), "{text}");
    make(&store, 2);
    assert_eq!(matches!(wait(store.load(now(), key(1))).unwrap(), Loaded::Found(_)), stays);
    assert!(matches!(wait(store.load(now(), key(2))).unwrap(), Loaded::Found(_)));
    wait(store.close()).unwrap();

    let again = folder.store();
    assert!(matches!(wait(again.load(now(), key(2))).unwrap(), Loaded::Found(_)), "the file has what was acknowledged");
    wait(again.close()).unwrap();
}

#[test]
fn a_removed_file_is_noticed() {
    check(
        |folder| {
            for file in fs::read_dir(folder.path()).unwrap() {
                fs::remove_file(file.unwrap().path()).unwrap();
            }
        },
        false,
    );
}

#[test]
fn a_replaced_file_is_noticed() {
    check(
        |folder| {
            let other = Folder::new();
            other.used();
            fs::remove_file(folder.path().join("sessions.db-wal")).unwrap();
            fs::remove_file(folder.path().join("sessions.db-shm")).unwrap();
            fs::rename(other.file(), folder.file()).unwrap();
        },
        true,
    );
}

#[test]
fn a_removed_log_is_noticed() {
    let folder = Folder::new();
    let seconds = Arc::new(AtomicU64::new(0));
    let store = folder.store_at(&seconds);
    make(&store, 1);
    fs::remove_file(folder.path().join("sessions.db-wal")).unwrap();
    seconds.fetch_add(SECONDS, Ordering::SeqCst);
    assert_eq!(told(wait(store.touch(now(), key(1)))).0, ErrorCode::StoreUnavailable);
    wait(store.close()).unwrap();
}
