//! Snapshots that are torn, damaged, foreign or newer, and processes that are killed while they write one.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::snapshots::{Folder, begin, fill, refusal};
use super::*;
use crate::error::ErrorCode;
use crate::store::conformance::block_on;
use crate::store::memory::snapshot::draft_of;

/// A folder with the snapshot of a filled store.
fn filled() -> (Folder, Vec<u8>) {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    fill(&store);
    store.snapshot().unwrap();
    let bytes = fs::read(folder.file()).unwrap();
    (folder, bytes)
}

#[test]
fn a_torn_one_is_refused_wherever_it_ends() {
    let (folder, bytes) = filled();
    for length in 0..bytes.len() {
        fs::write(folder.file(), &bytes[..length]).unwrap();
        let error = refusal(&folder);
        assert_eq!(error.code(), ErrorCode::StoreCorrupt, "{length} bytes: {error}");
        assert!(error.to_string().contains(folder.file().to_str().unwrap()), "{error}");
        assert_eq!(fs::read(folder.file()).unwrap(), bytes[..length], "it stays as it is");
    }
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_is() {
    let (folder, bytes) = filled();
    for place in 0..bytes.len() {
        for mask in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[place] ^= mask;
            fs::write(folder.file(), changed).unwrap();
            let is_version = (16..20).contains(&place) && bytes[place] ^ mask != 0;
            let expected = if is_version { ErrorCode::StoreVersion } else { ErrorCode::StoreCorrupt };
            assert_eq!(refusal(&folder).code(), expected, "byte {place}");
        }
    }
    fs::write(folder.file(), [&*bytes, b"x"].concat()).unwrap();
    assert_eq!(refusal(&folder).code(), ErrorCode::StoreCorrupt, "something behind the end");
}

#[test]
fn a_newer_one_is_left_alone() {
    let (folder, mut bytes) = filled();
    bytes[16] = 2;
    fs::write(folder.file(), &bytes).unwrap();
    let error = refusal(&folder);
    assert_eq!(error.code(), ErrorCode::StoreVersion);
    assert!(error.to_string().contains("version 2"), "{error}");
    assert_eq!(fs::read(folder.file()).unwrap(), bytes);
}

#[test]
fn a_place_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    let missing = folder.file().join("sessions");
    let error = MemoryStore::with_snapshot(MemoryOptions::default(), missing, at(0.0)).err().unwrap();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(error.to_string().contains("does not exist"), "{error}");
    fs::create_dir(folder.file()).unwrap();
    assert_eq!(refusal(&folder).code(), ErrorCode::StoreUnavailable, "a folder is no file");
}

#[test]
fn a_snapshot_that_fails_leaves_the_last_one() {
    let (folder, bytes) = filled();
    let store = begin(&folder, at(0.0)).unwrap();
    block_on(store.create(at(0.0), any_key(77), new_record(9))).unwrap();
    fs::create_dir(draft_of(&folder.file())).unwrap();
    let error = store.snapshot().unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(error.to_string().contains(folder.file().to_str().unwrap()), "{error}");
    assert_eq!(fs::read(folder.file()).unwrap(), bytes);
    assert!(block_on(store.close()).is_err(), "and closing says so");
    fs::remove_dir(draft_of(&folder.file())).unwrap();
    block_on(store.close()).unwrap();
    assert!(fs::read(folder.file()).unwrap().len() > bytes.len(), "closing again writes it");
}

#[test]
fn a_draft_that_was_left_is_no_snapshot() {
    let (folder, bytes) = filled();
    fs::write(draft_of(&folder.file()), &bytes[..bytes.len() / 2]).unwrap();
    let store = begin(&folder, at(0.0)).unwrap();
    assert!(store.held_entries() > 0);
    store.snapshot().unwrap();
    assert!(!draft_of(&folder.file()).exists());
}

/// A link in the place of the draft would have somebody's file overwritten.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_draft_is_not_followed() {
    let (folder, _) = filled();
    let other = folder.file().with_file_name("other");
    fs::write(&other, "mine").unwrap();
    std::os::unix::fs::symlink(&other, draft_of(&folder.file())).unwrap();
    begin(&folder, at(0.0)).unwrap().snapshot().unwrap();
    assert_eq!(fs::read(other).unwrap(), b"mine");
}

/// The test runs itself as another process, which writes one snapshot after the other and says so, until it is killed: once
/// it has begun to write another one. What is there then is one of the whole snapshots, and not an older one than
/// the last that it spoke of.
#[test]
fn a_process_that_is_killed_leaves_a_whole_snapshot() {
    const CHILD: &str = "IRONKEEP_TEST_SNAPSHOTS";
    const WORD: &str = "written: ";
    /// So many sessions more are in each, so that writing one takes a while.
    const LARGE: u32 = 200;
    if let Some(path) = std::env::var_os(CHILD) {
        let store = MemoryStore::with_snapshot(MemoryOptions::default(), path, at(0.0)).unwrap();
        for n in 1.. {
            let large = if n == 1 { LARGE } else { 0 };
            for n in [n].into_iter().chain(1_000_000..1_000_000 + large) {
                block_on(store.create(at(0.0), any_key(n), new_record(20_000))).unwrap();
            }
            store.snapshot().unwrap();
            println!("{WORD}{n}");
        }
    }
    let mut drafts = 0;
    for round in 0..10 {
        let folder = Folder::new();
        let name = "store::memory::tests::torn::a_process_that_is_killed_leaves_a_whole_snapshot";
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, folder.file())
            .stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(std::result::Result::unwrap);
        let mut words = lines.filter_map(|line| line.strip_prefix(WORD).map(|n| n.parse::<u64>().unwrap()));
        let spoken = words.nth(round).unwrap();
        while !draft_of(&folder.file()).exists() {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let spoken = words.last().unwrap_or(spoken);
        let written = begin(&folder, at(0.0)).unwrap().held_entries() - u64::from(LARGE);
        assert!(written == spoken || written == spoken + 1, "{written} after {spoken}");
        drafts += u32::from(draft_of(&folder.file()).exists());
    }
    assert!(drafts > 0, "no process was killed while it wrote");
}
