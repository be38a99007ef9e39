//! The connection to a server: one for all calls, made when the first wants it and again when it broke.

#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::spawn;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::clock::{Monotonic, monotonic};
use crate::error::{Error, Result};

use super::errors::{ends_the_connection, explain, is_unknown_script, not_sent};
use super::script::Script;

/// The longest pause after one failure, which doubles with each more.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest pause there is. It and connecting are to take a second at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// A server, and the connection to it while there is one.
pub(super) struct Connection {
    client: Client,
    /// How long connecting may take.
    patience: Duration,
    state: Mutex<State>,
    /// An attempt to connect is over.
    over: Notify,
    clock: Monotonic,
    random: RandomState,
}

/// A connection with its number, so that a call ends only the one that failed it.
#[derive(Clone)]
struct Open(u64, MultiplexedConnection);

#[derive(Default)]
struct State {
    open: Option<Open>,
    made: u64,
    is_connecting: bool,
    failures: u32,
    failed: Option<Failed>,
}

/// Why there is no connection.
struct Failed {
    error: Error,
    at: Duration,
    again: Duration,
}

impl Connection {
    /// Connects to nothing yet.
    pub(super) fn new(info: &ConnectionInfo, patience: Duration) -> Result<Arc<Self>> {
        let client = Client::open(info.clone())
            .map_err(|_| Error::Config("url: this Redis cannot be connected to with these options"))?;
        Ok(Arc::new(Self {
            client,
            patience,
            state: Mutex::default(),
            over: Notify::new(),
            clock: monotonic(),
            random: RandomState::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a script on the slot that `slot` names.
    pub(super) async fn run(self: &Arc<Self>, script: &Script, slot: &str, arguments: &[&[u8]]) -> Result<Value> {
        let result = self.run_once(script, slot, arguments).await;
        match result {
            // Such as the connection to a server that was restarted since the last call.
            Err(Failure::NotSent(_)) => self.run_once(script, slot, arguments).await,
            Err(Failure::Redis(error)) if script.only_reads && error.is_connection_dropped() => {
                self.run_once(script, slot, arguments).await
            }
            result => result,
        }
        .map_err(Failure::explained)
    }

    async fn run_once(self: &Arc<Self>, script: &Script, slot: &str, arguments: &[&[u8]]) -> Result<Value, Failure> {
        let mut open = self.open().await.map_err(Failure::Ours)?;
        let mut leaving = Leaving { connection: self, number: Some(open.0) };
        let result = match evaluate(&mut open.1, "EVALSHA", &script.hash, slot, arguments).await {
            // One call, so that it cannot be forgotten between the two.
            Err(Failure::Redis(error)) if is_unknown_script(&error) => {
                evaluate(&mut open.1, "EVAL", &script.text, slot, arguments).await
            }
            result => result,
        };
        if !result.as_ref().is_err_and(Failure::ends_the_connection) {
            leaving.number = None;
        }
        result
    }

    fn give_up(&self, number: u64) {
        let mut state = self.state();
        if state.open.as_ref().is_some_and(|open| open.0 == number) {
            state.open = None;
        }
    }

    /// The connection. All who wait for it wait for one attempt, and fail when that does.
    async fn open(self: &Arc<Self>) -> Result<Open> {
        let came = (self.clock)();
        loop {
            let over = {
                let mut state = self.state();
                if let Some(open) = &state.open {
                    return Ok(open.clone());
                }
                if let Some(failed) = &state.failed
                    && (failed.at >= came || failed.again > came)
                {
                    return Err(failed.error.clone());
                }
                if !state.is_connecting {
                    state.is_connecting = true;
                    // On its own: who asked for it may be gone before it is over.
                    spawn(Arc::clone(self).attempt());
                }
                self.over.notified()
            };
            over.await;
        }
    }

    async fn attempt(self: Arc<Self>) {
        let connecting = Arc::clone(&self);
        let result = spawn(async move { connecting.connect().await }).await.unwrap_or(Err(Error::Panicked));
        let mut state = self.state();
        state.is_connecting = false;
        match result {
            Ok(connection) => {
                state.made += 1;
                state.failures = 0;
                state.failed = None;
                state.open = Some(Open(state.made, connection));
            }
            Err(error) => {
                let at = (self.clock)();
                state.failures = state.failures.saturating_add(1);
                let again = at + self.pause(state.failures);
                state.failed = Some(Failed { error, at, again });
            }
        }
        drop(state);
        self.over.notify_waiters();
    }

    async fn connect(&self) -> Result<MultiplexedConnection> {
        // No time for an answer: who asks has a deadline.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connected = timeout(self.patience, self.client.get_multiplexed_async_connection_with_config(&config));
        let Ok(connected) = connected.await else {
            return Err(Error::StoreUnreached(
                "Redis does not answer when it is connected to: look at the network, and at the server".to_owned(),
            ));
        };
        connected.map_err(|error| match error.kind() {
            // A number that the server has no database for is the one thing that it refuses by a general error here.
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                Error::StoreUnreached("Redis refuses the database: name one that its configuration has".to_owned())
            }
            _ => not_sent(&error),
        })
    }

    /// A random half of the longest pause, or more: those who lost a server together do not come back together.
    fn pause(&self, failures: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX).max(2);
        let moment = ((self.clock)(), failures);
        Duration::from_micros(micros / 2 + self.random.hash_one(moment) % (micros / 2))
    }
}

/// Leaves the connection when it is dropped, as it is with a call whose deadline passes: then the server may not be there any
/// more. Calls under way keep the connection until they have their answers.
struct Leaving<'a> {
    connection: &'a Connection,
    /// `None`: it is of use, and stays.
    number: Option<u64>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.connection.give_up(number);
        }
    }
}

/// Why a call did not get through.
enum Failure {
    Redis(RedisError),
    /// Nothing of it left this process.
    NotSent(RedisError),
    Ours(Error),
}

impl Failure {
    fn ends_the_connection(&self) -> bool {
        match self {
            Self::Redis(error) => ends_the_connection(error),
            Self::NotSent(_) => true,
            Self::Ours(_) => false,
        }
    }

    fn explained(self) -> Error {
        match self {
            Self::Redis(error) => explain(&error),
            Self::NotSent(error) => not_sent(&error),
            Self::Ours(error) => error,
        }
    }
}

async fn evaluate(
    connection: &mut MultiplexedConnection,
    command: &str,
    script: &str,
    slot: &str,
    arguments: &[&[u8]],
) -> Result<Value, Failure> {
    let mut command = Cmd::new().arg(command).arg(script).arg(1).arg(slot).to_owned();
    for argument in arguments {
        command.arg(argument);
    }
    send(connection, &command).await
}

/// Sends a command. What fails in the first step, in which it is only handed over, met a connection that was known to have ended.
async fn send(connection: &mut MultiplexedConnection, command: &Cmd) -> Result<Value, Failure> {
    let mut sending = pin!(connection.send_packed_command(command));
    let first = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
    let result = match first {
        Poll::Ready(Err(error)) if error.is_connection_dropped() => return Err(Failure::NotSent(error)),
        Poll::Ready(result) => result,
        Poll::Pending => sending.await,
    };
    result.and_then(Value::extract_error).map_err(Failure::Redis)
}
