//! Several stores on one file, and many calls at once.

#![forbid(unsafe_code)]

use std::thread;

use super::folder::{Folder, change, key, make, now, session, wait};
use crate::store::SessionStore;
use crate::store::record::{Created, Loaded, Saved};
use crate::store::sqlite::SqliteStore;

const EACH: u32 = 2_000;

fn count(data: &[u8]) -> u32 {
    u32::from_be_bytes(data.try_into().unwrap())
}

fn increment(store: &SqliteStore) {
    loop {
        let Loaded::Found(record) = wait(store.load(now(), key(1))).unwrap() else { panic!("it is gone") };
        let data = (count(&record.data) + 1).to_be_bytes();
        match wait(store.save(now(), key(1), record.version, change(&data))).unwrap() {
            Saved::Done { .. } => return,
            Saved::Conflict(_) => {}
            Saved::NotFound => panic!("it is gone"),
        }
    }
}

#[test]
fn two_stores_on_one_file_lose_no_update() {
    let folder = Folder::new();
    let stores = [folder.store(), folder.store()];
    let created = wait(stores[0].create(now(), key(1), session(&[0; 4]))).unwrap();
    assert!(matches!(created, Created::Done { .. }), "{created:?}");
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(move || (0..EACH).for_each(|_| increment(store)));
        }
    });
    let Loaded::Found(record) = wait(stores[1].load(now(), key(1))).unwrap() else { panic!("it is gone") };
    assert_eq!((count(&record.data), record.version), (2 * EACH, u64::from(2 * EACH) + 1));
    for store in &stores {
        wait(store.close()).unwrap();
    }
}

#[test]
fn a_new_file_may_be_opened_by_many_at_once() {
    for _ in 0..40 {
        let folder = Folder::new();
        let stores: Vec<_> = (0..8).map(|_| folder.store()).collect();
        thread::scope(|scope| {
            for (n, store) in (0..).zip(&stores) {
                scope.spawn(move || make(store, n));
            }
        });
        let loaded = wait(stores[0].load_many(now(), (0..8).map(key).collect())).unwrap();
        assert!(loaded.iter().all(|loaded| matches!(loaded, Loaded::Found(_))), "{loaded:?}");
        for store in &stores {
            wait(store.close()).unwrap();
        }
    }
}
