//! A call on its way to a thread: what it does to the database, and who waits for it.

#![forbid(unsafe_code)]

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::panics::caught;

/// Why a call did not get through.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// It panicked.
    Ours(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// A call whose result is of any type.
pub(super) trait Job: Send {
    /// Whether nobody waits for it any more.
    fn is_given_up(&self) -> bool;

    /// Does it, within the transaction that the connection is in. May be done again after that was rolled back.
    fn run(&mut self, database: &Connection) -> Result<(), Failure>;

    /// Hands over what the last run came to.
    fn finish(self: Box<Self>);

    /// Hands over an error instead.
    fn fail(self: Box<Self>, error: Error);
}

struct Call<T, W> {
    work: W,
    outcome: Option<T>,
    answer: oneshot::Sender<Result<T>>,
}

/// A call that does `work`, and where its result comes out. Dropping that gives it up.
pub(super) fn call<T, W>(work: W) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    W: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    let (answer, result) = oneshot::channel();
    (Box::new(Call { work, outcome: None, answer }), result)
}

impl<T, W> Job for Call<T, W>
where
    T: Send,
    W: Fn(&Connection) -> rusqlite::Result<T> + Send,
{
    fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(&mut self, database: &Connection) -> Result<(), Failure> {
        self.outcome = None;
        self.outcome = Some(caught(|| (self.work)(database)).map_err(Failure::Ours)??);
        Ok(())
    }

    fn finish(self: Box<Self>) {
        // Without an outcome it was never run, which is the end that a dropped sender tells of.
        if let Some(outcome) = self.outcome {
            // Who has gone needs no answer.
            drop(self.answer.send(Ok(outcome)));
        }
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.answer.send(Err(error)));
    }
}
