//! Tokens drawn from a bucket elsewhere in one go, to be spent here one by one.
//!
//! Drawing moves the bucket's instant from X to X + nT, so each token of the lease owns a slice of that time: the i-th
//! `[X + (i-1)T, X + iT]`. Once its slice has passed, the bucket has filled by that token again and may give it to
//! somebody else, so a token is good only until then. What is spent at a moment therefore has a slice of its own that
//! ends at most one filling later, and slices do not overlap: over all leases of a bucket, from one moment to another at
//! most the capacity is spent, and what the rate gives meanwhile, and one token, whose slice had begun before.

#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::clock::Moment;
use crate::error::Result;
use crate::limit::exact::Exact;
use crate::limit::quota::Quota;
use crate::limit::token_bucket::TokenBucket;

/// Tokens to spend, each until its slice has passed.
///
/// It can neither be copied nor be given back: whoever ends early loses the rest, and the bucket regains it in time.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "its tokens have been taken from the bucket"]
pub struct Lease {
    /// X, by the holder's clock.
    from: Exact,
    count: u32,
    /// How many are spent or have passed.
    gone: u32,
}

impl Lease {
    /// A lease of `count` tokens whose slices begin `ahead` after the moment of the bucket's clock at which they were
    /// drawn, and so after `asked` by the holder's own.
    ///
    /// `asked` has to be a moment *before* the tokens were asked for. Then the holder takes the bucket's clock for later
    /// than it is, by the time of the way there, and gives tokens up early; with the moment of the answer he would spend
    /// some that the bucket has regained.
    pub const fn new(quota: &Quota, asked: Moment, ahead: Exact, count: u32) -> Self {
        Self { from: Exact::whole(asked.as_micros()).plus(ahead, quota.rate()), count, gone: 0 }
    }

    /// Draws up to `most` tokens that are there now from a bucket, in its own clock; `None` where there is none.
    ///
    /// # Errors
    /// Those of [`consume`](TokenBucket::consume), which what is there never meets.
    pub fn draw(bucket: &mut TokenBucket, quota: &Quota, most: u32, now: Moment) -> Result<Option<Self>> {
        let count = bucket.peek(quota, 0, now)?.remaining.min(most);
        if count == 0 {
            return Ok(None);
        }
        bucket.settle(quota, now);
        let start = Exact::whole(now.as_micros());
        let ahead = bucket.full_at().max(start).minus(start, quota.rate());
        let (_, taken) = bucket.consume(quota, count, now)?;
        Ok(taken.map(|_| Self::new(quota, now, ahead, count)))
    }

    /// Spends `cost` tokens, if as many are good. Those whose slices have passed are gone first.
    ///
    /// Says whether they were spent. A cost of 0 spends none, and is admitted.
    pub fn take(&mut self, quota: &Quota, cost: u32, now: Moment) -> bool {
        self.gone = self.gone_at(quota, now);
        let enough = cost <= self.count - self.gone;
        if enough {
            self.gone += cost;
        }
        enough
    }

    /// How many tokens are good at a moment.
    #[must_use]
    pub fn remaining(&self, quota: &Quota, now: Moment) -> u32 {
        self.count - self.gone_at(quota, now)
    }

    /// How long until the last token is good no more; zero when none is.
    #[must_use]
    pub fn expires_after(&self, quota: &Quota, now: Moment) -> Duration {
        if self.remaining(quota, now) == 0 {
            return Duration::ZERO;
        }
        // The end of the slice, and not past the microsecond in which it lies.
        let end = self.from.plus(quota.worth(self.count), quota.rate()).micros();
        Moment::from_micros(end.saturating_add(1)).since(now)
    }

    /// How many are spent, or have slices that have passed by `now`.
    fn gone_at(&self, quota: &Quota, now: Moment) -> u32 {
        let passed = Exact::whole(now.as_micros()).minus(self.from, quota.rate());
        // A slice that ends right now has not passed.
        let parts = passed.all_parts(quota.rate()).saturating_sub(1) / u128::from(quota.period());
        self.gone.max(u32::try_from(parts).unwrap_or(u32::MAX)).min(self.count)
    }
}
