//! The thread that writes: it commits all calls that wait by then together, since a commit costs more than what is in it.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::mem;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::Error;

use super::backoff::Backoff;
use super::call::Failure;
use super::database::Database;
use super::errors::{explain, is_busy, is_full, leaves_the_connection};
use super::queue::Waiting;
use super::shared::Shared;

/// How many calls one commit holds at most: the first of them waits for all.
const MAX_TOGETHER: usize = 256;
/// How long those who read may keep the log from being taken in: each of their transactions is a few look-ups.
const READERS_TAKE: Duration = Duration::from_millis(100);
/// For how long after meeting another process at the lock this one leaves it room between two commits.
const POLITE: Duration = Duration::from_secs(1);
/// That room: a process that commits without a pause would lock out all others, which only look now and then.
const ROOM: Duration = Duration::from_micros(200);

/// Works until the queue is closed and empty.
pub(super) fn run(shared: &Shared) {
    let mut writer = Writer::new(shared);
    let mut database = None;
    while !writer.waiting.is_empty() || shared.writes.wait(&mut writer.waiting, |_| MAX_TOGETHER) {
        database = writer.turn(database);
    }
    if let Some(database) = database {
        // Also where another process keeps the file open, and SQLite would leave the log as it is.
        make_room(&database.connection);
    }
}

pub(super) struct Writer<'a> {
    shared: &'a Shared,
    pub(super) waiting: VecDeque<Waiting>,
    /// How many of them are to be committed one by one.
    alone: usize,
    polite_until: Duration,
}

/// What a transaction came to that was not committed.
struct Undone {
    failure: Failure,
    /// Whether that is known. A disk that failed may have the commit all the same.
    is_known: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self { shared, waiting: VecDeque::new(), alone: 0, polite_until: Duration::ZERO }
    }

    /// Commits some of the calls, or tells them why not. Gives the connection back while it is good.
    pub(super) fn turn(&mut self, database: Option<Database>) -> Option<Database> {
        self.waiting.retain(|waiting| !waiting.job.is_given_up());
        if self.waiting.is_empty() {
            return database;
        }
        let database = match self.shared.database(database) {
            Ok(database) => database,
            Err(error) => {
                fail(self.waiting.drain(..), &error);
                return None;
            }
        };
        let stays = match self.begin(&database.connection) {
            Ok(true) => self.commit(&database.connection),
            Ok(false) => true,
            Err(error) => {
                fail(self.waiting.drain(..), &explain(&self.shared.options.path, &error));
                leaves_the_connection(&error)
            }
        };
        if !self.waiting.is_empty() && (self.shared.clock)() < self.polite_until {
            thread::sleep(ROOM);
        }
        stays.then_some(database)
    }

    /// Begins a transaction, as soon as no other process has one. `false`: nobody waits any more.
    fn begin(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        // It would pause without looking whether somebody still waits.
        connection.busy_timeout(Duration::ZERO)?;
        let mut backoff = Backoff::new();
        loop {
            match connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]) {
                Ok(_) => return Ok(true),
                Err(error) if !is_busy(&error) => return Err(error),
                Err(_) => {}
            }
            let now = (self.shared.clock)();
            self.polite_until = now + POLITE;
            self.give_up_the_late(now);
            if self.waiting.is_empty() {
                return Ok(false);
            }
            backoff.wait();
        }
    }

    fn give_up_the_late(&mut self, now: Duration) {
        let timeout = self.shared.options.busy_timeout;
        for waiting in mem::take(&mut self.waiting) {
            if now.saturating_sub(waiting.since) > timeout {
                waiting.job.fail(Error::StoreTimeout);
            } else if !waiting.job.is_given_up() {
                self.waiting.push_back(waiting);
            }
        }
    }

    /// Does calls within the transaction that was begun, and commits them. Says whether the connection is still good.
    ///
    /// When one of them fails, all are undone, and then each is done in a transaction of its own: that costs something only when
    /// it happens, and a savepoint for each call would cost it always.
    fn commit(&mut self, connection: &Connection) -> bool {
        let was_alone = self.alone > 0;
        let mut calls = self.take();
        let Err(Undone { failure, is_known }) = run_all(connection, &mut calls) else {
            for call in calls {
                call.job.finish();
            }
            return true;
        };
        let is_undone = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        let stays = is_undone
            && match &failure {
                Failure::Sqlite(error) => leaves_the_connection(error),
                Failure::Ours(_) => true,
            };
        let is_full = matches!(&failure, Failure::Sqlite(error) if is_full(error));
        if is_full && is_undone {
            make_room(connection);
        }
        if is_known && stays && !was_alone && (calls.len() > 1 || is_full) {
            self.alone = calls.len();
            calls.append(&mut self.waiting);
            self.waiting = calls;
        } else {
            fail(calls.into_iter(), &self.explain(failure));
        }
        stays
    }

    /// The calls of this transaction: also those that came while it waited for the lock.
    fn take(&mut self) -> VecDeque<Waiting> {
        if self.alone > 0 {
            self.alone -= 1;
            return self.waiting.pop_front().into_iter().collect();
        }
        self.shared
            .writes
            .take(MAX_TOGETHER.saturating_sub(self.waiting.len()), &mut self.waiting);
        mem::take(&mut self.waiting)
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Sqlite(error) => explain(&self.shared.options.path, &error),
            Failure::Ours(error) => error,
        }
    }
}

fn run_all(connection: &Connection, calls: &mut VecDeque<Waiting>) -> Result<(), Undone> {
    for call in calls {
        // The last moment at which it can be given up.
        if !call.job.is_given_up() {
            call.job.run(connection).map_err(|failure| Undone { failure, is_known: true })?;
        }
    }
    let committed = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    committed
        .map(drop)
        .map_err(|error| Undone { is_known: is_full(&error), failure: error.into() })
}

/// Takes the log into the file: what it holds twice is space. Where the file would have to grow, this fails too.
fn make_room(connection: &Connection) {
    let patient = connection.busy_timeout(READERS_TAKE);
    drop(patient.and_then(|()| connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")));
}

fn fail(calls: impl Iterator<Item = Waiting>, error: &Error) {
    for call in calls {
        call.job.fail(error.clone());
    }
}
