//! Files that cannot be used: what is said of each, and that it stays as it was.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::ffi;

use super::folder::{Folder, key, make, now, told, wait};
use crate::error::{Error, ErrorCode};
use crate::store::SessionStore;
use crate::store::sqlite::errors::explain;
use crate::store::sqlite::schema::{APPLICATION_ID, VERSION};
use crate::store::sqlite::{Options, SqliteStore, Synchronous};

/// What a store on this path says to its first call, twice.
fn refusal(path: &Path) -> (ErrorCode, String) {
    let store = SqliteStore::new(Options::new(path, Synchronous::Full)).unwrap();
    let read = told(wait(store.load(now(), key(1))));
    let written = told(wait(store.touch(now(), key(1))));
    assert_eq!(read, written);
    wait(store.close()).unwrap();
    let (code, text) = read;
    assert!(!text.contains('\n'), "{text}");
    (code, text)
}

/// The same, for a file that nothing happens to.
fn refusal_untouched(folder: &Folder) -> (ErrorCode, String) {
    let before = fs::read(folder.file()).unwrap();
    let refusal = refusal(&folder.file());
    assert!(fs::read(folder.file()).unwrap() == before, "it was changed");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is beside it");
    refusal
}

#[test]
fn a_missing_folder_is_named() {
    let folder = Folder::new();
    let (code, text) = refusal(&folder.path().join("missing\nfolder").join("sessions.db"));
    assert_eq!(code, ErrorCode::StoreUnavailable);
    assert!(text.contains("missing\\nfolder") && text.contains("does not exist: make it"), "{text}");
}

#[test]
fn a_folder_is_no_file() {
    let folder = Folder::new();
    let (code, text) = refusal(folder.path());
    assert_eq!(code, ErrorCode::StoreUnavailable);
    assert!(text.contains("is a folder: name a file in it"), "{text}");
}

#[test]
fn a_path_names_a_file() {
    for path in ["", ":memory:", "a\0b"] {
        let made = SqliteStore::new(Options::new(path, Synchronous::Normal));
        assert_eq!(made.err().unwrap().code(), ErrorCode::Config, "{path:?}");
    }
}

#[test]
fn what_is_no_database_is_left_alone() {
    for text in ["short", &"long enough for a header ".repeat(1_000)] {
        let folder = Folder::new();
        fs::write(folder.file(), text).unwrap();
        let (code, text) = refusal_untouched(&folder);
        assert_eq!(code, ErrorCode::StoreCorrupt);
        assert!(text.contains("is no SQLite database"), "{text}");
    }
}

#[test]
fn the_database_of_another_application_is_left_alone() {
    let folder = Folder::new();
    let other = folder.connection();
    other
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE theirs (id); PRAGMA user_version = 1")
        .unwrap();
    drop(other);
    let (code, text) = refusal_untouched(&folder);
    assert_eq!(code, ErrorCode::StoreCorrupt);
    assert!(text.contains("is the database of another application"), "{text}");
}

/// As another process leaves it between its first page and its tables.
#[test]
fn a_file_without_tables_is_taken_for_ours() {
    let folder = Folder::new();
    folder.connection().pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
    assert!(fs::metadata(folder.file()).unwrap().len() > 0);
    folder.used();
}

#[test]
fn a_mark_without_tables_is_another_applications() {
    let folder = Folder::new();
    folder.connection().pragma_update(None, "application_id", 7).unwrap();
    let (code, text) = refusal(&folder.file());
    assert_eq!(code, ErrorCode::StoreCorrupt);
    assert!(text.contains("is the database of another application"), "{text}");
}

#[test]
fn the_tables_of_a_newer_version_are_left_alone() {
    let folder = Folder::new();
    folder.used();
    folder.connection().pragma_update(None, "user_version", VERSION + 1).unwrap();
    let (code, text) = refusal_untouched(&folder);
    assert_eq!(code, ErrorCode::StoreVersion);
    assert!(text.contains(&format!("version {}, and this one knows {VERSION}", VERSION + 1)), "{text}");
}

