//! The class behind limiters in memory. What it decides comes at once, one call for several limits.

mod answer;
mod buckets;
mod calls;
mod key;
mod options;
mod registry;
mod remote;
mod slate;

use std::sync::Arc;

use napi::bindgen_prelude::{Object, Unknown};
use napi::{Env, JsNumber, JsString};
use napi_derive::napi;

use crate::binding::arguments::{Given, given, number, wrong};
use crate::binding::error::to_js;
use crate::binding::function::{Holding, function};
use crate::binding::guard::guard;
use crate::clock::Moment;
use crate::error::{Error, ErrorCode, Result};
use crate::limit::local::{Counts, Local, Receipt};
use crate::limit::quota::Quota;
use buckets::{Buckets, consume, consume_all, peek};
use key::Key;
use options::RateLimiterOptions;
use slate::Slate;

const OPTIONS: &str = wrong!("options", "an object");
const COST: &str = wrong!("cost", "a whole number from 0 to 4294967295");
const DURATION: &str = wrong!("duration", "a number of seconds, or a text such as \"1m\"");
const NOW: &str = wrong!("now", "a number of milliseconds");

/// What is known of a limit.
#[napi(object, object_from_js = false)]
pub struct LimitInfo {
    /// How many tokens a full bucket holds.
    pub limit: f64,
    /// In how many seconds an empty one fills, rounded up.
    pub window: f64,
}

/// What came of a limit's calls so far, and what is kept of it now.
#[napi(object, object_from_js = false)]
pub struct LimitCounts {
    /// Decisions that admitted.
    pub allowed: f64,
    /// Decisions that refused.
    pub limited: f64,
    /// Decisions that a shared bucket made.
    pub degraded: f64,
    /// Keys that are held now.
    pub keys: f64,
    /// Keys that were given up although their bucket was not full.
    pub evictions: f64,
}

/// What a limiter in memory does for every request.
#[napi(object, object_from_js = false)]
pub struct RateLimiterCalls<'env> {
    /// Takes `cost` tokens of a key if they are there.
    #[napi(ts_type = "(limit: number, key: string, cost: number, now: number) => string")]
    pub consume: Holding<'env>,
    /// Takes the tokens of several limits in one step, or of none.
    #[napi(ts_type = "(limits: number[], keys: string[], costs: number[], now: number) => string")]
    pub consume_all: Holding<'env>,
    /// What `consume` would decide, with nothing taken.
    #[napi(ts_type = "(limit: number, key: string, cost: number, now: number) => string")]
    pub peek: Holding<'env>,
    /// The memory of the calls that follow, which `js/limit/slate.ts` writes and reads.
    #[napi(ts_type = "Uint8Array")]
    pub slate: Unknown<'env>,
    /// As `consume`, of the call on the slate, and answers there. What has no place on it is answered as by `consume`.
    #[napi(ts_type = "() => string | null")]
    pub consume_slate: Holding<'env>,
    /// As `refund`, of the receipt on the slate. Null: it was undone.
    #[napi(ts_type = "() => string | null")]
    pub refund_slate: Holding<'env>,
}

/// Token buckets in memory. Limits are named by their places, times are milliseconds of a clock that is never set back, and
/// decisions are texts that `js/limit/answer.ts` reads.
#[napi]
pub struct RateLimiter(Arc<Buckets>);

#[napi]
impl RateLimiter {
    /// Makes a limiter. Throws `ERR_CONFIG` for options that are not as they have to be.
    #[napi(constructor, catch_unwind)]
    pub fn new(#[napi(ts_arg_type = "RateLimiterOptions")] options: Given<Object>) -> napi::Result<Self, ErrorCode> {
        guard("RateLimiter", || {
            given(options, OPTIONS)
                .and_then(|options| RateLimiterOptions::read(&options))
                .and_then(Self::open)
                .map_err(|error| to_js(&error))
        })
    }

    /// What is known of the limits, by their places.
    #[napi(catch_unwind)]
    pub fn limits(&self) -> napi::Result<Vec<LimitInfo>, ErrorCode> {
        guard("RateLimiter.limits", || Ok(self.0.policies.iter().map(|policy| LimitInfo::of(policy.quota())).collect()))
    }

