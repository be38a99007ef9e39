//! The tables, and how a file comes to have them.

#![forbid(unsafe_code)]

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Error;

use super::errors::{explain, foreign, newer};

/// `IrKp`. It tells our files from all other databases.
pub(super) const APPLICATION_ID: i64 = 0x4972_4b70;

/// Each makes of the tables of its number those of the next one. What was released stays as it is.
pub(super) const MIGRATIONS: &[&str] = &[
    // A row of `sessions` is appended, and its key is in an index: as a table WITHOUT ROWID the data would be in the tree of
    // random keys, and every look-up would go through pages full of it. The data stands last, so that who
    // wants to know the rest alone reads none of it. The other tables have rows as short as their keys.
    "CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        write_token BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        last_seen_at INTEGER NOT NULL,
        authenticated_at INTEGER,
        expires_at INTEGER NOT NULL,
        absolute_expires_at INTEGER NOT NULL,
        idle INTEGER,
        user TEXT,
        label TEXT,
        data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX sessions_by_expiry ON sessions (expires_at);
    CREATE INDEX sessions_by_user ON sessions (user, created_at) WHERE user IS NOT NULL;

    CREATE TABLE tombstones (
        key BLOB PRIMARY KEY,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tombstones_by_expiry ON tombstones (expires_at);

    CREATE TABLE imports (
        import BLOB PRIMARY KEY,
        tag BLOB,
        done INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX imports_by_expiry ON imports (expires_at);

    CREATE TABLE revocations (
        user TEXT PRIMARY KEY,
        revoked_before INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX revocations_by_expiry ON revocations (expires_at);",
    // When to look whether a session has expired: never after `expires_at`, which every write moves, and mostly before it. So no
    // write moves an entry of an index. 0 is at the next sweeps, since to note all ends here would hold up every other process.
    "ALTER TABLE sessions ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
    DROP INDEX sessions_by_expiry;
    CREATE INDEX sessions_by_due ON sessions (due_at);",
];

/// The version of the tables that this code knows.
#[expect(clippy::cast_possible_wrap, reason = "there are few")]
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Gives the file the tables of this version. All of it is one transaction, which other processes wait for.
///
/// # Errors
/// `ERR_STORE_VERSION` for the tables of a newer version, `ERR_STORE_CORRUPT` for those of another application.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let explain = |error| explain(path, &error);
    if is_current(connection).map_err(explain)? {
        return Ok(());
    }
    if is_empty(connection).map_err(explain)? {
        // Only before the first table; it makes the file shrink again after a flood of sessions.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(explain)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explain)?;
    // Now nobody else changes it.
    let mut version = number(&transaction, "user_version").map_err(explain)?;
    let application = number(&transaction, "application_id").map_err(explain)?;
    if application == 0 && is_empty(&transaction).map_err(explain)? {
        version = 0;
    } else if application != APPLICATION_ID {
        return Err(foreign(path));
    } else if version > VERSION {
        return Err(newer(path, version, VERSION));
    }
    let done = usize::try_from(version).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration).map_err(explain)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(explain)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(explain)?;
    transaction.commit().map_err(explain)
}

fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(number(connection, "application_id")? == APPLICATION_ID && number(connection, "user_version")? == VERSION)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}
