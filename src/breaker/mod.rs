//! The circuit breaker, pure: what fails too often is left alone for a while, and then tried by a few calls.

#![forbid(unsafe_code)]

mod window;

use std::time::Duration;

use window::Window;

/// When a breaker opens and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Over which time calls are counted: 10 s.
    pub window: Duration,
    /// Of how many of them at least: 20.
    pub min_calls: u64,
    /// How many percent of them have to fail: 50.
    pub failure_percent: u64,
    /// How long it stays open: 5 s, twice as long after each time that it opens again.
    pub open_for: Duration,
    /// The longest that it stays open: 60 s.
    pub open_at_most: Duration,
    /// How many calls try the store then, and have to succeed: 3.
    pub probes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            min_calls: 20,
            failure_percent: 50,
            open_for: Duration::from_secs(5),
            open_at_most: Duration::from_mins(1),
            probes: 3,
        }
    }
}

/// What a breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// They are made.
    Closed,
    /// They are refused.
    Open,
    /// A few are made.
    HalfOpen,
}

/// What a call says about the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// Nothing, such as one that its caller gave up.
    None,
}

/// That a call may be made. What it comes to counts only while the breaker is in the same phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permit(u64);

#[derive(Debug)]
enum State {
    Closed,
    Open { until: Duration },
    HalfOpen { under_way: u32, succeeded: u32 },
}

/// Moments are durations since the start of one monotonic clock.
#[derive(Debug)]
pub(crate) struct Breaker {
    limits: Limits,
    state: State,
    /// How often the state has changed: what permits are known by.
    changes: u64,
    window: Window,
    /// How long it is open the next time.
    open_for: Duration,
    opened: u64,
}

impl Breaker {
    pub(crate) fn new(limits: Limits) -> Self {
        let (window, open_for) = (Window::new(limits.window), limits.open_for);
        Self { limits, state: State::Closed, changes: 0, window, open_for, opened: 0 }
    }

    /// Whether a call may be made, and if not, how long none may be. Zero: until those that try the store have ended.
    pub(crate) fn admit(&mut self, now: Duration) -> Result<Permit, Duration> {
        if let State::Open { until } = self.state {
            if now < until {
                return Err(until.saturating_sub(now));
            }
            self.change(State::HalfOpen { under_way: 0, succeeded: 0 });
        }
        if let State::HalfOpen { under_way, succeeded } = &mut self.state {
            if *under_way + *succeeded >= self.limits.probes {
                return Err(Duration::ZERO);
            }
            *under_way += 1;
        }
        Ok(Permit(self.changes))
    }

    /// What a call came to.
    pub(crate) fn end(&mut self, permit: Permit, now: Duration, verdict: Verdict) {
        if permit.0 != self.changes {
            return;
        }
        match &mut self.state {
            State::Closed => self.count(now, verdict),
            State::HalfOpen { under_way, succeeded } => {
                *under_way = under_way.saturating_sub(1);
                match verdict {
                    Verdict::None => {}
                    Verdict::Bad => self.open(now),
                    Verdict::Good => {
                        *succeeded += 1;
                        if *succeeded >= self.limits.probes {
                            self.close();
                        }
                    }
                }
            }
            State::Open { .. } => {}
        }
    }

    fn count(&mut self, now: Duration, verdict: Verdict) {
        if verdict == Verdict::None {
            return;
        }
        self.window.add(now, verdict == Verdict::Bad);
        let (calls, failures) = self.window.counts(now);
        let too_many = failures * 100 >= calls * self.limits.failure_percent;
        if verdict == Verdict::Bad && calls >= self.limits.min_calls && too_many {
            self.open(now);
        }
    }

    fn open(&mut self, now: Duration) {
        self.change(State::Open { until: now.saturating_add(self.open_for) });
        self.open_for = self.open_for.saturating_mul(2).min(self.limits.open_at_most);
        self.opened += 1;
    }

    fn close(&mut self) {
        self.change(State::Closed);
        self.open_for = self.limits.open_for;
        self.window.clear();
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.changes += 1;
    }

    pub(crate) fn phase(&self, now: Duration) -> Phase {
        match self.state {
            State::Closed => Phase::Closed,
            State::Open { until } if now < until => Phase::Open,
            State::Open { .. } | State::HalfOpen { .. } => Phase::HalfOpen,
        }
    }

    /// How long it stays open from now on.
    pub(crate) fn open_until(&self, now: Duration) -> Duration {
        match self.state {
            State::Open { until } => until.saturating_sub(now),
            State::Closed | State::HalfOpen { .. } => Duration::ZERO,
        }
    }

    /// How often it has opened.
    pub(crate) const fn opened(&self) -> u64 {
        self.opened
    }

    /// Calls of the last seconds that say something about the store, and how many of them failed.
    pub(crate) fn recent(&self, now: Duration) -> (u64, u64) {
        self.window.counts(now)
    }
}
