//! Buckets in Redis, which all processes with the same prefix share.
//!
//! One script decides, by the server's clock, about all buckets of a step that are on one slot; on one server, and on the one that
//! Sentinels name, those are all. What it answers are the states that it found: decisions are made of them here, by the arithmetic
//! of every other bucket. Steps across slots of a Cluster take from slot after slot, and undo what they took when one refuses.

#![forbid(unsafe_code)]

mod draws;
mod fallback;
mod key;
mod lease_table;
mod limiter;
mod receipt;
mod script;
mod step;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::time::Duration;

use redis::Value;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::limit::exact::Exact;
use crate::limit::quota::Quota;
use crate::limit::token_bucket::{Decision, MAX_PENALTY};
use crate::redis::{Caller, Options, Script, Topology};
pub use fallback::OnStoreError;
use key::Tag;
pub use limiter::{Judged, LeaseSize, LimiterOptions, RedisLimiter, Refill};
pub use receipt::{AnyReceipt, Receipt};
use script::{SERVER_CLOCK, Scripts};

/// One limit to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its place among the limits.
    pub limit: usize,
    /// Whose bucket.
    pub key: Box<[u8]>,
    /// How many tokens.
    pub cost: u32,
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: Decision,
    /// When it was made, by the server's clock.
    pub at: Moment,
    /// The right to undo it; only an admitted request has one.
    pub receipt: Option<Receipt>,
}

/// One limit.
struct Limit {
    quota: Quota,
    suffix: String,
}

/// Limits whose buckets are in Redis.
pub struct Remote {
    scripts: Scripts,
    prefix: String,
    limits: Vec<Limit>,
    /// Whether keys are on many nodes, so that a step is one for each slot.
    is_cluster: bool,
}

impl Remote {
    /// Limits by their names.
    #[must_use]
    pub fn new(options: &Options, limits: Vec<(String, Quota)>) -> Self {
        Self::with_clock(options, limits, SERVER_CLOCK)
    }

    fn with_clock(options: &Options, limits: Vec<(String, Quota)>, clock: &str) -> Self {
        let limit = |(name, quota): (String, Quota)| Limit { suffix: key::suffix(&name, &quota), quota };
        Self {
            scripts: Scripts::new(clock),
            prefix: options.prefix.clone(),
            limits: limits.into_iter().map(limit).collect(),
            is_cluster: matches!(options.topology, Topology::Cluster { .. }),
        }
    }

    /// The quota of a limit.
    ///
    /// # Errors
    /// `ERR_CONFIG` where there is no such limit.
    pub fn quota(&self, limit: usize) -> Result<&Quota> {
        self.limit(limit).map(|limit| &limit.quota)
    }

    fn limit(&self, limit: usize) -> Result<&Limit> {
        self.limits.get(limit).ok_or(Error::Config("limit: has to be the place of a limit"))
    }

    fn name(&self, limit: usize, tag: Tag) -> Result<String> {
        let mut name = key::slot(&self.prefix, tag);
        name.push_str(&self.limit(limit)?.suffix);
        Ok(name)
    }

    /// Undoes a decision, if nothing was taken from its bucket since; else the tokens are lost. Says whether it was undone.
    ///
    /// # Errors
    /// Those of the connection; whether it was undone is not known then, and it is not to be tried again.
    pub(crate) async fn refund(&self, redis: &Caller, receipt: Receipt) -> Result<bool> {
        let Receipt { limit, tag, taken } = receipt;
        let (before, after, _) = taken.parts();
        // A full bucket is not written: there is nothing to compare with, and nothing to give back.
        if before == after {
            return Ok(true);
        }
        let [after, before] = [after, before].map(numbers);
        self.on_one(redis, &self.scripts.refund, limit, tag, &[after, before].concat()).await
    }

    /// Fills a key's bucket and ends its penalty.
    pub(crate) async fn reset(&self, redis: &Caller, limit: usize, key: &[u8]) -> Result<()> {
        self.on_one(redis, &self.scripts.reset, limit, Tag::of(key), &[]).await.map(drop)
    }

    /// Refuses a key every cost until `duration` from now, or until the end of a longer penalty.
    ///
    /// # Errors
    /// `ERR_CONFIG` for more than [`MAX_PENALTY`].
    pub(crate) async fn penalize(&self, redis: &Caller, limit: usize, key: &[u8], duration: Duration) -> Result<()> {
        if duration > MAX_PENALTY {
            return Err(Error::Config("A penalty can be of 366 days at most"));
        }
        let micros = duration.as_nanos().div_ceil(1000).to_string();
        let numbers = [numbers(self.quota(limit)?.fill()).as_slice(), &[micros]].concat();
        self.on_one(redis, &self.scripts.penalize, limit, Tag::of(key), &numbers).await.map(drop)
    }

    async fn on_one(
        &self,
        redis: &Caller,
        script: &Script,
        limit: usize,
        tag: Tag,
        numbers: &[String],
    ) -> Result<bool> {
        let name = self.name(limit, tag)?;
        let mut arguments = vec![name.as_bytes()];
        arguments.extend(numbers.iter().map(String::as_bytes));
        match redis.run(script, &key::slot(&self.prefix, tag), &arguments).await? {
            Value::BulkString(answer) => Ok(answer == b"1"),
            _ => Err(unreadable()),
        }
    }
}

fn numbers(time: Exact) -> [String; 2] {
    [time.micros().to_string(), time.part().to_string()]
}

fn unreadable() -> Error {
    Error::StoreCorrupt(
        "A bucket in Redis holds what Ironkeep did not write: give the limiter a prefix or a database of its own"
            .to_owned(),
    )
}
