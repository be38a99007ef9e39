//! The queue in front of the expensive derivations.
//!
//! Whoever sends a cookie chooses its salt, so whoever sends cookies can ask for derivations of 1.6 ms each. The queue
//! bounds what that costs: few at once, few waiting and none for long, one flight for each key however many ask for it,
//! and a lane of its own for salts that are known to be ours, so that forged cookies cannot make honest ones wait.

#![forbid(unsafe_code)]

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::clock::Monotonic;
use crate::error::{Error, Result};
use crate::panics::{caught, fail_point};
use crate::seal::key_cache::{KeyId, KeySpec};
use crate::secret::SecretBytes;

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
        let worker = Worker { queue: Arc::clone(self), current: None, finished: false };
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

/// One place among the running ones, given back when it is dropped, even if it never ran.
struct Worker {
    queue: Arc<Derivations>,
    /// What it derives now. It has left its lane, so nobody else would end its flight.
    current: Option<KeyId>,
    finished: bool,
}

impl Worker {
    fn run(mut self) {
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::seal::derive::TextSecret;
    use crate::seal::key_cache::{KeyUse, ProcessKey};

    type Job = Box<dyn FnOnce() + Send>;
    type Finished = (String, bool);

    struct Fixture {
        process: ProcessKey,
        secret: Arc<TextSecret>,
        queue: Arc<Derivations>,
        jobs: Arc<Mutex<Vec<Job>>>,
        now: Arc<Mutex<Duration>>,
        order: (mpsc::Sender<Finished>, mpsc::Receiver<Finished>),
    }

    impl Fixture {
        fn new(max_running: usize) -> Self {
            let process = ProcessKey::new().unwrap();
            let jobs = Arc::new(Mutex::new(Vec::<Job>::new()));
            let spawned = Arc::clone(&jobs);
            let now = Arc::new(Mutex::new(Duration::ZERO));
            let clock = Arc::clone(&now);
            Self {
                secret: Arc::new(TextSecret::new("a password", &process)),
                process,
                queue: Derivations::new(
                    max_running,
                    Box::new(move |job| {
                        spawned.lock().unwrap().push(job);
                        true
                    }),
                    Box::new(move || *clock.lock().unwrap()),
                ),
                jobs,
                now,
                order: mpsc::channel(),
            }
        }

        fn spec(&self, salt: &str) -> KeySpec {
            let secret = Arc::clone(&self.secret);
            KeySpec { secret, usage: KeyUse::Integrity, iterations: 2, salt: salt.to_owned() }
        }

        fn id(&self, salt: &str) -> KeyId {
            self.process.key_id(self.secret.id(), KeyUse::Integrity, 2, salt)
        }

        fn ask(&self, salt: &str, lane: Lane) {
            let (asked, sender) = (salt.to_owned(), self.order.0.clone());
            let waiter: Waiter = Box::new(move |key| sender.send((asked, key.is_ok())).unwrap());
            self.queue.derive(self.id(salt), self.spec(salt), lane, waiter);
        }

        fn run_all(&self) -> Vec<Finished> {
            let jobs: Vec<Job> = self.jobs.lock().unwrap().drain(..).collect();
            for job in jobs {
                job();
            }
            self.order.1.try_iter().collect()
        }
    }

    fn done(salts: &[&str]) -> Vec<Finished> {
        salts.iter().map(|salt| ((*salt).to_owned(), true)).collect()
    }

    #[test]
    fn one_flight_serves_all_who_ask() {
        let fixture = Fixture::new(1);
        for _ in 0..100 {
            fixture.ask("same", Lane::Foreign);
        }
        assert_eq!(fixture.jobs.lock().unwrap().len(), 1);
        assert_eq!(fixture.run_all(), done(&["same"; 100]));
    }

    #[test]
    fn one_strangers_salt_is_not_waited_for_without_end() {
        let fixture = Fixture::new(1);
        for _ in 0..=MAX_FOREIGN_WAITERS {
            fixture.ask("same", Lane::Foreign);
        }
        assert_eq!(fixture.order.1.try_iter().collect::<Vec<_>>(), [("same".to_owned(), false)]);
        fixture.ask("same", Lane::Own);
        assert_eq!(fixture.run_all().len(), MAX_FOREIGN_WAITERS + 1);
    }

    #[test]
    fn our_own_salts_go_first_and_pull_a_waiting_flight_forward() {
        let fixture = Fixture::new(1);
        for (salt, lane) in [("a", Lane::Foreign), ("b", Lane::Foreign), ("c", Lane::Own), ("b", Lane::Own)] {
            fixture.ask(salt, lane);
        }
        assert_eq!(fixture.run_all(), done(&["c", "b", "b", "a"]));
    }

    #[test]
    fn a_full_lane_is_busy_and_leaves_the_other_open() {
        let fixture = Fixture::new(1);
        for number in 0..=MAX_QUEUED {
            fixture.ask(&number.to_string(), Lane::Foreign);
        }
        assert_eq!(fixture.order.1.try_iter().collect::<Vec<_>>(), [(MAX_QUEUED.to_string(), false)]);
        fixture.ask("ours", Lane::Own);
        let finished = fixture.run_all();
        assert_eq!(finished[0], ("ours".to_owned(), true));
        assert_eq!(finished.len(), MAX_QUEUED + 1);
    }

    #[test]
    fn a_strangers_salt_that_waited_too_long_is_busy_and_ours_is_not() {
        let fixture = Fixture::new(1);
        fixture.ask("late", Lane::Foreign);
        fixture.ask("pulled", Lane::Foreign);
        fixture.ask("ours", Lane::Own);
        *fixture.now.lock().unwrap() += Duration::from_millis(1);
        fixture.ask("soon", Lane::Foreign);
        fixture.ask("pulled", Lane::Own);
        *fixture.now.lock().unwrap() += MAX_FOREIGN_WAIT;
        let ended = [("ours", true), ("pulled", true), ("pulled", true), ("late", false), ("soon", true)];
        assert_eq!(fixture.run_all(), ended.map(|(salt, derived)| (salt.to_owned(), derived)));
    }

    #[test]
    fn no_more_run_at_once_than_allowed() {
        let fixture = Fixture::new(2);
        for number in 0..10 {
            fixture.ask(&number.to_string(), Lane::Foreign);
        }
        assert_eq!(fixture.jobs.lock().unwrap().len(), 2);
        assert_eq!(fixture.run_all().len(), 10);
        fixture.ask("again", Lane::Foreign);
        assert_eq!(fixture.jobs.lock().unwrap().len(), 1);
        assert_eq!(fixture.run_all(), done(&["again"]));
    }

    #[test]
    fn a_waiter_that_panics_takes_nothing_from_the_others() {
        let fixture = Fixture::new(1);
        fixture.ask("same", Lane::Foreign);
        fixture
            .queue
            .derive(fixture.id("same"), fixture.spec("same"), Lane::Foreign, Box::new(|_| panic!("a defect")));
        fixture.ask("same", Lane::Foreign);
        fixture.ask("next", Lane::Foreign);
        assert_eq!(fixture.run_all(), done(&["same", "same", "next"]));
        fixture.ask("later", Lane::Foreign);
        assert_eq!(fixture.run_all(), done(&["later"]));
    }

    #[test]
    fn a_runtime_that_ends_cancels_what_waits_and_the_queue_lives_on() {
        let fixture = Fixture::new(1);
        fixture.ask("lost", Lane::Foreign);
        fixture.jobs.lock().unwrap().clear();
        assert_eq!(fixture.order.1.try_iter().collect::<Vec<_>>(), [("lost".to_owned(), false)]);
        fixture.ask("kept", Lane::Foreign);
        assert_eq!(fixture.run_all(), done(&["kept"]));
    }
}
