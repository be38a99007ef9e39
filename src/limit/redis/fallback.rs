//! What decides while Redis does not.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::error::{Error, ErrorCode, Result};
use crate::limit::local::{self, Ceiling, Local, Policy};
use crate::limit::quota::Quota;
use crate::limit::token_bucket::Decision;

use super::{AnyReceipt, Judged, Request};

/// When who was refused for want of Redis may ask again.
const AGAIN: Duration = Duration::from_secs(1);

/// What to do while Redis does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnStoreError {
    /// Admit.
    Open,
    /// Refuse.
    Closed,
    /// Let buckets of this process decide.
    Local,
}

/// The choice, and the buckets for it.
pub(super) struct Fallback {
    choice: OnStoreError,
    local: Local,
    policies: Vec<Arc<Policy>>,
}

/// Whether an error is one of Redis, and not of the caller.
pub(super) fn is_outage(error: &Error) -> bool {
    matches!(
        error.code(),
        ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout | ErrorCode::StoreCorrupt | ErrorCode::Busy
    )
}

impl Fallback {
    pub(super) fn new(choice: OnStoreError, ceiling: Ceiling, limits: &[(String, Quota)]) -> Result<Self> {
        let local = Local::new(ceiling)?;
        let policies = limits.iter().map(|(name, quota)| local.policy(name, *quota)).collect::<Result<_>>()?;
        Ok(Self { choice, local, policies })
    }

    /// Decides by the caller's clock, in the place of Redis.
    pub(super) fn consume(&self, requests: &[Request], now: Moment) -> Result<Vec<Judged>> {
        let asked = self.asked(requests)?;
        if self.choice != OnStoreError::Local {
            return Ok(asked.iter().map(|request| self.given(request.policy.quota(), now)).collect());
        }
        let mut outcomes = Vec::with_capacity(asked.len());
        self.local.consume_all(&asked, now, &mut outcomes)?;
        let judged = |outcome: local::Outcome| Judged {
            decision: Decision { degraded: true, ..outcome.decision },
            at: now,
            receipt: outcome.receipt.map(AnyReceipt::Local),
        };
        Ok(outcomes.into_iter().map(judged).collect())
    }

    pub(super) fn peek(&self, requests: &[Request], now: Moment) -> Result<Vec<Judged>> {
        let told = |request: &local::Request<'_>| {
            if self.choice != OnStoreError::Local {
                return Ok(self.given(request.policy.quota(), now));
            }
            let decision = self.local.peek(request.policy, request.key, request.cost, now)?;
            Ok(Judged { decision: Decision { degraded: true, ..decision }, at: now, receipt: None })
        };
        self.asked(requests)?.iter().map(told).collect()
    }

    pub(super) fn refund(&self, receipt: local::Receipt, now: Moment) -> bool {
        self.local.refund(receipt, now)
    }

    pub(super) fn reset(&self, limit: usize, key: &[u8], now: Moment) {
        if let Some(policy) = self.policies.get(limit) {
            self.local.reset(policy, key, now);
        }
    }

    pub(super) fn penalize(&self, limit: usize, key: &[u8], duration: Duration, now: Moment) -> Result<bool> {
        self.policies
            .get(limit)
            .map_or(Ok(false), |policy| self.local.penalize(policy, key, duration, now))
    }

    pub(super) fn counts(&self, limit: usize) -> local::Counts {
        self.policies.get(limit).map(|policy| self.local.counts(policy)).unwrap_or_default()
    }

    fn asked<'a>(&'a self, requests: &'a [Request]) -> Result<Vec<local::Request<'a>>> {
        let asked = |request: &'a Request| {
            let policy = self.policies.get(request.limit).ok_or(Error::Config("limit: there is no such limit"))?;
            Ok(local::Request { policy, key: &request.key, cost: request.cost })
        };
        requests.iter().map(asked).collect()
    }

    /// A decision that asks nobody.
    fn given(&self, quota: &Quota, now: Moment) -> Judged {
        let allowed = self.choice == OnStoreError::Open;
        let wait = if allowed { Duration::ZERO } else { AGAIN };
        let decision = Decision {
            allowed,
            limit: quota.burst(),
            remaining: if allowed { quota.burst() } else { 0 },
            retry_after: wait,
            reset_after: wait,
            blocked_for: Duration::ZERO,
            degraded: true,
        };
        Judged { decision, at: now, receipt: None }
    }
}
