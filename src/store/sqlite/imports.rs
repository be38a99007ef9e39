//! The markers of imports: nothing, then open, then done.

#![forbid(unsafe_code)]

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::session::id::Tag;
use crate::store::record::{Import, ImportKey};

use super::times::{Millis, after};

pub(super) fn begin(
    db: &Connection,
    now: Millis,
    import: &ImportKey,
    tag: Tag,
    keep: Duration,
) -> rusqlite::Result<Import> {
    let until = after(now, keep);
    if let Some((tag, done)) = marker(db, now, import)? {
        db.prepare_cached("UPDATE imports SET expires_at = max(expires_at, ?2) WHERE import = ?1")?
            .execute(params![import.0, until])?;
        return Ok(match tag {
            Some(tag) if !done => Import::Open(tag),
            tag => Import::Done(tag),
        });
    }
    // What is there has expired.
    db.prepare_cached("INSERT OR REPLACE INTO imports (import, tag, done, expires_at) VALUES (?1, ?2, 0, ?3)")?
        .execute(params![import.0, tag.0, until])?;
    Ok(Import::Open(tag))
}

pub(super) fn end(db: &Connection, now: Millis, import: &ImportKey, keep: Duration) -> rusqlite::Result<()> {
    // A marker that has expired is none, and so is its tag.
    const END: &str = "INSERT INTO imports (import, tag, done, expires_at) VALUES (?1, NULL, 1, ?2)
        ON CONFLICT (import) DO UPDATE SET
            tag = CASE WHEN expires_at > ?3 THEN tag END, done = 1, expires_at = max(expires_at, excluded.expires_at)";
    db.prepare_cached(END)?.execute(params![import.0, after(now, keep), now])?;
    Ok(())
}

/// Whether the record of this import may be created, with an id of this tag.
pub(super) fn is_open(db: &Connection, now: Millis, import: &ImportKey, tag: Tag) -> rusqlite::Result<bool> {
    Ok(marker(db, now, import)? == Some((Some(tag), false)))
}

/// Notes that the record was created.
pub(super) fn finish(db: &Connection, import: &ImportKey) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE imports SET done = 1 WHERE import = ?1")?.execute([import.0])?;
    Ok(())
}

fn marker(db: &Connection, now: Millis, import: &ImportKey) -> rusqlite::Result<Option<(Option<Tag>, bool)>> {
    db.prepare_cached("SELECT tag, done FROM imports WHERE import = ?1 AND expires_at > ?2")?
        .query_row(params![import.0, now], |row| Ok((row.get::<_, Option<_>>(0)?.map(Tag), row.get(1)?)))
        .optional()
}
