//! One of the threads that derive: what it does with the queue, and what becomes of it when it cannot go on.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use super::{Derivations, Next, Waiter};
use crate::error::{Error, Result};
use crate::panics::{caught, fail_point};
use crate::seal::key_cache::KeyId;
use crate::secret::SecretBytes;

/// One place among the running ones, given back when it is dropped, even if it never ran.
pub(super) struct Worker {
    queue: Arc<Derivations>,
    /// What it derives now. It has left its lane, so nobody else would end its flight.
    current: Option<KeyId>,
    finished: bool,
}

impl Worker {
    pub(super) fn new(queue: Arc<Derivations>) -> Self {
        Self { queue, current: None, finished: false }
    }

    pub(super) fn run(mut self) {
        while let Some(next) = self.next() {
            let (waiters, key) = match next {
                Next::Refuse(waiters) => (waiters, Err(Error::Busy)),
                Next::Derive(id, spec) => {
                    let key = caught(|| {
                        let key = Arc::new(spec.derive());
                        fail_point("derivation");
                        key
                    });
                    let flight = self.queue.state().flights.remove(&id);
                    (flight.map(|flight| flight.waiters).unwrap_or_default(), key)
                }
            };
            self.current = None;
            hand_to(waiters.into_iter(), &key);
        }
    }

    /// The next derivation. With none left the place is given back under the same lock, so that a derivation that
    /// arrives in between finds it free.
    fn next(&mut self) -> Option<Next> {
        let now = (self.queue.clock)();
        let mut state = self.queue.state();
        self.current = state.next();
        let next = self.current.and_then(|id| {
            fail_point("worker");
            state.begin(id, now)
        });
        if next.is_none() {
            state.running -= 1;
            self.finished = true;
        }
        drop(state);
        next
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let mut state = self.queue.state();
        state.running -= 1;
        let own = self.current.take().and_then(|id| state.flights.remove(&id));
        let others = if state.running == 0 {
            state.own.clear();
            state.foreign.clear();
            std::mem::take(&mut state.flights)
        } else {
            HashMap::new()
        };
        drop(state);
        let error = if thread::panicking() { Error::Panicked } else { Error::Cancelled };
        hand_to(own.into_iter().chain(others.into_values()).flat_map(|flight| flight.waiters), &Err(error));
    }
}

/// Each waiter is another call's: a panic in one is nothing to the others.
fn hand_to(waiters: impl Iterator<Item = Waiter>, key: &Result<Arc<SecretBytes>>) {
    for waiter in waiters {
        let _ended = caught(|| {
            fail_point("waiter");
            waiter(key.clone());
        });
    }
}
