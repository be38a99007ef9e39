//! The runtime behind promises: it starts with the first call that waits, so that loading the addon starts no thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use napi::bindgen_prelude::{AsyncRuntime, AsyncRuntimeRejection, AsyncRuntimeTask, register_async_runtime};
use napi::{Error, Result, Status};
use tokio::runtime::{Builder, Runtime};

use crate::binding::guard::keep_panics_private;
use crate::binding::priority::give_way;
use crate::panics::{caught, fail_point};

/// How long the end of the last environment waits for a running derivation, which takes some milliseconds.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

static RUNTIME: RwLock<Option<Runtime>> = RwLock::new(None);

struct LazyRuntime;

/// Calls `use_it` with the runtime, which is started if it is not running. `None`: it cannot be started.
fn with_runtime<T>(use_it: impl FnOnce(&Runtime) -> T) -> Option<T> {
    if let Some(runtime) = &*RUNTIME.read().unwrap_or_else(PoisonError::into_inner) {
        return Some(use_it(runtime));
    }
    let mut place = RUNTIME.write().unwrap_or_else(PoisonError::into_inner);
    if place.is_none() {
        *place = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .thread_name("ironkeep")
            .build()
            .ok();
    }
    place.as_ref().map(use_it)
}

/// Runs `work` on a thread where it blocks nobody, not even on the same core. `false`: it was dropped.
pub(crate) fn spawn_blocking(work: Box<dyn FnOnce() + Send>) -> bool {
    let work = || {
        give_way();
        work();
    };
    with_runtime(|runtime| drop(runtime.spawn_blocking(work))).is_some()
}

/// Runs `work`, which waits for the disk, on a thread where it blocks nobody. `false`: it was dropped.
pub(crate) fn spawn_waiting(work: impl FnOnce() + Send + 'static) -> bool {
    with_runtime(|runtime| drop(runtime.spawn_blocking(work))).is_some()
}

/// Runs `work` on the thread where calls go on. `false`: it was dropped.
pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> bool {
    with_runtime(|runtime| drop(runtime.spawn(work))).is_some()
}

/// Starts the runtime if it is not running. Called before napi asks it for anything, since napi's own errors have other codes.
pub(crate) fn start() -> crate::error::Result<()> {
    let started = caught(|| {
        fail_point("start");
        with_runtime(|_| ())
    });
    started?.ok_or(crate::error::Error::NoThread)
}

fn unavailable() -> Error {
    Error::new(Status::GenericFailure, "The system gave no thread for Ironkeep's runtime")
}

// SAFETY: the runtime owns every thread that it starts and every task that it takes. `shutdown` takes it out of `RUNTIME`
// and drops its tasks; `shutdown_timeout` joins its threads, and what may still run then is a derivation, which holds no
// reference to Node-API: its result goes to a channel whose other end was dropped with the task.
#[allow(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl AsyncRuntime for LazyRuntime {
    fn spawn(&self, task: AsyncRuntimeTask) -> std::result::Result<(), AsyncRuntimeRejection<AsyncRuntimeTask>> {
        let mut task = Some(task);
        let spawned = with_runtime(|runtime| {
            if let Some(task) = task.take() {
                drop(runtime.spawn(task));
            }
        });
        match (spawned, task) {
            (None, Some(task)) => Err(AsyncRuntimeRejection::new(task, unavailable())),
            _ => Ok(()),
        }
    }

    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) -> Result<()> {
        with_runtime(|runtime| runtime.block_on(future)).ok_or_else(unavailable)
    }

    fn shutdown(&self) -> Result<()> {
        let runtime = RUNTIME.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        }
        Ok(())
    }
}

#[napi_derive::module_init]
fn register() {
    keep_panics_private();
    register_async_runtime(LazyRuntime);
}
