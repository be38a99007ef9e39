//! Where calls go on that are not answered at once.

use std::future::Future;

use crate::binding::runtime;
use crate::error::Result;
use crate::redis::Executor;

/// A place that takes work. What runs there keeps a clone.
#[derive(Clone)]
pub(crate) enum Place {
    /// The runtime of all stores.
    Runtime,
    /// The thread that has the connections to a server: what is done there from its beginning to its answer wakes no other thread.
    Connections(Executor),
}

impl Place {
    /// The runtime, which is started.
    pub(crate) fn runtime() -> Result<Self> {
        runtime::start().map(|()| Self::Runtime)
    }

    /// The thread of connections; after they were closed the runtime, since somebody has to say so.
    pub(crate) fn connections(executor: Result<Option<Executor>>) -> Result<Self> {
        executor?.map_or_else(Self::runtime, |executor| Ok(Self::Connections(executor)))
    }

    /// `false`: it was dropped.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> bool {
        match self {
            Self::Runtime => runtime::spawn(work),
            Self::Connections(executor) => {
                executor.spawn(work);
                true
            }
        }
    }
}
