//! The class behind limiters in memory. What it decides comes at once, one call for several limits.

mod answer;
mod calls;
mod options;
mod registry;
mod remote;

use std::sync::Arc;

use napi::bindgen_prelude::{Array, Object};
use napi::{Env, JsNumber, JsString};
use napi_derive::napi;

use crate::binding::arguments::{Given, Text, count, given, list, number, text, wrong};
use crate::binding::error::to_js;
use crate::binding::guard::guard;
use crate::clock::Moment;
use crate::error::{Error, ErrorCode, Result};
use crate::limit::local::{Counts, Local, MAX_REQUESTS, Outcome, Policy, Receipt, Request};
use crate::limit::quota::Quota;
use answer::Answer;
use options::RateLimiterOptions;

const OPTIONS: &str = wrong!("options", "an object");
const KEY: &str = wrong!("key", "a string");
const COST: &str = wrong!("cost", "a whole number from 0 to 4294967295");
const DURATION: &str = wrong!("duration", "a number of seconds, or a text such as \"1m\"");
const NOW: &str = wrong!("now", "a number of milliseconds");
const PLACES: &str = wrong!("limits", "an array of at most 8 places of limits");
const KEYS: &str = wrong!("keys", "an array of as many strings as limits");
const COSTS: &str = wrong!("costs", "an array of as many whole numbers as limits");

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

