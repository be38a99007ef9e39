//! The connection to a server: one for all calls, made when the first wants it and again when it broke.

#![forbid(unsafe_code)]

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::spawn;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::clock::{Monotonic, monotonic};
use crate::error::{Error, Result};

use super::dial::{Endpoint, dial, refused};
use super::eviction::Eviction;
use super::link::Link;
use super::sentinel::Sentinels;

/// The longest pause after one failure, which doubles with each more.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest pause there is. It and connecting are to take a second at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// What is connected to.
pub(super) enum Source {
    Server(Endpoint),
    Master(Sentinels),
}

/// A server, and the connection to it while there is one.
pub(super) struct Connection {
    source: Source,
    eviction: Arc<Eviction>,
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
pub(super) struct Open {
    pub(super) number: u64,
    pub(super) link: Link,
}

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
    pub(super) fn new(source: Source, eviction: Arc<Eviction>, patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            source,
            eviction,
            patience,
            state: Mutex::default(),
            over: Notify::new(),
            clock: monotonic(),
            random: RandomState::new(),
        })
    }

    /// Whether each connection may be to another server.
    pub(super) fn may_move(&self) -> bool {
        matches!(self.source, Source::Master(_))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection. All who wait for it wait for one attempt, and fail when that does.
    pub(super) async fn open(self: &Arc<Self>) -> Result<Open> {
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

    /// Leaves this connection, for a new one. Calls under way keep it until they have their answers.
    pub(super) fn give_up(&self, number: u64) {
        let mut state = self.state();
        if state.open.as_ref().is_some_and(|open| open.number == number) {
            state.open = None;
        }
    }

    async fn attempt(self: Arc<Self>) {
        let connecting = Arc::clone(&self);
        let result = spawn(async move { connecting.connect().await }).await.unwrap_or(Err(Error::Panicked));
        let mut state = self.state();
        state.is_connecting = false;
        match result {
            Ok(link) => {
                state.made += 1;
                state.failures = 0;
                state.failed = None;
                state.open = Some(Open { number: state.made, link });
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

    async fn connect(&self) -> Result<Link> {
        let connecting = async {
            let link = match &self.source {
                Source::Server(endpoint) => dial(endpoint).await.map_err(|error| refused(&error)),
                Source::Master(sentinels) => sentinels.connect().await,
            }?;
            self.eviction.look(&link).await;
            Ok(link)
        };
        timeout(self.patience, connecting).await.unwrap_or_else(|_| {
            Err(Error::StoreUnreached(
                "Redis does not answer when it is connected to: look at the network, and at the server".to_owned(),
            ))
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
