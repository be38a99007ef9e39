//! The connection: one for all calls, made when the first wants it and again when it broke.

#![forbid(unsafe_code)]

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, RedisResult, ServerErrorKind, Value};
use tokio::sync::Mutex;

use crate::clock::{Monotonic, monotonic};
use crate::error::{Error, Result};

use super::errors::{ends_the_connection, explain, is_unknown_script};
use super::script::Script;

/// The longest pause after one failure, which doubles with each more.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest pause there is: as late a server that is back may be noticed.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A server, and the connection to it while there is one.
pub(super) struct Connection {
    client: Client,
    config: AsyncConnectionConfig,
    state: Mutex<State>,
    clock: Monotonic,
    random: RandomState,
}

#[derive(Default)]
struct State {
    /// With its number, so that a call ends only the connection that failed it.
    open: Option<(u64, MultiplexedConnection)>,
    made: u64,
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
    pub(super) fn new(info: ConnectionInfo, deadline: Duration) -> Result<Self> {
        let client = Client::open(info)
            .map_err(|_| Error::Config("url: this Redis cannot be connected to with these options"))?;
        Ok(Self {
            client,
            config: AsyncConnectionConfig::new()
                .set_connection_timeout(Some(deadline))
                .set_response_timeout(Some(deadline)),
            state: Mutex::default(),
            clock: monotonic(),
            random: RandomState::new(),
        })
    }

    /// Runs a script on the slot that `slot` names.
    pub(super) async fn run(&self, script: &Script, slot: &str, arguments: &[&[u8]]) -> Result<Value> {
        let result = self.run_once(script, slot, arguments).await;
        match result {
            // Such as the connection to a server that was restarted since the last call.
            Err(error) if script.only_reads && error.is_connection_dropped() => {
                self.run_once(script, slot, arguments).await.map_err(Failure::explained)
            }
            result => result.map_err(Failure::explained),
        }
    }

    async fn run_once(&self, script: &Script, slot: &str, arguments: &[&[u8]]) -> Result<Value, Failure> {
        let (number, mut connection) = self.open().await.map_err(Failure::Ours)?;
        let result = match evaluate(&mut connection, "EVALSHA", &script.hash, slot, arguments).await {
            // One call, so that it cannot be forgotten between the two.
            Err(error) if is_unknown_script(&error) => {
                evaluate(&mut connection, "EVAL", &script.text, slot, arguments).await
            }
            result => result,
        };
        if let Err(error) = &result
            && ends_the_connection(error)
        {
            self.give_up(number).await;
        }
        result.map_err(Failure::Redis)
    }

    async fn give_up(&self, number: u64) {
        let mut state = self.state.lock().await;
        if state.open.as_ref().is_some_and(|(open, _)| *open == number) {
            state.open = None;
        }
    }

    /// The connection. All who wait for it wait for one attempt, and fail when that does.
    async fn open(&self) -> Result<(u64, MultiplexedConnection)> {
        let came = (self.clock)();
        let mut state = self.state.lock().await;
        if let Some(open) = &state.open {
            return Ok(open.clone());
        }
        if let Some(failed) = &state.failed
            && (failed.at >= came || failed.again > came)
        {
            return Err(failed.error.clone());
        }
        match self.connect().await {
            Ok(connection) => {
                state.made += 1;
                state.failures = 0;
                state.failed = None;
                let open = (state.made, connection);
                state.open = Some(open.clone());
                Ok(open)
            }
            Err(error) => {
                let at = (self.clock)();
                state.failures = state.failures.saturating_add(1);
                let again = at + self.pause(state.failures);
                state.failed = Some(Failed { error: error.clone(), at, again });
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection> {
        let connected = self.client.get_multiplexed_async_connection_with_config(&self.config).await;
        connected.map_err(|error| match error.kind() {
            // A number that the server has no database for is the one thing that it refuses by a general error here.
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                Error::StoreUnavailable("Redis refuses the database: name one that its configuration has".to_owned())
            }
            _ => explain(&error),
        })
    }

    /// A random half of the longest pause, or more: those who lost a server together do not come back together.
    fn pause(&self, failures: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX).max(2);
        let moment = ((self.clock)(), failures);
        Duration::from_micros(micros / 2 + self.random.hash_one(moment) % (micros / 2))
    }

    /// Leaves the connection. Calls under way keep it until they have their answers.
    pub(super) async fn close(&self) {
        self.state.lock().await.open = None;
    }
}

/// Why a call did not get through.
enum Failure {
    Redis(redis::RedisError),
    Ours(Error),
}

impl Failure {
    fn is_connection_dropped(&self) -> bool {
        matches!(self, Self::Redis(error) if error.is_connection_dropped())
    }

    fn explained(self) -> Error {
        match self {
            Self::Redis(error) => explain(&error),
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
) -> RedisResult<Value> {
    let mut command = Cmd::new().arg(command).arg(script).arg(1).arg(slot).to_owned();
    for argument in arguments {
        command.arg(argument);
    }
    connection.send_packed_command(&command).await?.extract_error()
}
