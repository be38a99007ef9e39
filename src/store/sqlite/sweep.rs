//! Removing what has expired, a bounded part at a time, and giving its space back.

#![forbid(unsafe_code)]

use rusqlite::{Connection, params};

use super::times::Millis;

/// How many rows one transaction removes or looks at, at most: the calls behind it wait that long.
pub(super) const PART: u32 = 500;
/// How many sessions that have not ended one call looks at, at most, beside what it removes. Those that are due after them are
/// looked at by later calls.
pub(super) const LOOKS: u32 = 10 * PART;

/// Pages that are free are filled again. They are given back to the system only when they are most of the file and more than so
/// many, some with each part.
const MANY_FREE: i64 = 1_024;
const GIVEN_BACK: i64 = 256;

/// What one part removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Swept {
    /// Records of sessions.
    pub(super) sessions: u32,
    /// Tombstones, and markers of imports and revocations.
    pub(super) marks: u32,
    /// Sessions that were looked at, and have not ended.
    pub(super) later: u32,
}

/// Removes at most `limit` rows that expired at `until` or before.
pub(super) fn sweep(db: &Connection, until: Millis, limit: u32) -> rusqlite::Result<Swept> {
    // Sessions that were used since their end was noted have a later one. What is due and stays behind has ended.
    const LATER: &str = "UPDATE sessions SET due_at = expires_at WHERE expires_at > ?1 AND id IN (
        SELECT id FROM sessions WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2)";
    const SESSIONS: &str = "DELETE FROM sessions WHERE expires_at <= ?1 AND id IN (
        SELECT id FROM sessions WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2)";
    const MARKS: [&str; 3] = [
        "DELETE FROM tombstones WHERE key IN (
            SELECT key FROM tombstones WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        "DELETE FROM imports WHERE import IN (
            SELECT import FROM imports WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        "DELETE FROM revocations WHERE user IN (
            SELECT user FROM revocations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    ];
    let later = change(db, LATER, until, PART)?;
    let sessions = change(db, SESSIONS, until, limit.min(PART - later))?;
    let mut marks = 0;
    for sql in MARKS {
        marks += change(db, sql, until, limit - sessions - marks)?;
    }
    shrink(db)?;
    Ok(Swept { sessions, marks, later })
}

fn change(db: &Connection, sql: &str, until: Millis, limit: u32) -> rusqlite::Result<u32> {
    if limit == 0 {
        return Ok(0);
    }
    let changed = db.prepare_cached(sql)?.execute(params![until, limit])?;
    Ok(u32::try_from(changed).unwrap_or(limit))
}

fn shrink(db: &Connection) -> rusqlite::Result<()> {
    let free: i64 = db.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    let pages: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if free <= MANY_FREE || free * 2 <= pages {
        return Ok(());
    }
    // A row for each page.
    let mut statement = db.prepare(&format!("PRAGMA incremental_vacuum({GIVEN_BACK})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
