//! Running scripts on one server, and reading from it.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, RedisError, RedisResult, Value};

use crate::error::{Error, Result};

use super::connection::{Connection, Open, Source};
use super::errors::{ends_the_connection, explain, is_replica, is_unknown_script, not_sent};
use super::eviction::Eviction;
use super::link::{Answer, Commands, Link};
use super::replicas::Replicas;
use super::script::Script;

/// What is to be done on one slot.
#[derive(Clone, Copy)]
pub(super) enum Work<'a> {
    /// A script, with what it is given. The slot is its only key.
    Script { script: &'a Script, slot: &'a str, arguments: &'a [&'a [u8]] },
    /// Commands that only read keys of the slot, sent together. The answer is a list of theirs, or the first error among them.
    Reads { commands: &'a Commands, slot: &'a str },
}

impl Work<'_> {
    pub(super) const fn slot(&self) -> &str {
        match self {
            Self::Script { slot, .. } | Self::Reads { slot, .. } => slot,
        }
    }

    const fn only_reads(&self) -> bool {
        match self {
            Self::Script { script, .. } => script.only_reads,
            Self::Reads { .. } => true,
        }
    }
}

/// A server, or whichever the master is.
pub(super) struct Server {
    connection: Arc<Connection>,
    /// Writes that replicas are waited for go here, where that holds up nobody else.
    pub(super) replicas: Replicas,
}

impl Server {
    /// Connects to nothing yet.
    pub(super) fn new(source: impl Fn() -> Source, eviction: &Arc<Eviction>, patience: Duration) -> Self {
        let connection = || Connection::new(source(), Arc::clone(eviction), patience);
        Self { connection: connection(), replicas: Replicas::new(connection()) }
    }

    pub(super) async fn run(&self, work: Work<'_>) -> Result<Value, Failure> {
        run(&self.connection, work).await.map(|(value, _)| value)
    }

    /// One command that is no script, once.
    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value, Failure> {
        let open = self.connection.open().await.map_err(Failure::Unreached)?;
        let mut leaving = Leaving::new(&self.connection, open.number);
        leaving.after(send(&open.link, command).await)
    }
}

/// Does work, and says on which connection.
pub(super) async fn run(connection: &Arc<Connection>, work: Work<'_>) -> Result<(Value, Open), Failure> {
    let result = run_once(connection, work).await;
    let again = match &result {
        // Such as the connection to a server that was restarted since the last call.
        Err(Failure::NotSent(_)) => true,
        Err(Failure::Redis(error)) => {
            (work.only_reads() && error.is_connection_dropped()) || (connection.may_move() && is_replica(error))
        }
        _ => false,
    };
    if again { run_once(connection, work).await } else { result }
}

async fn run_once(connection: &Arc<Connection>, work: Work<'_>) -> Result<(Value, Open), Failure> {
    let open = connection.open().await.map_err(Failure::Unreached)?;
    let mut leaving = Leaving::new(connection, open.number);
    let result = match work {
        Work::Script { script, slot, arguments } => {
            match evaluate(&open.link, "EVALSHA", &script.hash, slot, arguments).await {
                // One call, so that it cannot be forgotten between the two.
                Err(Failure::Redis(error)) if is_unknown_script(&error) => {
                    evaluate(&open.link, "EVAL", &script.text, slot, arguments).await
                }
                result => result,
            }
        }
        Work::Reads { commands, .. } => answer(open.link.send_all(commands)).await,
    };
    leaving.after(result).map(|value| (value, open))
}

/// Leaves the connection when it is dropped, as it is with a call whose deadline passes: then the server may not be there any
/// more.
pub(super) struct Leaving<'a> {
    connection: &'a Connection,
    /// `None`: it is of use, and stays.
    number: Option<u64>,
}

impl<'a> Leaving<'a> {
    pub(super) fn new(connection: &'a Connection, number: u64) -> Self {
        Self { connection, number: Some(number) }
    }

    /// Stays, unless this says that the connection is of no use any more.
    pub(super) fn after<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if !result.as_ref().is_err_and(Failure::ends_the_connection) {
            self.number = None;
        }
        result
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.connection.give_up(number);
        }
    }
}

/// Why a call did not get through.
pub(super) enum Failure {
    /// What the server said, or that it did not.
    Redis(RedisError),
    /// Nothing of it left this process.
    NotSent(RedisError),
    /// There is no connection.
    Unreached(Error),
}

impl Failure {
    fn ends_the_connection(&self) -> bool {
        match self {
            Self::Redis(error) => ends_the_connection(error),
            Self::NotSent(_) => true,
            Self::Unreached(_) => false,
        }
    }

    pub(super) fn explained(self) -> Error {
        match self {
            Self::Redis(error) => explain(&error),
            Self::NotSent(error) => not_sent(&error),
            Self::Unreached(error) => error,
        }
    }
}

async fn evaluate(link: &Link, command: &str, script: &str, slot: &str, arguments: &[&[u8]]) -> Result<Value, Failure> {
    let head = [command.as_bytes(), script.as_bytes(), b"1", slot.as_bytes()];
    answer(link.send(&head, arguments)).await
}

/// Sends a command.
pub(super) async fn send(link: &Link, command: &Cmd) -> Result<Value, Failure> {
    answer(link.send_command(command)).await
}

async fn answer(sent: RedisResult<Answer>) -> Result<Value, Failure> {
    sent.map_err(Failure::NotSent)?.get().await.map_err(Failure::Redis)
}
