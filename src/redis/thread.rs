//! Where calls run: a thread of the connections' own, so that a call that is dropped goes on to its end, and so that callers need
//! no runtime.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// The thread, which the first call starts, and which ends when this is dropped, on whichever thread that is.
///
/// There is one, and it does what is to be done in turn, so that what the calls of a moment send is written together.
pub(super) struct Thread {
    /// No other one of the process has it.
    number: u64,
    running: Mutex<Option<Running>>,
}

struct Running {
    handle: Handle,
    /// Dropping it ends the thread, and whatever is still to be done there.
    _end: oneshot::Sender<()>,
}

thread_local! {
    /// The number of the [`Thread`] that this thread is. 0: none.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

impl Thread {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self { number: COUNT.fetch_add(1, Ordering::Relaxed) + 1, running: Mutex::default() }
    }

    /// Whether the caller is on it.
    pub(super) fn is_current(&self) -> bool {
        CURRENT.get() == self.number
    }

    /// What gives it work.
    pub(super) fn handle(&self) -> Result<Handle> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match &mut *running {
            Some(running) => running,
            none => none.insert(start(self.number)?),
        };
        Ok(running.handle.clone())
    }
}

fn start(number: u64) -> Result<Running> {
    let runtime = Builder::new_current_thread()
        // They look names up, which takes the system up to half a minute where it fails, and is not ended by a deadline.
        .max_blocking_threads(16)
        .thread_name("ironkeep-redis")
        .enable_all()
        .build()
        .map_err(|_| Error::NoThread)?;
    let handle = runtime.handle().clone();
    let (end, ended) = oneshot::channel();
    let run = move || {
        CURRENT.set(number);
        // What it says is that the sender is gone.
        let _gone = runtime.block_on(ended);
        // Not by dropping it, which would wait for names that are being looked up.
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name("ironkeep-redis".to_owned())
        .spawn(run)
        .map_err(|_| Error::NoThread)?;
    Ok(Running { handle, _end: end })
}
