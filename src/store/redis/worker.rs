//! Where calls run: a thread of the store's own, so that a call that is dropped goes on to its end, and so that callers need no
//! runtime.

#![forbid(unsafe_code)]

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::RwLock;

use crate::error::{Error, Result};

/// The thread, which the first call starts.
#[derive(Default)]
pub(super) struct Worker {
    runtime: Mutex<Option<Runtime>>,
    closed: AtomicBool,
    /// Calls under way share it, and who closes waits to have it alone.
    gate: Arc<RwLock<()>>,
}

impl Worker {
    /// Runs a call to its end, also when nobody waits for that any more.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
    {
        let under_way = Arc::clone(&self.gate).read_owned().await;
        let task = {
            let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
            if self.closed.load(Ordering::Acquire) {
                return Err(Error::StoreClosed);
            }
            let runtime = match &mut *runtime {
                Some(runtime) => runtime,
                none => none.insert(start()?),
            };
            runtime.spawn(async move {
                let result = work.await;
                drop(under_way);
                result
            })
        };
        task.await
            .unwrap_or_else(|ended| Err(if ended.is_panic() { Error::Panicked } else { Error::StoreClosed }))
    }

    /// Takes no more calls, and waits for those under way.
    pub(super) async fn close(&self, last: impl Future<Output = ()>) {
        self.closed.store(true, Ordering::Release);
        let _alone = self.gate.write().await;
        last.await;
        self.stop();
    }

    fn stop(&self) {
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Not by dropping it, which would wait, and so panic in somebody's runtime.
            runtime.shutdown_background();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(2)
        .thread_name("ironkeep-redis")
        .enable_all()
        .build()
        .map_err(|_| Error::NoThread)
}
