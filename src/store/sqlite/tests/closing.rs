//! What is left after `close`: the file, and nothing else.

#![forbid(unsafe_code)]

use std::fs;

use super::folder::{Folder, key, make, now, wait};
use crate::store::SessionStore;

#[test]
fn only_the_file_is_left() {
    let folder = Folder::new();
    folder.used();
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["sessions.db"]);
}

#[test]
fn nothing_is_opened_before_the_first_call() {
    let folder = Folder::new();
    let store = folder.store();
    drop(store.load(now(), key(1)));
    wait(store.close()).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
fn open_files(folder: &Folder) -> usize {
    let open = fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    open.filter(|file| file.starts_with(folder.path())).count()
}

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left() {
    let folder = Folder::new();
    let store = folder.store();
    make(&store, 1);
    wait(store.load(now(), key(1))).unwrap();
    assert!(open_files(&folder) > 0);
    wait(store.close()).unwrap();
    assert_eq!(open_files(&folder), 0);
}

/// By SQLite's shared lock others know that the log is in use. It belongs to the process, and would go with any descriptor.
#[cfg(target_os = "linux")]
#[test]
fn a_second_store_takes_no_lock_of_the_first() {
    use std::os::unix::fs::MetadataExt;

    let folder = Folder::new();
    let first = folder.store();
    make(&first, 1);
    let file = format!(":{} ", fs::metadata(folder.file()).unwrap().ino());
    let locked = || fs::read_to_string("/proc/locks").unwrap().lines().any(|lock| lock.contains(&file));
    assert!(locked());
    let second = folder.store();
    wait(second.load(now(), key(1))).unwrap();
    wait(second.close()).unwrap();
    assert!(locked());
    wait(first.close()).unwrap();
    assert!(!locked());
}
