//! The sessions of a user: their list, their number, the end of all of them.

#![forbid(unsafe_code)]

use rusqlite::{Connection, params};

use crate::session::id::StoreKey;
use crate::store::record::{Listed, Revocation};

use super::rows::bury;
use super::times::{Millis, after, timestamp};

pub(super) fn list(db: &Connection, now: Millis, user: &str) -> rusqlite::Result<Vec<Listed>> {
    const LIST: &str = "SELECT key, created_at, last_seen_at, authenticated_at, expires_at, label FROM sessions
        WHERE user = ?1 AND expires_at > ?2 ORDER BY created_at, id";
    db.prepare_cached(LIST)?
        .query_map(params![user, now], |row| {
            Ok(Listed {
                key: StoreKey(row.get(0)?),
                created_at: timestamp(row.get(1)?),
                last_seen_at: timestamp(row.get(2)?),
                authenticated_at: row.get::<_, Option<Millis>>(3)?.map(timestamp),
                expires_at: timestamp(row.get(4)?),
                label: row.get(5)?,
            })
        })?
        .collect()
}

pub(super) fn count(db: &Connection, now: Millis, user: &str) -> rusqlite::Result<u64> {
    db.prepare_cached("SELECT count(*) FROM sessions WHERE user = ?1 AND expires_at > ?2")?
        .query_row(params![user, now], |row| row.get::<_, i64>(0).map(i64::cast_unsigned))
}

/// Ends also those that have expired by the caller's clock, which may be ahead of others.
pub(super) fn revoke(db: &Connection, now: Millis, user: &str, revocation: &Revocation) -> rusqlite::Result<u64> {
    const REMEMBER: &str = "INSERT INTO revocations (user, revoked_before, expires_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (user) DO UPDATE SET
            revoked_before = max(revoked_before, excluded.revoked_before),
            expires_at = max(expires_at, excluded.expires_at)";
    const END: &str = "DELETE FROM sessions WHERE user = ?1 AND key IS NOT ?2 RETURNING key, expires_at > ?3";
    db.prepare_cached(REMEMBER)?.execute(params![user, now, after(now, revocation.keep)])?;
    let ended = db
        .prepare_cached(END)?
        .query_map(params![user, revocation.except.map(|key| key.0), now], |row| {
            Ok((StoreKey(row.get(0)?), row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<(StoreKey, bool)>>>()?;
    let until = after(now, revocation.tombstone);
    for (key, _) in &ended {
        bury(db, key, until)?;
    }
    Ok(ended.iter().filter(|(_, was_live)| *was_live).count() as u64)
}