/// The mark is still in the log when the header is read.
#[test]
fn a_newer_version_is_seen_in_the_log_too() {
    let folder = Folder::new();
    folder.used();
    let newer = folder.connection();
    newer.pragma_update(None, "user_version", VERSION + 1).unwrap();
    assert_eq!(refusal(&folder.file()).0, ErrorCode::StoreVersion);
}

#[test]
fn damage_is_told_and_nothing_is_made_up() {
    let folder = Folder::new();
    let store = folder.store();
    for n in 0..200 {
        make(&store, n);
    }
    wait(store.close()).unwrap();
    let mut bytes = fs::read(folder.file()).unwrap();
    bytes[4096..].fill(0xA5);
    fs::write(folder.file(), bytes).unwrap();
    let (code, text) = refusal(&folder.file());
    assert_eq!(code, ErrorCode::StoreCorrupt);
    assert!(text.contains("is damaged: restore it"), "{text}");
}

#[test]
fn a_row_that_was_not_written_here_is_told() {
    let folder = Folder::new();
    folder.used();
    folder.connection().execute("UPDATE sessions SET write_token = x'00'", []).unwrap();
    let store = folder.store();
    let (code, text) = told(wait(store.load(now(), key(1))));
    assert_eq!(code, ErrorCode::StoreCorrupt);
    assert!(text.contains("holds a table or a row"), "{text}");
    wait(store.close()).unwrap();
}

/// By its header, which also binds who may write every file.
#[test]
fn a_read_only_file_is_told() {
    const WRITE_VERSION: usize = 18;
    let folder = Folder::new();
    folder.used();
    let mut bytes = fs::read(folder.file()).unwrap();
    bytes[WRITE_VERSION] = 3;
    fs::write(folder.file(), bytes).unwrap();
    let store = folder.store();
    let (code, text) = told(wait(store.touch(now(), key(1))));
    assert_eq!(code, ErrorCode::StoreUnavailable);
    assert!(text.contains("is read-only: let this process write it"), "{text}");
    wait(store.close()).unwrap();
}

#[test]
fn what_sqlite_says_is_said_in_words() {
    let path = Path::new("/data/sessions.db");
    let rows = [
        (ffi::SQLITE_READONLY, ErrorCode::StoreUnavailable, "is read-only"),
        (ffi::SQLITE_READONLY_DBMOVED, ErrorCode::StoreUnavailable, "is read-only"),
        (ffi::SQLITE_CANTOPEN, ErrorCode::StoreUnavailable, "cannot be opened"),
        (ffi::SQLITE_PERM, ErrorCode::StoreUnavailable, "is read-only"),
        (ffi::SQLITE_FULL, ErrorCode::StoreUnavailable, "no space left"),
        (ffi::SQLITE_IOERR_FSYNC, ErrorCode::StoreUnavailable, "is not known"),
        (ffi::SQLITE_IOERR_WRITE, ErrorCode::StoreUnavailable, "is not known"),
        (ffi::SQLITE_CORRUPT_INDEX, ErrorCode::StoreCorrupt, "is damaged"),
        (ffi::SQLITE_NOTADB, ErrorCode::StoreCorrupt, "is no SQLite database"),
        (ffi::SQLITE_ERROR, ErrorCode::StoreCorrupt, "did not write"),
        (ffi::SQLITE_NOMEM, ErrorCode::StoreUnavailable, "cannot be used now"),
        (ffi::SQLITE_BUSY_SNAPSHOT, ErrorCode::StoreTimeout, "deadline"),
    ];
    for (code, expected, words) in rows {
        let failure = rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("secret".into()));
        let error: Error = explain(path, &failure);
        let text = error.to_string();
        assert_eq!(error.code(), expected, "{text}");
        assert!(text.contains(words) && !text.contains("secret"), "{text}");
    }
}

#[test]
fn a_new_file_is_ours_alone() {
    let folder = Folder::new();
    let store = folder.store();
    make(&store, 1);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    #[cfg(unix)]
    for file in files {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    wait(store.close()).unwrap();
    let connection: Connection = folder.connection();
    let mark: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
    assert_eq!(mark, APPLICATION_ID);
}
