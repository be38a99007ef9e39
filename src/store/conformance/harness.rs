//! What the suite has to know of a backend.

#![forbid(unsafe_code)]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::SessionStore;

/// Something to wait for, whose result is kept elsewhere.
pub(crate) type Drive<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One store under test, with its clock and whatever it is kept in. Dropping it removes all of that.
pub(crate) trait Harness: Send + Sync {
    /// The store: empty at first, and the same one each time.
    fn store(&self) -> Arc<dyn SessionStore>;

    /// The time that calls are given.
    fn now(&self) -> Timestamp;

    /// Lets time pass for the store and for the caller. Nothing waits for it.
    fn advance(&self, by: Duration);

    /// The most bytes that data may have.
    fn max_data(&self) -> usize;

    /// Another store on what a persistent one has kept. `None` for one that keeps nothing.
    fn reopen(&self) -> Option<Arc<dyn SessionStore>> {
        None
    }

    /// How far the store's clock may be from [`Harness::now`].
    fn slack(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether the backend removes what has expired by itself, so that a sweep finds less.
    fn sweeps_itself(&self) -> bool {
        false
    }

    /// Waits, where the store's futures need a runtime of their own.
    fn drive(&self, future: Drive<'_>) {
        block_on(future);
    }
}

/// A time that moves when it is told to. It begins in the past: a store that also asks the system's clock agrees with it.
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Timestamp::from_millis(1_700_000_000_000.0)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(by);
    }
}

/// Waits on this thread for a future that needs no runtime.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
