//! The queue in front of the expensive derivations.
//!
//! Whoever sends a cookie chooses its salt, so whoever sends cookies can ask for derivations of 1.6 ms each. The queue
//! bounds what that costs: few at once, few waiting and none for long, one flight for each key however many ask for it,
//! and a lane of its own for salts that are known to be ours, so that forged cookies cannot make honest ones wait.

#![forbid(unsafe_code)]

mod worker;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Monotonic;
use crate::error::{Error, Result};
use crate::panics::{caught, fail_point};
use crate::seal::key_cache::{KeyId, KeySpec};
use crate::secret::SecretBytes;
use worker::Worker;

/// How many derivations may wait in each lane. A full lane is `ERR_BUSY`.
pub const MAX_QUEUED: usize = 64;
/// How long a derivation may wait in the lane of strangers: a full one takes seconds where cores are slow or taken.
const MAX_FOREIGN_WAIT: Duration = Duration::from_millis(400);
/// How many calls may wait for one derivation in the lane of strangers: forged tokens can share a salt too.
const MAX_FOREIGN_WAITERS: usize = 1024;

/// Called once with the derived key, on the thread that derived it or on the one that asked. One that panics is dropped with
/// what it waits for, so whoever waits behind it has to take a drop for an answer.
pub type Waiter = Box<dyn FnOnce(Result<Arc<SecretBytes>>) + Send>;

/// Runs a closure on a thread where half a second of work blocks nobody. `false`: it will never run.
pub type Spawn = Box<dyn Fn(Box<dyn FnOnce() + Send>) -> bool + Send + Sync>;

/// Which lane a derivation waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The salt is one of our own: an honest token, or our own next salts.
    Own,
    /// The salt is a stranger's.
    Foreign,
}

/// The queue. One for the process.
pub struct Derivations {
    state: Mutex<State>,
    max_running: usize,
    spawn: Spawn,
    clock: Monotonic,
}

#[derive(Default)]
struct State {
    running: usize,
    own: VecDeque<KeyId>,
    foreign: VecDeque<KeyId>,
    flights: HashMap<KeyId, Flight>,
}

struct Flight {
    spec: KeySpec,
    /// Until when it waits in the lane of strangers. In our own there is no such end.
    until: Option<Duration>,
    waiters: Vec<Waiter>,
}

/// What comes of the derivation that is next.
enum Next {
    Derive(KeyId, KeySpec),
    /// It waited too long.
    Refuse(Vec<Waiter>),
}

impl State {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<KeyId> {
        match lane {
            Lane::Own => &mut self.own,
            Lane::Foreign => &mut self.foreign,
        }
    }

    fn next(&mut self) -> Option<KeyId> {
        self.own.pop_front().or_else(|| self.foreign.pop_front())
    }

    /// What to do with a flight that has left its lane.
    fn begin(&mut self, id: KeyId, now: Duration) -> Option<Next> {
        let flight = self.flights.get(&id)?;
        if flight.until.is_none_or(|until| now <= until) {
            return Some(Next::Derive(id, flight.spec.clone()));
        }
        self.flights.remove(&id).map(|flight| Next::Refuse(flight.waiters))
    }
}

impl Derivations {
    /// A queue that runs at most `max_running` derivations at once, on threads that `spawn` gives. They wait by `clock`.
    #[must_use]
    pub fn new(max_running: usize, spawn: Spawn, clock: Monotonic) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), max_running: max_running.max(1), spawn, clock })
    }

    /// Derives `spec` and hands the key to `waiter`; joins a flight of the same key when there is one.
    ///
    /// `waiter` gets `ERR_BUSY` at once when the lane is full, and later when a stranger's salt waited too long.
    pub fn derive(self: &Arc<Self>, id: KeyId, spec: KeySpec, lane: Lane, waiter: Waiter) {
        let mut state = self.state();
        if let Some(flight) = state.flights.get_mut(&id) {
            if lane == Lane::Foreign && flight.waiters.len() >= MAX_FOREIGN_WAITERS {
                drop(state);
                waiter(Err(Error::Busy));
                return;
            }
            flight.waiters.push(waiter);
            if lane == Lane::Own {
                flight.until = None;
                if let Some(place) = state.foreign.iter().position(|queued| *queued == id) {
                    state.foreign.remove(place);
                    state.own.push_back(id);
                }
            }
            return;
        }
        if state.lane(lane).len() >= MAX_QUEUED {
            drop(state);
            waiter(Err(Error::Busy));
            return;
        }
        state.lane(lane).push_back(id);
        let until = (lane == Lane::Foreign).then(|| (self.clock)() + MAX_FOREIGN_WAIT);
        state.flights.insert(id, Flight { spec, until, waiters: vec![waiter] });
        if state.running >= self.max_running {
            return;
        }
        state.running += 1;
        drop(state);
        let worker = Worker::new(Arc::clone(self));
        // A spawn that is refused, or panics, drops the closure, and with it the worker, which ends what waits.
        let _accepted = caught(|| {
            fail_point("spawn");
            (self.spawn)(Box::new(move || worker.run()))
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Derivations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(f, "Derivations({} running, {} in flight)", state.running, state.flights.len())
    }
}

#[cfg(test)]
mod tests;
