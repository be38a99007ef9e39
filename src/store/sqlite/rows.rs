//! Sessions as rows: loading, changing, moving their ends, ending them.

#![forbid(unsafe_code)]

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::session::id::StoreKey;
use crate::store::record::{Change, Loaded, Record, Saved, Version, WriteToken};

use super::times::{Millis, after, duration, span, timestamp};

/// What [`record`] reads.
macro_rules! select_record {
    ($condition:literal) => {
        concat!(
            "SELECT data, version, write_token, user, created_at, last_seen_at, authenticated_at, expires_at, \
             absolute_expires_at, idle, label FROM sessions WHERE ",
            $condition
        )
    };
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        data: row.get(0)?,
        version: row.get::<_, i64>(1)?.cast_unsigned(),
        write_token: WriteToken(row.get(2)?),
        user: row.get(3)?,
        created_at: timestamp(row.get(4)?),
        last_seen_at: timestamp(row.get(5)?),
        authenticated_at: row.get::<_, Option<Millis>>(6)?.map(timestamp),
        expires_at: timestamp(row.get(7)?),
        absolute_expires_at: timestamp(row.get(8)?),
        idle: row.get::<_, Option<Millis>>(9)?.map(duration),
        label: row.get(10)?,
    })
}

/// The session under a key that has not expired.
pub(super) fn live(db: &Connection, now: Millis, key: &StoreKey) -> rusqlite::Result<Option<Record>> {
    db.prepare_cached(select_record!("key = ?1 AND expires_at > ?2"))?
        .query_row(params![key.0, now], record)
        .optional()
}

/// Whether a session under this key has ended not long ago.
pub(super) fn has_tombstone(db: &Connection, now: Millis, key: &StoreKey) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM tombstones WHERE key = ?1 AND expires_at > ?2")?
        .exists(params![key.0, now])
}

pub(super) fn load(db: &Connection, now: Millis, key: &StoreKey) -> rusqlite::Result<Loaded> {
    Ok(match live(db, now, key)? {
        Some(record) => Loaded::Found(Box::new(record)),
        None if has_tombstone(db, now, key)? => Loaded::Ended,
        None => Loaded::Absent,
    })
}

pub(super) fn save(
    db: &Connection,
    now: Millis,
    key: &StoreKey,
    expected: Version,
    change: &Change,
) -> rusqlite::Result<Saved> {
    // Each arm sees the row as it was.
    const SAVE: &str = "UPDATE sessions SET
            version = version + 1, data = ?4, write_token = ?5, label = coalesce(?6, label),
            last_seen_at = max(last_seen_at, ?3),
            absolute_expires_at = coalesce(?7, absolute_expires_at),
            idle = CASE WHEN ?7 IS NULL THEN idle ELSE ?8 END,
            expires_at = CASE
                WHEN ?7 IS NULL THEN min(absolute_expires_at, ifnull(max(last_seen_at, ?3) + idle, absolute_expires_at))
                ELSE min(?7, ifnull(?3 + ?8, ?7))
            END
        WHERE key = ?1 AND version = ?2 AND expires_at > ?3
        RETURNING version, expires_at";
    let end = change.lifetime.map(|lifetime| after(now, lifetime.max_age));
    let idle = change.lifetime.and_then(|lifetime| lifetime.idle).map(span);
    let saved = db
        .prepare_cached(SAVE)?
        .query_row(
            params![key.0, expected.cast_signed(), now, change.data, change.write_token.0, change.label, end, idle],
            |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)),
        )
        .optional()?;
    if saved.is_some() && end.is_some() {
        sooner(db, key)?;
    }
    Ok(match saved {
        Some((version, end)) => Saved::Done { version: version.cast_unsigned(), expires_at: timestamp(end) },
        None => match live(db, now, key)? {
            Some(current) => Saved::Conflict(Box::new(current)),
            None => Saved::NotFound,
        },
    })
}

/// Has a session looked at no later than at its end, which a new lifetime may bring forward.
fn sooner(db: &Connection, key: &StoreKey) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE sessions SET due_at = expires_at WHERE key = ?1 AND due_at > expires_at")?
        .execute(params![key.0])?;
    Ok(())
}

pub(super) fn touch(db: &Connection, now: Millis, key: &StoreKey) -> rusqlite::Result<Option<Millis>> {
    const TOUCH: &str = "UPDATE sessions SET
            last_seen_at = max(last_seen_at, ?2),
            expires_at = min(absolute_expires_at, ifnull(max(last_seen_at, ?2) + idle, absolute_expires_at))
        WHERE key = ?1 AND expires_at > ?2
        RETURNING expires_at";
    db.prepare_cached(TOUCH)?.query_row(params![key.0, now], |row| row.get(0)).optional()
}

/// Ends a session, and says whether there was one that had not expired.
pub(super) fn delete(db: &Connection, now: Millis, key: &StoreKey, tombstone: Duration) -> rusqlite::Result<bool> {
    let was_live = db
        .prepare_cached("DELETE FROM sessions WHERE key = ?1 RETURNING expires_at > ?2")?
        .query_row(params![key.0, now], |row| row.get(0))
        .optional()?;
    bury(db, key, after(now, tombstone))?;
    Ok(was_live.unwrap_or(false))
}

/// Leaves a tombstone, or has the one that is there stay at least as long.
pub(super) fn bury(db: &Connection, key: &StoreKey, until: Millis) -> rusqlite::Result<()> {
    const BURY: &str = "INSERT INTO tombstones (key, expires_at) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)";
    db.prepare_cached(BURY)?.execute(params![key.0, until])?;
    Ok(())
}