    /// The calls of every request.
    #[napi(catch_unwind)]
    pub fn calls<'env>(&self, env: &'env Env) -> napi::Result<RateLimiterCalls<'env>, ErrorCode> {
        guard("RateLimiter.calls", || {
            let [one, all, look, taken, undone] = [0; 5].map(|_| Arc::clone(&self.0));
            let (slate, memory) = Slate::new(env)?;
            let other = slate.clone();
            Ok(RateLimiterCalls {
                consume: function(env, "consume", move |call| consume(&one, call))?,
                consume_all: function(env, "consumeAll", move |call| consume_all(&all, call))?,
                peek: function(env, "peek", move |call| peek(&look, call))?,
                slate: memory,
                consume_slate: function(env, "consumeSlate", move |call| slate::consume(&slate, &taken, call))?,
                refund_slate: function(env, "refundSlate", move |call| slate::refund(&other, &undone, call))?,
            })
        })
    }

    /// Undoes a decision by its receipt, if nothing was taken from its bucket since. A receipt is to be given once.
    #[napi(catch_unwind)]
    pub fn refund(&self, receipt: JsString, now: JsNumber) -> napi::Result<bool, ErrorCode> {
        guard("RateLimiter.refund", || {
            const RECEIPT: &str = wrong!("receipt", "that of a decision");
            let now = moment(now)?;
            let wrong = || to_js(&Error::Config(RECEIPT));
            let text = receipt.into_latin1().map_err(|_| wrong())?;
            let bytes = text.as_slice().try_into().map_err(|_| wrong())?;
            Ok(self.0.local.refund(Receipt::from_bytes(bytes), now))
        })
    }

    /// Fills a key's bucket and ends its penalty.
    #[napi(catch_unwind)]
    pub fn reset(&self, limit: JsNumber, key: JsString, now: JsNumber) -> napi::Result<(), ErrorCode> {
        guard("RateLimiter.reset", || {
            let (policy, key, now) = (self.0.policy(limit)?, Key::read(key)?, moment(now)?);
            self.0.local.reset(policy, key.as_slice(), now);
            Ok(())
        })
    }

    /// Refuses a key every cost for so long, given in seconds or as a text. Says whether that is kept.
    #[napi(catch_unwind)]
    pub fn penalize(
        &self,
        limit: JsNumber,
        key: JsString,
        #[napi(ts_arg_type = "number | string")] duration: Given<napi::Either<f64, String>>,
        now: JsNumber,
    ) -> napi::Result<bool, ErrorCode> {
        guard("RateLimiter.penalize", || {
            let (policy, key, now) = (self.0.policy(limit)?, Key::read(key)?, moment(now)?);
            let kept = given(duration, DURATION)
                .and_then(calls::span)
                .and_then(|duration| self.0.local.penalize(policy, key.as_slice(), duration, now));
            kept.map_err(|error| to_js(&error))
        })
    }

    /// The counts of a limit.
    #[napi(catch_unwind)]
    pub fn counts(&self, limit: JsNumber) -> napi::Result<LimitCounts, ErrorCode> {
        guard("RateLimiter.counts", || Ok(LimitCounts::of(self.0.local.counts(self.0.policy(limit)?))))
    }
}

impl LimitInfo {
    fn of(quota: &Quota) -> Self {
        Self { limit: f64::from(quota.burst()), window: whole(quota.announced_window()) }
    }
}

impl LimitCounts {
    fn of(counts: Counts) -> Self {
        Self {
            allowed: whole(counts.allowed),
            limited: whole(counts.limited),
            degraded: whole(counts.degraded),
            keys: whole(counts.held),
            evictions: whole(counts.evicted),
        }
    }
}

impl RateLimiter {
    fn open(options: RateLimiterOptions) -> Result<Self> {
        let ceiling = options.ceiling();
        let quotas = options.quotas()?;
        let local = match options.shared {
            Some(name) => registry::shared(name, ceiling)?,
            None => Arc::new(Local::new(ceiling)?),
        };
        let policies = quotas.into_iter().map(|(name, quota)| local.policy(&name, quota));
        let policies = policies.collect::<Result<_>>()?;
        Ok(Self(Arc::new(Buckets { local, policies })))
    }
}

const LIMIT: &str = wrong!("limit", "the place of a limit");

fn moment(now: JsNumber<'_>) -> napi::Result<Moment, ErrorCode> {
    moment_of(number(now, NOW)?).map_err(|error| to_js(&error))
}

fn moment_of(now: f64) -> Result<Moment> {
    if now.is_nan() { Err(Error::Config(NOW)) } else { Ok(Moment::from_millis(now)) }
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted as far as 2^53")]
const fn whole(number: u64) -> f64 {
    number as f64
}
