//! A folder for one test, and stores in it.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use crate::clock::{Timestamp, system};
use crate::error::ErrorCode;
use crate::session::id::StoreKey;
use crate::store::SessionStore;
pub(super) use crate::store::conformance::harness::block_on as wait;
use crate::store::record::{Change, Created, Lifetime, NewRecord, WriteToken};
use crate::store::sqlite::{Options, SqliteStore, Synchronous};

pub(super) const HOUR: Duration = Duration::from_hours(1);

/// A folder that goes when the test ends.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ironkeep-sqlite-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The file that the stores are on.
    pub(super) fn file(&self) -> PathBuf {
        self.0.join("sessions.db")
    }

    pub(super) fn options(&self) -> Options {
        Options::new(self.file(), Synchronous::Normal)
    }

    pub(super) fn store(&self) -> SqliteStore {
        SqliteStore::new(self.options()).unwrap()
    }

    /// A store by whose clock so many seconds have passed as `seconds` says.
    pub(super) fn store_at(&self, seconds: &Arc<AtomicU64>) -> SqliteStore {
        let seconds = Arc::clone(seconds);
        let clock = Box::new(move || Duration::from_secs(seconds.load(Ordering::SeqCst)));
        SqliteStore::with_clocks(self.options(), clock, system()).unwrap()
    }

    /// Another application's way in.
    pub(super) fn connection(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }

    /// A store that was used and closed.
    pub(super) fn used(&self) {
        let store = self.store();
        make(&store, 1);
        wait(store.close()).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A store that was only dropped may still be closing its files.
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000.0)
}

pub(super) fn key(n: u32) -> StoreKey {
    let mut key = [7; 34];
    key[2..6].copy_from_slice(&n.to_be_bytes());
    StoreKey(key)
}

pub(super) fn session(data: &[u8]) -> NewRecord {
    NewRecord {
        data: data.to_vec(),
        write_token: WriteToken([1; 16]),
        user: None,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: HOUR, idle: None },
        label: None,
        cap: None,
        import: None,
    }
}

pub(super) fn change(data: &[u8]) -> Change {
    Change { data: data.to_vec(), write_token: WriteToken([2; 16]), lifetime: None, label: None }
}

/// Makes the session `n`.
pub(super) fn make(store: &SqliteStore, n: u32) {
    let created = wait(store.create(now(), key(n), session(b"data"))).unwrap();
    assert!(matches!(created, Created::Done { .. }), "{created:?}");
}

/// The code and the text of what went wrong.
pub(super) fn told<T: std::fmt::Debug>(result: crate::error::Result<T>) -> (ErrorCode, String) {
    let error = result.unwrap_err();
    (error.code(), error.to_string())
}
