//! New sessions: by `create`, and in the place of another by `regenerate`.

#![forbid(unsafe_code)]

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::session::id::StoreKey;
use crate::store::record::{Created, NewRecord, OnFull, Regenerated, Version, WriteToken};

use super::imports;
use super::rows::{delete, has_tombstone, live};
use super::times::{Millis, after, before, span, timestamp};

pub(super) fn create(db: &Connection, now: Millis, key: &StoreKey, new: &NewRecord) -> rusqlite::Result<Created> {
    add(db, now, key, new, None)
}

pub(super) fn regenerate(
    db: &Connection,
    now: Millis,
    from: &StoreKey,
    expected: Version,
    (to, new): (&StoreKey, &NewRecord),
    tombstone: Duration,
) -> rusqlite::Result<Regenerated> {
    match live(db, now, from)? {
        None => return Ok(Regenerated::NotFound),
        Some(current) if current.version != expected => return Ok(Regenerated::Conflict(Box::new(current))),
        Some(_) => {}
    }
    let created = add(db, now, to, new, Some(from))?;
    if matches!(created, Created::Done { .. }) {
        delete(db, now, from, tombstone)?;
    }
    Ok(Regenerated::Created(created))
}

/// Adds a session, unless something is against it. Then nothing is changed. `ending` is about to end, and counts for nothing.
fn add(
    db: &Connection,
    now: Millis,
    key: &StoreKey,
    new: &NewRecord,
    ending: Option<&StoreKey>,
) -> rusqlite::Result<Created> {
    if let Some(token) = written_by(db, now, key)? {
        return Ok(Created::Exists(token));
    }
    if has_tombstone(db, now, key)? {
        return Ok(Created::Ended);
    }
    if let Some(import) = &new.import
        && !imports::is_open(db, now, import, key.tag())?
    {
        return Ok(Created::Ended);
    }
    let authenticated_at = match (new.authenticated, &new.user) {
        (Some(age), _) => Some(before(now, age)),
        (None, Some(_)) => Some(now),
        (None, None) => None,
    };
    let mut evicted = Vec::new();
    if let Some(user) = &new.user {
        if is_revoked(db, now, user, authenticated_at)? {
            return Ok(Created::Revoked);
        }
        if let Some(cap) = new.cap {
            evicted = over(db, now, user, cap.max, ending)?;
            match cap.on_full {
                OnFull::Refuse if !evicted.is_empty() => return Ok(Created::Full),
                OnFull::Refuse => {}
                OnFull::EvictOldest { tombstone } => {
                    for old in &evicted {
                        delete(db, now, old, tombstone)?;
                    }
                }
            }
        }
    }
    let expires_at = insert(db, now, key, new, authenticated_at)?;
    if let Some(import) = &new.import {
        imports::finish(db, import)?;
    }
    Ok(Created::Done { expires_at: timestamp(expires_at), evicted })
}

/// The token of the session under this key that has not expired.
fn written_by(db: &Connection, now: Millis, key: &StoreKey) -> rusqlite::Result<Option<WriteToken>> {
    db.prepare_cached("SELECT write_token FROM sessions WHERE key = ?1 AND expires_at > ?2")?
        .query_row(params![key.0, now], |row| row.get(0).map(WriteToken))
        .optional()
}

fn is_revoked(db: &Connection, now: Millis, user: &str, authenticated_at: Option<Millis>) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM revocations WHERE user = ?1 AND expires_at > ?2 AND revoked_before > ?3")?
        .exists(params![user, now, authenticated_at])
}

/// The sessions that have to end for one more of this user, the oldest first.
fn over(
    db: &Connection,
    now: Millis,
    user: &str,
    max: u32,
    ending: Option<&StoreKey>,
) -> rusqlite::Result<Vec<StoreKey>> {
    const OTHERS: &str = "SELECT key FROM sessions
        WHERE user = ?1 AND expires_at > ?2 AND key IS NOT ?3 ORDER BY created_at, id";
    let mut oldest = db
        .prepare_cached(OTHERS)?
        .query_map(params![user, now, ending.map(|key| key.0)], |row| row.get(0).map(StoreKey))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let others = usize::try_from(max.max(1) - 1).unwrap_or(usize::MAX);
    oldest.truncate(oldest.len().saturating_sub(others));
    Ok(oldest)
}

/// Writes the row, and gives its end. What is under the key has expired.
fn insert(
    db: &Connection,
    now: Millis,
    key: &StoreKey,
    new: &NewRecord,
    authenticated_at: Option<Millis>,
) -> rusqlite::Result<Millis> {
    const INSERT: &str = "INSERT OR REPLACE INTO sessions (
            key, version, write_token, created_at, last_seen_at, authenticated_at,
            expires_at, absolute_expires_at, idle, user, label, data, due_at
        ) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?6)";
    let end = after(now, new.lifetime.max_age);
    let expires_at = new.lifetime.idle.map_or(end, |idle| after(now, idle).min(end));
    db.prepare_cached(INSERT)?.execute(params![
        key.0,
        new.write_token.0,
        before(now, new.age),
        now,
        authenticated_at,
        expires_at,
        end,
        new.lifetime.idle.map(span),
        new.user,
        new.label,
        new.data,
    ])?;
    Ok(expires_at)
}
