//! The thread of the connections, for whole calls.

#![forbid(unsafe_code)]

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::error::Result;

use super::servers::Servers;

/// Runs what is given to it on the thread of the connections. Whoever runs there keeps a clone until it is over: the thread ends
/// with the last one, when no client is left either.
#[derive(Clone)]
pub struct Executor {
    thread: Handle,
    _servers: Arc<Servers>,
}

impl Executor {
    pub(super) fn new(servers: Arc<Servers>) -> Result<Self> {
        Ok(Self { thread: servers.thread.handle()?, _servers: servers })
    }

    /// Has the thread do this.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.thread.spawn(work));
    }
}
