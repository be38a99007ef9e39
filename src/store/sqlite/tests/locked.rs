//! A file that another process has locked.

#![forbid(unsafe_code)]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use rusqlite::Connection;

use super::folder::{Folder, key, make, now, session, told, wait};
use crate::clock::system;
use crate::error::{ErrorCode, Result};
use crate::store::record::{Created, Loaded};
use crate::store::sqlite::SqliteStore;
use crate::store::{SessionStore, StoreFuture};

/// Begins a call, which waits for its answer then.
fn begin<T>(call: &mut StoreFuture<'_, T>) {
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

fn lock(folder: &Folder) -> Connection {
    let other = folder.connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

fn is_there(store: &SqliteStore, n: u32) -> bool {
    matches!(wait(store.load(now(), key(n))).unwrap(), Loaded::Found(_))
}

/// How many commits the log has.
fn commits(folder: &Folder) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let log = fs::read(folder.path().join("sessions.db-wal")).unwrap();
    // Only the last frame of a commit says how large the file is then.
    log[HEADER..].chunks_exact(FRAME).filter(|frame| frame[4..8] != [0; 4]).count()
}

#[test]
fn a_call_waits_for_the_lock_and_no_longer_than_it_may() {
    let folder = Folder::new();
    folder.used();
    let ticks = Arc::new(AtomicU64::new(0));
    let clock = {
        let ticks = Arc::clone(&ticks);
        Box::new(move || Duration::from_millis(100 * ticks.fetch_add(1, Ordering::SeqCst)))
    };
    let store = SqliteStore::with_clocks(folder.options(), clock, system()).unwrap();
    make(&store, 2);
    let other = lock(&folder);
    assert_eq!(told(wait(store.touch(now(), key(1)))).0, ErrorCode::StoreTimeout);
    assert!(is_there(&store, 1), "who reads does not wait");
    other.execute_batch("COMMIT").unwrap();
    assert!(wait(store.touch(now(), key(1))).unwrap().is_some());
    wait(store.close()).unwrap();
}

#[test]
fn a_call_that_was_given_up_before_it_began_is_not_done() {
    let folder = Folder::new();
    let store = folder.store();
    make(&store, 1);
    let other = lock(&folder);
    let mut given_up = store.create(now(), key(2), session(b"data"));
    let mut kept = store.create(now(), key(3), session(b"data"));
    begin(&mut given_up);
    begin(&mut kept);
    drop(given_up);
    other.execute_batch("COMMIT").unwrap();
    assert!(matches!(wait(kept).unwrap(), Created::Done { .. }));
    assert!(!is_there(&store, 2));
    wait(store.close()).unwrap();
}

#[test]
fn calls_that_wait_are_committed_together() {
    let folder = Folder::new();
    let store = folder.store();
    make(&store, 0);
    let other = lock(&folder);
    let before = commits(&folder);
    let mut calls: Vec<_> = (1..=100).map(|n| store.create(now(), key(n), session(b"data"))).collect();
    calls.iter_mut().for_each(begin);
    other.execute_batch("COMMIT").unwrap();
    let created: Result<Vec<_>> = calls.into_iter().map(wait).collect();
    assert!(created.unwrap().iter().all(|created| matches!(created, Created::Done { .. })));
    assert_eq!(commits(&folder) - before, 1);
    wait(store.close()).unwrap();
}

#[test]
fn closing_does_what_was_called_before() {
    let folder = Folder::new();
    let store = folder.store();
    make(&store, 0);
    let other = lock(&folder);
    let mut call = store.create(now(), key(1), session(b"data"));
    let mut closed = store.close();
    begin(&mut call);
    begin(&mut closed);
    assert_eq!(told(wait(store.load(now(), key(1)))).0, ErrorCode::StoreClosed);
    other.execute_batch("COMMIT").unwrap();
    wait(closed).unwrap();
    assert!(matches!(wait(call).unwrap(), Created::Done { .. }));
}

#[test]
fn no_more_calls_wait_than_fit() {
    let folder = Folder::new();
    let store = folder.store();
    make(&store, 0);
    let other = lock(&folder);
    let data = vec![0; 60_000];
    let mut calls: Vec<_> = (1..2_000).map(|n| store.create(now(), key(n), session(&data))).collect();
    let refused = calls
        .iter_mut()
        .find_map(|call| match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(result) => Some(result),
            std::task::Poll::Pending => None,
        });
    let (code, text) = told(refused.unwrap());
    assert_eq!(code, ErrorCode::StoreUnavailable);
    assert!(text.contains("Too many calls wait"), "{text}");
    drop(calls);
    drop(other);
    make(&store, 2_000);
    wait(store.close()).unwrap();
}
