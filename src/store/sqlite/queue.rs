//! The calls that wait for a thread: bounded in number and bytes.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

use super::call::Job;

/// How many calls may wait.
const MAX_CALLS: usize = 16_384;
/// How much data may wait in them, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A call that waits.
pub(super) struct Waiting {
    pub(super) job: Box<dyn Job>,
    /// Since when, by the store's monotonic clock.
    pub(super) since: Duration,
    bytes: usize,
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    calls: VecDeque<Waiting>,
    bytes: usize,
    closed: bool,
    /// How many threads wait for calls, and how many of them were told that there are some. To tell nobody is a call of the system
    /// all the same.
    idle: usize,
    told: usize,
}

impl State {
    fn take(&mut self, most: usize, into: &mut VecDeque<Waiting>) {
        for waiting in self.calls.drain(..most.min(self.calls.len())) {
            self.bytes -= waiting.bytes;
            into.push_back(waiting);
        }
    }
}

impl Queue {
    /// Adds a call that carries so many bytes.
    ///
    /// # Errors
    /// `ERR_STORE_CLOSED` after `close`, `ERR_STORE_UNAVAILABLE` when too many wait.
    pub(super) fn push(&self, job: Box<dyn Job>, since: Duration, bytes: usize) -> Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(Error::StoreClosed);
        }
        if state.calls.len() >= MAX_CALLS || state.bytes + bytes > MAX_BYTES {
            return Err(Error::StoreUnavailable(
                "Too many calls wait for the session store: its disk is slower than they come".into(),
            ));
        }
        state.bytes += bytes;
        state.calls.push_back(Waiting { job, since, bytes });
        let tell = state.told < state.idle;
        state.told += usize::from(tell);
        drop(state);
        if tell {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits until there are calls, and takes some. `false`: it is closed, and all were taken.
    ///
    /// `share` says how many of those that wait.
    pub(super) fn wait(&self, into: &mut VecDeque<Waiting>, share: impl Fn(usize) -> usize) -> bool {
        let mut state = self.state();
        while state.calls.is_empty() {
            if state.closed {
                return false;
            }
            state.idle += 1;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
            // One that wakes untold makes this too low, and then somebody is told twice.
            state.told = state.told.saturating_sub(1);
        }
        let most = share(state.calls.len());
        state.take(most, into);
        true
    }

    /// Takes at most so many of the calls that wait now.
    pub(super) fn take(&self, most: usize, into: &mut VecDeque<Waiting>) {
        self.state().take(most, into);
    }

    /// Takes no more calls. Those that wait are still done.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
