//! One bucket, pure: a state, a cost and a moment in; a decision and the next state out.
//!
//! The state is the instant at which the bucket is full again. Spending moves it on by what the tokens are worth, and is
//! admitted while that leaves it at most a whole filling ahead of now.

#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::limit::exact::Exact;
use crate::limit::quota::Quota;

/// The longest penalty. A stored one that is further ahead than this counts as one that ends then.
pub const MAX_PENALTY: Duration = Duration::from_hours(366 * 24);

const MAX_PENALTY_MICROS: u64 = MAX_PENALTY.as_secs() * 1_000_000;

/// What came of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether the cost was admitted.
    pub allowed: bool,
    /// How many tokens the bucket holds when it is full.
    pub limit: u32,
    /// Whole tokens that are left; none while a penalty lasts.
    pub remaining: u32,
    /// How long until the same cost would be admitted, if nobody else spends: refused up to the nanosecond before,
    /// admitted at it. Zero when it was admitted.
    pub retry_after: Duration,
    /// How long until the bucket is full and no penalty lasts, in microseconds rounded up.
    pub reset_after: Duration,
    /// How long a penalty lasts, if one does; zero otherwise.
    pub blocked_for: Duration,
    /// Whether another bucket than the key's own decided: one that keys share for want of room, or one that stands in for
    /// a store that does not answer.
    pub degraded: bool,
}

impl Decision {
    /// The parameter `t` of `RateLimit`, in seconds rounded up: until the refused cost would be admitted, or else until
    /// the bucket is full. `Retry-After` of a refusal is the same number.
    #[must_use]
    pub fn announced_reset(&self) -> u64 {
        let time = if self.allowed { self.reset_after } else { self.retry_after };
        time.as_secs() + u64::from(time.subsec_nanos() > 0)
    }
}

/// What an admitted call wrote: the right to undo it, once.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "it is what a refund needs"]
pub struct Taken {
    before: Exact,
    after: Exact,
    at: Moment,
}

impl Taken {
    /// When the bucket was full before, when it is since, and the moment of the decision.
    #[must_use]
    pub const fn parts(&self) -> (Exact, Exact, Moment) {
        (self.before, self.after, self.at)
    }

    /// From what [`parts`](Self::parts) gave. What is made so is to be used in the place of the other.
    pub const fn from_parts(before: Exact, after: Exact, at: Moment) -> Self {
        Self { before, after, at }
    }

    /// The moment that the decision was made for.
    #[must_use]
    pub const fn at(&self) -> Moment {
        self.at
    }
}

/// A bucket's state. The default is a full one, for which no entry has to be kept.
///
/// A state belongs to one quota: what is stored under a changed one has to go under another key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenBucket {
    full_at: Exact,
    /// In microseconds of the clock.
    blocked_until: u64,
}

/// A bucket as it is at a moment.
struct Level {
    now: u64,
    /// When an empty bucket would be full.
    empty_full_at: Exact,
    /// When this one is, and not before now.
    full_at: Exact,
    /// When its penalty ends, if it has one.
    blocked_until: Option<u64>,
}

impl TokenBucket {
    /// The bucket that [`full_at`](Self::full_at) and [`blocked_until`](Self::blocked_until) describe.
    #[must_use]
    pub const fn from_parts(full_at: Exact, blocked_until: u64) -> Self {
        Self { full_at, blocked_until }
    }

    /// When the bucket is full again.
    #[must_use]
    pub const fn full_at(&self) -> Exact {
        self.full_at
    }

    /// When its penalty ends, in microseconds of the clock; one that has passed, or 0, is none.
    #[must_use]
    pub const fn blocked_until(&self) -> u64 {
        self.blocked_until
    }

    /// Whether nothing has to be remembered of it.
    #[must_use]
    pub fn is_full(&self, now: Moment) -> bool {
        self.full_at <= Exact::whole(now.as_micros()) && !self.is_blocked(now)
    }

    /// Whether a penalty lasts.
    #[must_use]
    pub const fn is_blocked(&self, now: Moment) -> bool {
        self.blocked_until > now.as_micros()
    }

    /// What [`consume`](Self::consume) would decide, with nothing taken: `remaining` is what is there now.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst.
    pub fn peek(&self, quota: &Quota, cost: u32, now: Moment) -> Result<Decision> {
        quota.check_cost(cost)?;
        let level = self.level(quota, now);
        Ok(level.decision(quota, cost, now, level.full_at))
    }

