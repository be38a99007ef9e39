//! One connection to the file, and whether the file is still the one that it was opened on.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::clock::Monotonic;
use crate::error::{Error, Result};

use super::backoff::Backoff;
use super::errors::{explain, moved, no_wal, read_only};
use super::file::{Held, Identity};
use super::options::{Options, Synchronous};
use super::schema::migrate;

/// How long a file that was removed or replaced may go unnoticed.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The size of the cache of pages, in KiB, and how many statements stay prepared.
const CACHE_KIB: i64 = 8 * 1024;
const STATEMENTS: usize = 64;
/// After how many pages the log is taken into the file: each time the disk is waited for.
const LOG_PAGES: i64 = 4_000;
/// What the log shrinks to when it starts over, in bytes.
const MAX_IDLE_LOG: i64 = 16 * 1024 * 1024;

/// An open file.
pub(super) struct Database {
    pub(super) connection: Connection,
    path: PathBuf,
    /// Behind the connection, which is closed first.
    file: Held,
    log: Option<Identity>,
    checked: Duration,
    /// How often the file had been found to be another one before this was opened.
    pub(super) moves: u64,
}

impl Database {
    /// Opens the file, and makes it and its tables when they are missing.
    pub(super) fn open(options: &Options, clock: &Monotonic, moves: u64) -> Result<Self> {
        let path = &options.path;
        let file = Held::open(path)?;
        let explained = |error| explain(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(explained)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        if connection.is_readonly("main").map_err(explained)? {
            return Err(read_only(path));
        }
        // SQLite's own waiting has pauses so long that others who write get in between for seconds.
        connection.busy_timeout(Duration::ZERO).map_err(explained)?;
        let (mut backoff, since) = (Backoff::new(), clock());
        while let Err(error) = prepare(&mut connection, options) {
            if error != Error::StoreTimeout || clock().saturating_sub(since) >= options.busy_timeout {
                return Err(error);
            }
            backoff.wait();
        }
        connection.busy_timeout(options.busy_timeout).map_err(explained)?;
        let log = Identity::at(&log_of(path));
        Ok(Self { connection, path: path.clone(), file, log, checked: clock(), moves })
    }

    /// Looks whether the file is still there, at most once a second.
    ///
    /// # Errors
    /// `ERR_STORE_UNAVAILABLE` when it is not: what would be written to this connection would be nowhere.
    pub(super) fn check(&mut self, now: Duration) -> Result<()> {
        if now.saturating_sub(self.checked) < CHECK_EVERY {
            return Ok(());
        }
        self.checked = now;
        let is_there = self.file.is_at(&self.path);
        let has_log = self.log.is_none() || Identity::at(&log_of(&self.path)) == self.log;
        if is_there && has_log { Ok(()) } else { Err(moved(&self.path)) }
    }
}

/// Makes the tables, and sets the connection up. May be done again when it was too busy.
fn prepare(connection: &mut Connection, options: &Options) -> Result<()> {
    let path = &options.path;
    let explained = |error| explain(path, &error);
    migrate(connection, path)?;
    // Where it is not on yet, nobody else may be at the file.
    let log: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(explained)?;
    if log != "wal" {
        return Err(no_wal(path));
    }
    configure(connection, options.synchronous).map_err(explained)?;
    opens(connection).map_err(explained)
}

/// Opens the log, and the tables.
///
/// What this connection knows of the tables may be from before another one made them. SQLite looks again where one is missing, unless
/// it is too busy: then it says that there is none. Within a transaction that has begun to read it is not.
fn opens(connection: &mut Connection) -> rusqlite::Result<()> {
    let reading = connection.transaction()?;
    reading.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    reading.execute_batch("SELECT 1 FROM sessions LIMIT 0")?;
    reading.commit()
}

fn configure(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    match synchronous {
        Synchronous::Normal => connection.pragma_update(None, "synchronous", "NORMAL")?,
        Synchronous::Full => {
            connection.pragma_update(None, "synchronous", "FULL")?;
            // Elsewhere than on macOS a disk is asked to keep what it says it has.
            connection.pragma_update(None, "fullfsync", true)?;
        }
    }
    // What a session was is overwritten where that costs no page more.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", MAX_IDLE_LOG)
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
