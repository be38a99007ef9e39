//! A disk that is full, and calls that fail among others.

#![forbid(unsafe_code)]

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot::Receiver;

use super::folder::{Folder, key, now, session, told, wait};
use crate::clock::{stopped, system};
use crate::error::{ErrorCode, Result};
use crate::store::record::Created;
use crate::store::sqlite::call::call;
use crate::store::sqlite::database::Database;
use crate::store::sqlite::shared::Shared;
use crate::store::sqlite::times::millis;
use crate::store::sqlite::writer::Writer;
use crate::store::sqlite::{create, rows};

fn shared(folder: &Folder) -> Shared {
    Shared::new(folder.options(), stopped(), system())
}

fn submit<T: Send + 'static>(
    shared: &Shared,
    work: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Receiver<Result<T>> {
    let (job, result) = call(work);
    shared.writes.push(job, Duration::ZERO, 0).unwrap();
    result
}

fn submit_session(shared: &Shared, n: u32, size: usize) -> Receiver<Result<Created>> {
    submit(shared, move |db| create::create(db, millis(now()), &key(n), &session(&vec![7; size])))
}

/// Has a writer with this connection do all that waits.
fn write(shared: &Shared, database: Database) -> Database {
    let mut writer = Writer::new(shared);
    let mut database = Some(database);
    shared.writes.take(usize::MAX, &mut writer.waiting);
    while !writer.waiting.is_empty() {
        database = writer.turn(database);
    }
    database.unwrap()
}

fn limit(database: &Database, pages: i64) {
    let set: i64 = database
        .connection
        .pragma_update_and_check(None, "max_page_count", pages, |row| row.get(0))
        .unwrap();
    assert_eq!(set, pages);
}

fn is_done(result: Receiver<Result<Created>>) -> bool {
    matches!(wait(result).unwrap(), Ok(Created::Done { .. }))
}

fn is_there(database: &Database, n: u32) -> bool {
    rows::live(&database.connection, millis(now()), &key(n)).unwrap().is_some()
}

#[test]
fn a_call_without_space_undoes_no_other() {
    let folder = Folder::new();
    let shared = shared(&folder);
    let database = shared.database(None).unwrap();
    let pages: i64 = database.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    limit(&database, pages + 3);

    let small = [submit_session(&shared, 1, 10), submit_session(&shared, 3, 10)];
    let large = submit_session(&shared, 2, 60_000);
    let deleted = submit(&shared, |db| rows::delete(db, millis(now()), &key(1), Duration::ZERO));
    let database = write(&shared, database);
    assert!(small.into_iter().all(is_done));
    let (code, text) = told(wait(large).unwrap());
    assert_eq!(code, ErrorCode::StoreUnavailable);
    assert!(text.contains("no space left") && text.contains("nothing was written"), "{text}");
    assert_eq!(wait(deleted).unwrap(), Ok(true));
    assert_eq!([1, 2, 3].map(|n| is_there(&database, n)), [false, false, true]);

    limit(&database, pages + 100);
    let large = submit_session(&shared, 2, 60_000);
    let database = write(&shared, database);
    assert!(is_done(large), "there is space again");
    assert!(is_there(&database, 2));
    let whole: String = database.connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}

#[test]
fn a_call_that_panics_undoes_no_other() {
    let folder = Folder::new();
    let shared = shared(&folder);
    let database = shared.database(None).unwrap();
    let before = submit_session(&shared, 1, 10);
    let panics = submit(&shared, |db| -> rusqlite::Result<()> {
        create::create(db, millis(now()), &key(2), &session(b"half"))?;
        panic!("hunter2")
    });
    let after = submit_session(&shared, 3, 10);
    let database = write(&shared, database);
    assert!(is_done(before) && is_done(after));
    let (code, text) = told(wait(panics).unwrap());
    assert_eq!(code, ErrorCode::Internal);
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!([1, 2, 3].map(|n| is_there(&database, n)), [true, false, true]);
}
