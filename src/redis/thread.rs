//! Where calls run: a thread of the connections' own, so that a call that is dropped goes on to its end, and so that callers need
//! no runtime.

#![forbid(unsafe_code)]

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// The thread, which the first call starts.
///
/// There is one, and what sends relies on that: between two of its own steps nothing else happens to the connection.
#[derive(Default)]
pub(super) struct Thread(Mutex<Option<Runtime>>);

impl Thread {
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>> {
        let mut runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = match &mut *runtime {
            Some(runtime) => runtime,
            none => none.insert(start()?),
        };
        Ok(runtime.spawn(work))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // Not by dropping it, which would wait, and so panic in somebody's runtime.
            runtime.shutdown_background();
        }
    }
}

fn start() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        // They look names up, which takes the system up to half a minute where it fails, and is not ended by a deadline.
        .max_blocking_threads(16)
        .thread_name("ironkeep-redis")
        .enable_all()
        .build()
        .map_err(|_| Error::NoThread)
}
