//! The threads that read, each with a connection of its own. They wait neither for the one that writes nor for each other.

#![forbid(unsafe_code)]

use std::collections::VecDeque;

use rusqlite::Connection;

use crate::error::Error;

use super::call::Failure;
use super::errors::{explain, leaves_the_connection};
use super::queue::Waiting;
use super::shared::Shared;

/// How many calls one transaction holds at most: it keeps the log from starting over.
const MAX_TOGETHER: usize = 64;

/// Works until the queue is closed and empty.
pub(super) fn run(shared: &Shared) {
    let mut database = None;
    let mut waiting = VecDeque::new();
    let readers = shared.options.readers.max(1);
    // The others have something to do too.
    while shared.reads.wait(&mut waiting, |calls| calls.div_ceil(readers).min(MAX_TOGETHER)) {
        waiting.retain(|call: &Waiting| !call.job.is_given_up());
        if waiting.is_empty() {
            continue;
        }
        match shared.database(database.take()) {
            Ok(opened) => {
                if read(shared, &opened.connection, &mut waiting) {
                    database = Some(opened);
                }
            }
            Err(error) => fail(&mut waiting, &error),
        }
    }
}

/// Does the calls in one transaction, so that the lock is asked for once. Says whether the connection is still good.
fn read(shared: &Shared, connection: &Connection, calls: &mut VecDeque<Waiting>) -> bool {
    let path = &shared.options.path;
    if let Err(error) = connection.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([])) {
        fail(calls, &explain(path, &error));
        return false;
    }
    let mut stays = true;
    for mut call in calls.drain(..) {
        match call.job.run(connection) {
            Ok(()) => call.job.finish(),
            Err(Failure::Ours(error)) => call.job.fail(error),
            Err(Failure::Sqlite(error)) => {
                stays &= leaves_the_connection(&error);
                call.job.fail(explain(path, &error));
            }
        }
    }
    let ended = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    stays && ended.is_ok()
}

fn fail(calls: &mut VecDeque<Waiting>, error: &Error) {
    for call in calls.drain(..) {
        call.job.fail(error.clone());
    }
}