/// Token buckets in memory. Limits are named by their places, times are milliseconds of a clock that is never set back, and
/// decisions are texts that `js/limit/answer.ts` reads.
#[napi]
pub struct RateLimiter {
    local: Arc<Local>,
    policies: Vec<Arc<Policy>>,
}

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
        guard("RateLimiter.limits", || Ok(self.policies.iter().map(|policy| LimitInfo::of(policy.quota())).collect()))
    }

    /// Takes `cost` tokens of a key if they are there.
    #[napi(catch_unwind)]
    pub fn consume<'env>(
        &self,
        env: &'env Env,
        limit: JsNumber,
        key: JsString,
        cost: JsNumber,
        now: JsNumber,
    ) -> napi::Result<JsString<'env>, ErrorCode> {
        guard("RateLimiter.consume", || {
            let (policy, key, cost, now) = self.one(limit, key, cost, now)?;
            let outcome = self.local.consume(policy, key.as_slice(), cost, now).map_err(|error| to_js(&error))?;
            let mut answer = Answer::new(1);
            answer.outcome(outcome);
            answer.text(env)
        })
    }

    /// Takes the tokens of several limits in one step, or of none.
    #[napi(catch_unwind)]
    pub fn consume_all<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "number[]")] limits: Given<Array>,
        #[napi(ts_arg_type = "string[]")] keys: Given<Array>,
        #[napi(ts_arg_type = "number[]")] costs: Given<Array>,
        now: JsNumber,
    ) -> napi::Result<JsString<'env>, ErrorCode> {
        guard("RateLimiter.consumeAll", || {
            let now = moment(now)?;
            let outcomes = self.consume_several(limits, keys, costs, now).map_err(|error| to_js(&error))?;
            let mut answer = Answer::new(outcomes.len());
            for outcome in outcomes {
                answer.outcome(outcome);
            }
            answer.text(env)
        })
    }

    /// What `consume` would decide, with nothing taken.
    #[napi(catch_unwind)]
    pub fn peek<'env>(
        &self,
        env: &'env Env,
        limit: JsNumber,
        key: JsString,
        cost: JsNumber,
        now: JsNumber,
    ) -> napi::Result<JsString<'env>, ErrorCode> {
        guard("RateLimiter.peek", || {
            let (policy, key, cost, now) = self.one(limit, key, cost, now)?;
            let decision = self.local.peek(policy, key.as_slice(), cost, now).map_err(|error| to_js(&error))?;
            let mut answer = Answer::new(1);
            answer.decision(&decision);
            answer.text(env)
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
            Ok(self.local.refund(Receipt::from_bytes(bytes), now))
        })
    }

    /// Fills a key's bucket and ends its penalty.
    #[napi(catch_unwind)]
    pub fn reset(&self, limit: JsNumber, key: JsString, now: JsNumber) -> napi::Result<(), ErrorCode> {
        guard("RateLimiter.reset", || {
            let (policy, key, now) = (self.policy(limit)?, text(key, KEY)?, moment(now)?);
            self.local.reset(policy, key.as_slice(), now);
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
            let (policy, key, now) = (self.policy(limit)?, text(key, KEY)?, moment(now)?);
            let kept = given(duration, DURATION)
                .and_then(calls::span)
                .and_then(|duration| self.local.penalize(policy, key.as_slice(), duration, now));
            kept.map_err(|error| to_js(&error))
        })
    }

    /// The counts of a limit.
    #[napi(catch_unwind)]
    pub fn counts(&self, limit: JsNumber) -> napi::Result<LimitCounts, ErrorCode> {
        guard("RateLimiter.counts", || Ok(LimitCounts::of(self.local.counts(self.policy(limit)?))))
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
        Ok(Self { policies: policies.collect::<Result<_>>()?, local })
    }

    fn policy(&self, limit: JsNumber<'_>) -> napi::Result<&Policy, ErrorCode> {
        let limit = number(limit, LIMIT)?;
        self.policy_at(limit).map_err(|error| to_js(&error))
    }

    fn policy_at(&self, limit: f64) -> Result<&Policy> {
        self.policies
            .get(count(limit, LIMIT)? as usize)
            .map(Arc::as_ref)
            .ok_or(Error::Config(LIMIT))
    }

    fn one<'env>(
        &self,
        limit: JsNumber<'env>,
        key: JsString<'env>,
        cost: JsNumber<'env>,
        now: JsNumber<'env>,
    ) -> napi::Result<(&Policy, Text<'env>, u32, Moment), ErrorCode> {
        let policy = self.policy(limit)?;
        let cost = count(number(cost, COST)?, COST).map_err(|error| to_js(&error))?;
        Ok((policy, text(key, KEY)?, cost, moment(now)?))
    }

    fn consume_several(
        &self,
        limits: Given<'_, Array<'_>>,
        keys: Given<'_, Array<'_>>,
        costs: Given<'_, Array<'_>>,
        now: Moment,
    ) -> Result<Vec<Outcome>> {
        let (limits, keys, costs) = (given(limits, PLACES)?, given(keys, KEYS)?, given(costs, COSTS)?);
        if limits.len() as usize > MAX_REQUESTS {
            return Err(Error::Config(PLACES));
        }
        if keys.len() != limits.len() {
            return Err(Error::Config(KEYS));
        }
        if costs.len() != limits.len() {
            return Err(Error::Config(COSTS));
        }
        let policies = list(&limits, PLACES, |limit: f64| self.policy_at(limit))?;
        let keys = list(&keys, KEYS, |key: JsString<'_>| text(key, KEY).map_err(|_| Error::Config(KEYS)))?;
        let costs = list(&costs, COSTS, |cost: f64| count(cost, COST))?;
        let requests: Vec<_> = policies
            .iter()
            .zip(&keys)
            .zip(costs)
            .map(|((policy, key), cost)| Request { policy, key: key.as_slice(), cost })
            .collect();
        let mut outcomes = Vec::with_capacity(requests.len());
        self.local.consume_all(&requests, now, &mut outcomes)?;
        Ok(outcomes)
    }
}

const LIMIT: &str = wrong!("limit", "the place of a limit");

fn moment(now: JsNumber<'_>) -> napi::Result<Moment, ErrorCode> {
    let now = number(now, NOW)?;
    if now.is_nan() {
        return Err(to_js(&Error::Config(NOW)));
    }
    Ok(Moment::from_millis(now))
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted as far as 2^53")]
const fn whole(number: u64) -> f64 {
    number as f64
}