    /// Takes `cost` tokens if they are there, and nothing otherwise.
    ///
    /// A cost of 0 takes nothing, and is refused while a penalty lasts alone. A state that a clock set back has left too
    /// far ahead is brought back to that of an empty bucket, whether or not the call is admitted.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst.
    pub fn consume(&mut self, quota: &Quota, cost: u32, now: Moment) -> Result<(Decision, Option<Taken>)> {
        quota.check_cost(cost)?;
        self.settle(quota, now);
        let level = self.level(quota, now);
        if !level.admits(quota, cost) {
            return Ok((level.decision(quota, cost, now, level.full_at), None));
        }
        let before = self.full_at;
        let after = level.full_at.plus(quota.worth(cost), quota.rate());
        if cost > 0 {
            self.full_at = after;
        }
        let decision = level.decision(quota, cost, now, after);
        Ok((decision, Some(Taken { before, after: self.full_at, at: now })))
    }

    /// Undoes a decision if nothing was written since. Otherwise the tokens are lost, since others have already been
    /// judged by them. Says whether it was undone.
    #[expect(clippy::needless_pass_by_value, reason = "a decision is undone once")]
    pub fn refund(&mut self, taken: Taken) -> bool {
        let ours = self.full_at == taken.after;
        if ours {
            self.full_at = taken.before;
        }
        ours
    }

    /// Refuses every cost until `duration` from now, or until the end of a longer penalty that lasts already.
    ///
    /// The tokens come back meanwhile, as ever.
    ///
    /// # Errors
    /// `ERR_CONFIG` for more than [`MAX_PENALTY`].
    pub fn penalize(&mut self, duration: Duration, now: Moment) -> Result<()> {
        if duration > MAX_PENALTY {
            return Err(Error::Config("A penalty can be of 366 days at most"));
        }
        // Rounded up: a penalty is not over before its time.
        let until = now.plus(duration).as_nanos().div_ceil(1000);
        self.blocked_until = self.end_of_penalty(now).unwrap_or(0).max(until);
        Ok(())
    }

    /// Fills the bucket and ends its penalty.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Brings back what a clock set back has left too far ahead: the bucket is empty then, its penalty of the longest.
    pub fn settle(&mut self, quota: &Quota, now: Moment) {
        self.full_at = self.full_at.min(Exact::whole(now.as_micros()).plus(quota.fill(), quota.rate()));
        self.blocked_until = self.end_of_penalty(now).unwrap_or(0);
    }

    fn end_of_penalty(&self, now: Moment) -> Option<u64> {
        let longest = now.as_micros().saturating_add(MAX_PENALTY_MICROS);
        self.is_blocked(now).then_some(self.blocked_until.min(longest))
    }

    fn level(&self, quota: &Quota, now: Moment) -> Level {
        let start = Exact::whole(now.as_micros());
        let empty_full_at = start.plus(quota.fill(), quota.rate());
        Level {
            now: now.as_micros(),
            empty_full_at,
            full_at: self.full_at.clamp(start, empty_full_at),
            blocked_until: self.end_of_penalty(now),
        }
    }
}

impl Level {
    fn admits(&self, quota: &Quota, cost: u32) -> bool {
        self.blocked_until.is_none() && self.full_at.plus(quota.worth(cost), quota.rate()) <= self.empty_full_at
    }

    /// The decision about `cost`, after which the bucket will be full at `full_at`.
    fn decision(&self, quota: &Quota, cost: u32, now: Moment, full_at: Exact) -> Decision {
        let allowed = self.admits(quota, cost);
        let penalty_ends = self.blocked_until.unwrap_or(0);
        let until = |micros: u64| Moment::from_micros(micros).since(now);
        Decision {
            allowed,
            limit: quota.burst(),
            remaining: match self.blocked_until {
                None => quota.tokens_in(self.empty_full_at.minus(full_at, quota.rate())),
                Some(_) => 0,
            },
            retry_after: if allowed { Duration::ZERO } else { until(self.admitted_at(quota, cost).max(penalty_ends)) },
            reset_after: if full_at.ceil() <= self.now && self.blocked_until.is_none() {
                Duration::ZERO
            } else {
                until(full_at.ceil().max(penalty_ends))
            },
            blocked_for: self.blocked_until.map_or(Duration::ZERO, until),
            degraded: false,
        }
    }

    /// The first microsecond at which `cost` tokens are there.
    fn admitted_at(&self, quota: &Quota, cost: u32) -> u64 {
        self.full_at
            .plus(quota.worth(cost), quota.rate())
            .minus(quota.fill(), quota.rate())
            .ceil()
    }
}
