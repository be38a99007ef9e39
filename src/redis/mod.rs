//! Redis, for whatever keeps something in it: one server, a Cluster, or a master that Sentinels name.
//!
//! What writes is a script, on one slot and as a whole; what only reads may be commands. All calls share one connection to a server, also those of
//! several clients with equal options in one process: the first call makes it, and it is made again when it broke.
//! No call is sent twice whose outcome is not known, unless it only reads.

#![forbid(unsafe_code)]

mod cluster;
mod connection;
mod dial;
mod errors;
mod eviction;
mod executor;
mod held;
mod link;
mod options;
mod replicas;
mod script;
mod sentinel;
mod server;
mod servers;
mod slots;
mod stream;
mod target;
#[cfg(test)]
#[cfg(unix)]
pub(crate) mod testing;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod thread;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::Value;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};
use tokio::time::timeout;

use crate::clock::monotonic;
use crate::error::{Error, Result};

use held::Held;
use server::Work;
use servers::Servers;

pub use executor::Executor;
pub(crate) use link::Commands;
pub use options::{Options, Topology, Wait};
pub(crate) use script::Script;

/// A client: what one store or one limiter has of the connections. Nothing is connected to, and no thread started, before the
/// first call.
pub struct Redis {
    /// `None` after it was closed.
    servers: Mutex<Option<Arc<Servers>>>,
    /// Calls under way share it, and who closes waits to have it alone.
    gate: Arc<RwLock<()>>,
    deadline: Duration,
    wait: Option<Wait>,
}

impl Redis {
    /// A client for the servers that the options name.
    ///
    /// # Errors
    /// `ERR_CONFIG` that names the option that is wrong.
    pub fn new(options: &Options) -> Result<Self> {
        let servers = Servers::shared(options)?;
        Ok(Self {
            servers: Mutex::new(Some(servers)),
            gate: Arc::default(),
            deadline: options.deadline,
            wait: options.wait,
        })
    }

    /// Does `work` to its end, also when nobody waits for that any more, on the thread of the connections.
    ///
    /// # Errors
    /// Those of `work`; `ERR_STORE_CLOSED`; `ERR_BUSY` when the system gives no thread.
    pub(crate) async fn call<T, W, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
        F: FnOnce(Caller) -> W + Send + 'static,
    {
        let under_way = Arc::clone(&self.gate).read_owned().await;
        let servers = self.servers().ok_or(Error::StoreClosed)?;
        let caller = Caller { servers: Arc::clone(&servers), deadline: self.deadline, wait: self.wait };
        let work = boxed(work, caller, under_way);
        if servers.thread.is_current() {
            return Held::new(servers, work).await;
        }
        let task = servers.thread.handle()?.spawn(work);
        task.await
            .unwrap_or_else(|ended| Err(if ended.is_panic() { Error::Panicked } else { Error::StoreClosed }))
    }

    /// The thread of the connections, for calls that are to run there as a whole: each spares two wakes of threads. `None` after it was closed.
    ///
    /// # Errors
    /// `ERR_BUSY` when the system gives no thread.
    pub fn executor(&self) -> Result<Option<Executor>> {
        self.servers().map(Executor::new).transpose()
    }

    fn servers(&self) -> Option<Arc<Servers>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an operator ought to know of the server, once one was connected to: that it may evict what is kept in it.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.as_ref().and_then(|servers| servers.eviction.warning())
    }

    /// Takes no more calls, and waits for those under way, each of which has a deadline. Then the connection is left, unless
    /// another client shares it.
    pub(crate) async fn close(&self) {
        // Before waiting: what comes from now on is refused.
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _alone = self.gate.write().await;
        drop(servers);
    }
}

/// Work that a client is not closed under. Its future is made in its box: as a part of others it would be copied from one into the
/// next, and it has some kilobytes.
#[inline(never)]
fn boxed<T, W, F>(work: F, caller: Caller, under_way: OwnedRwLockReadGuard<()>) -> held::Work<T>
where
    T: Send + 'static,
    W: Future<Output = Result<T>> + Send + 'static,
    F: FnOnce(Caller) -> W + Send + 'static,
{
    Box::pin(async move {
        let result = work(caller).await;
        drop(under_way);
        result
    })
}

/// What a call needs.
#[derive(Clone)]
pub(crate) struct Caller {
    servers: Arc<Servers>,
    deadline: Duration,
    wait: Option<Wait>,
}

impl Caller {
    /// How long a command may take.
    pub(crate) const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Runs a script on the slot of the key `slot`, which is the script's only key. Nothing may ever be kept under that key itself:
    /// nodes of a Cluster know by that when they have to refuse.
    ///
    /// # Errors
    /// [`Error::StoreUnreached`] and [`Error::StoreRefused`] when nothing was done, and the call may be repeated;
    /// `ERR_STORE_UNAVAILABLE` else; `ERR_STORE_TIMEOUT` after the deadline.
    pub(crate) async fn run(&self, script: &Script, slot: &str, arguments: &[&[u8]]) -> Result<Value> {
        self.in_time(self.servers.run(Work::Script { script, slot, arguments })).await
    }

    /// Sends commands together that only read keys of the slot, and gives a list of what they answer. They are several steps for the
    /// server, between which others write.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), of the first command that met one.
    pub(crate) async fn read(&self, slot: &str, commands: &Commands) -> Result<Value> {
        self.in_time(self.servers.run(Work::Reads { commands, slot })).await
    }

    /// What [`run`](Self::run) does, of a write that replicas are to have, as the options say. The second value is the error when it was done, and they
    /// are not known to have it.
    pub(crate) async fn write(
        &self,
        script: &Script,
        slot: &str,
        arguments: &[&[u8]],
    ) -> Result<(Value, Option<Error>)> {
        let Some(wait) = self.wait else {
            return Ok((self.run(script, slot, arguments).await?, None));
        };
        let clock = monotonic();
        let (value, wrote) = self.in_time(self.servers.write(Work::Script { script, slot, arguments })).await?;
        // A server that answered the write may be gone by now.
        let is_replicated = timeout(self.deadline.saturating_sub(clock()), wrote.reaches_replicas(wait))
            .await
            .unwrap_or(false);
        let doubt = (!is_replicated).then(|| {
            Error::StoreUnavailable(
                "Redis did the write, and it is not known to be on as many replicas as wait asks for: a failover may lose it. \
                 Look at the replicas"
                    .to_owned(),
            )
        });
        Ok((value, doubt))
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let result = timeout(self.deadline, work).await.unwrap_or(Err(Error::StoreTimeout));
        if matches!(result, Err(Error::StoreTimeout)) {
            self.servers.suspect();
        }
        result
    }
}
