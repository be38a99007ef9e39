//! The calls of every request on buckets in memory, as functions that hold these.

use std::sync::Arc;

use napi::bindgen_prelude::{Array, FunctionCallContext};
use napi::{JsNumber, JsString, JsValue};

use crate::binding::arguments::{Given, count, given, list, number, wrong};
use crate::binding::error::to_js;
use crate::binding::function::{Returned, argument};
use crate::binding::guard::guard;
use crate::binding::rate_limiter::answer::Answer;
use crate::binding::rate_limiter::key::{KEY, Key};
use crate::binding::rate_limiter::{COST, LIMIT, NOW, moment};
use crate::clock::Moment;
use crate::error::{Error, ErrorCode, Result};
use crate::limit::local::{Local, MAX_REQUESTS, Outcome, Policy, Request};

const PLACES: &str = wrong!("limits", "an array of at most 8 places of limits");
const KEYS: &str = wrong!("keys", "an array of as many strings as limits");
const COSTS: &str = wrong!("costs", "an array of as many whole numbers as limits");

/// Buckets, and the limits that calls name by their places.
pub(super) struct Buckets {
    pub(super) local: Arc<Local>,
    pub(super) policies: Vec<Arc<Policy>>,
}

impl Buckets {
    pub(super) fn policy(&self, limit: JsNumber<'_>) -> napi::Result<&Policy, ErrorCode> {
        let limit = number(limit, LIMIT)?;
        self.policy_at(limit).map_err(|error| to_js(&error))
    }

    pub(super) fn policy_at(&self, limit: f64) -> Result<&Policy> {
        self.policies
            .get(count(limit, LIMIT)? as usize)
            .map(Arc::as_ref)
            .ok_or(Error::Config(LIMIT))
    }

    /// The limit, the key, the cost and the time of a call.
    fn one(&self, call: &FunctionCallContext<'_>) -> napi::Result<(&Policy, Key, u32, Moment), ErrorCode> {
        let policy = self.policy(argument(call, 0, LIMIT)?)?;
        let key = Key::read(argument(call, 1, KEY)?)?;
        let cost = count(number(argument(call, 2, COST)?, COST)?, COST).map_err(|error| to_js(&error))?;
        Ok((policy, key, cost, moment(argument(call, 3, NOW)?)?))
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
        let keys = list(&keys, KEYS, |key: JsString<'_>| Key::read(key).map_err(|_| Error::Config(KEYS)))?;
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

pub(super) fn consume(buckets: &Buckets, call: &FunctionCallContext<'_>) -> Returned {
    guard("RateLimiter.consume", || {
        let (policy, key, cost, now) = buckets.one(call)?;
        let outcome = buckets.local.consume(policy, key.as_slice(), cost, now);
        let mut answer = Answer::one();
        answer.outcome(outcome.map_err(|error| to_js(&error))?, now);
        answer.text(call.env).map(|text| Some(text.raw()))
    })
}

pub(super) fn consume_all(buckets: &Buckets, call: &FunctionCallContext<'_>) -> Returned {
    guard("RateLimiter.consumeAll", || {
        let (limits, keys) = (argument(call, 0, PLACES)?, argument(call, 1, KEYS)?);
        let (costs, now) = (argument(call, 2, COSTS)?, moment(argument(call, 3, NOW)?)?);
        let outcomes = buckets.consume_several(limits, keys, costs, now).map_err(|error| to_js(&error))?;
        let mut answer = Answer::several(outcomes.len());
        for outcome in outcomes {
            answer.outcome(outcome, now);
        }
        answer.text(call.env).map(|text| Some(text.raw()))
    })
}

pub(super) fn peek(buckets: &Buckets, call: &FunctionCallContext<'_>) -> Returned {
    guard("RateLimiter.peek", || {
        let (policy, key, cost, now) = buckets.one(call)?;
        let decision = buckets.local.peek(policy, key.as_slice(), cost, now);
        let mut answer = Answer::one();
        answer.decision(&decision.map_err(|error| to_js(&error))?);
        answer.text(call.env).map(|text| Some(text.raw()))
    })
}
