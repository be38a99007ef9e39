//! What all calls of a resilient store share: the store below, the breaker, the budget, the counts.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::breaker::{Breaker, Permit, Phase, Verdict};
use crate::error::{Error, Result};
use crate::store::{SessionStore, StoreFuture};

use super::budget::Budget;
use super::repeat::{Repeat, is_outage, pause};
use super::{Options, Status, Surroundings};

/// One for all handles of a store.
pub(super) struct Core {
    pub(super) store: Arc<dyn SessionStore>,
    options: Options,
    around: Surroundings,
    state: Mutex<State>,
    closed: AtomicBool,
}

struct State {
    breaker: Breaker,
    budget: Budget,
    counts: Counts,
    /// What the last failure said.
    failed: String,
}

#[derive(Default)]
struct Counts {
    calls: u64,
    attempts: u64,
    repeated: u64,
    failed: u64,
    slow: u64,
    unreached: u64,
    refused: u64,
}

/// Why an attempt gave nothing.
pub(super) enum Miss {
    /// The breaker refused it.
    Refused(Error),
    Failed(Error),
}

impl Core {
    pub(super) fn new(store: Arc<dyn SessionStore>, options: Options, around: Surroundings) -> Self {
        let state = State {
            breaker: Breaker::new(options.breaker),
            budget: Budget::new(),
            counts: Counts::default(),
            failed: String::new(),
        };
        Self { store, options, around, state: Mutex::new(state), closed: AtomicBool::new(false) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        (self.around.clock)()
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Counts a call, which may then be attempted.
    pub(super) fn begin(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::StoreClosed);
        }
        let mut state = self.state();
        state.counts.calls += 1;
        state.budget.earn();
        Ok(())
    }

    /// Makes a call, and again where that is right.
    pub(super) async fn call<'a, T>(
        &self,
        ends: Option<Duration>,
        repeat: Repeat,
        make: impl Fn() -> StoreFuture<'a, T>,
    ) -> Result<T> {
        self.begin()?;
        let mut failure = match self.attempt(ends, &make).await {
            Ok(done) => return Ok(done),
            Err(Miss::Refused(error)) => return Err(error),
            Err(Miss::Failed(error)) => error,
        };
        for repeated in 0..self.options.retries {
            if !repeat.allows(&failure) || !self.may_repeat(ends, repeated).await {
                break;
            }
            match self.attempt(ends, &make).await {
                Ok(done) => return Ok(done),
                // It says less than what came before it.
                Err(Miss::Refused(_)) => break,
                Err(Miss::Failed(error)) => failure = error,
            }
        }
        Err(failure)
    }

    /// Asks the store once.
    pub(super) async fn attempt<'a, T>(
        &self,
        ends: Option<Duration>,
        make: impl Fn() -> StoreFuture<'a, T>,
    ) -> Result<T, Miss> {
        let under_way = self.admit(ends).map_err(Miss::Refused)?;
        let result = make().await;
        under_way.end(&result);
        result.map_err(Miss::Failed)
    }

    /// Waits for the pause before a repetition. Says whether there may be one: the call has time, and the budget has room.
    pub(super) async fn may_repeat(&self, ends: Option<Duration>, repeated: u32) -> bool {
        let pause = pause(repeated, (self.around.random)());
        if ends.is_some_and(|ends| self.now().saturating_add(pause) >= ends) || !self.take() {
            return false;
        }
        if !pause.is_zero() {
            (self.around.sleep)(pause).await;
        }
        true
    }

    /// Takes a repetition out of the budget.
    pub(super) fn take(&self) -> bool {
        let mut state = self.state();
        let taken = state.breaker.phase(self.now()) != Phase::Open && state.budget.take();
        state.counts.repeated += u64::from(taken);
        taken
    }

    pub(super) const fn retries(&self) -> u32 {
        self.options.retries
    }

    fn admit(&self, ends: Option<Duration>) -> Result<UnderWay<'_>> {
        let began = self.now();
        let mut state = self.state();
        match state.breaker.admit(began) {
            Ok(permit) => {
                state.counts.attempts += 1;
                Ok(UnderWay { core: self, permit: Some(permit), began, ends })
            }
            Err(wait) => {
                state.counts.refused += 1;
                Err(is_open(wait, &state.failed))
            }
        }
    }

    fn judge(&self, permit: Permit, began: Duration, said: Said) {
        let now = self.now();
        let is_slow = now.saturating_sub(began) >= self.options.slow;
        let mut state = self.state();
        let verdict = match &said {
            // Its cost is small, and the connection has a pause of its own, which is shorter than a breaker's.
            Said::Failed(Error::StoreUnreached(_)) if !is_slow => Verdict::None,
            Said::Failed(error) if is_outage(error) => Verdict::Bad,
            Said::GivenUp | Said::Failed(Error::Aborted | Error::StoreClosed | Error::NoThread | Error::Panicked) => {
                Verdict::None
            }
            Said::Done | Said::Failed(_) if is_slow => Verdict::Bad,
            Said::Done | Said::Failed(_) => Verdict::Good,
        };
        state.counts.slow += u64::from(is_slow);
        match said {
            Said::Failed(error) if is_outage(&error) => {
                state.counts.failed += 1;
                state.counts.unreached += u64::from(matches!(error, Error::StoreUnreached(_)));
                state.failed = error.to_string();
            }
            Said::Done if verdict == Verdict::Bad => "It answered, but late".clone_into(&mut state.failed),
            Said::Done | Said::GivenUp | Said::Failed(_) => {}
        }
        state.breaker.end(permit, now, verdict);
    }

    pub(super) fn status(&self) -> Status {
        let now = self.now();
        let state = self.state();
        let (recent_calls, recent_failures) = state.breaker.recent(now);
        let Counts { calls, attempts, repeated, failed, slow, unreached, refused } = state.counts;
        Status {
            phase: state.breaker.phase(now),
            open_for: state.breaker.open_until(now),
            opened: state.breaker.opened(),
            recent_calls,
            recent_failures,
            calls,
            attempts,
            repeated,
            failed,
            slow,
            unreached,
            refused,
        }
    }
}

/// How an attempt ended.
enum Said {
    Done,
    Failed(Error),
    /// Its caller did not wait for it.
    GivenUp,
}

/// An attempt. One that is dropped was given up, or is late.
struct UnderWay<'a> {
    core: &'a Core,
    permit: Option<Permit>,
    began: Duration,
    ends: Option<Duration>,
}

impl UnderWay<'_> {
    fn end<T>(mut self, result: &Result<T>) {
        self.say(match result {
            Ok(_) => Said::Done,
            Err(error) => Said::Failed(error.clone()),
        });
    }

    fn say(&mut self, said: Said) {
        if let Some(permit) = self.permit.take() {
            self.core.judge(permit, self.began, said);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let is_late = self.ends.is_some_and(|ends| self.core.now() >= ends);
        self.say(if is_late { Said::Failed(Error::StoreTimeout) } else { Said::GivenUp });
    }
}

fn is_open(wait: Duration, failed: &str) -> Error {
    let until = if wait.is_zero() {
        "until it is known whether it works again".to_owned()
    } else {
        format!("for {} s", wait.as_secs().saturating_add(1))
    };
    Error::StoreUnreached(format!(
        "The session store failed too often, and is not asked {until}. What it said last: {failed}"
    ))
}
