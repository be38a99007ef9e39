//! Several limits in one step: all of them take, or none does, and nobody sees it half done.

#![forbid(unsafe_code)]

use std::sync::MutexGuard;

use crate::error::Result;
use crate::limit::local::name::Name;
use crate::limit::local::shard::Shard;
use crate::limit::local::{Local, MAX_REQUESTS, Outcome, Receipt, Request, lock};
use crate::limit::token_bucket::{Decision, TokenBucket};

/// Requests, with the locks of their keys, in the order of the shards.
pub(super) struct Step<'a, 'local> {
    pub(super) local: &'local Local,
    pub(super) requests: &'a [Request<'a>],
    pub(super) names: &'a [Name],
    /// Which of the guards is each request's.
    pub(super) guard_of: &'a [usize],
    pub(super) guards: &'a mut [MutexGuard<'local, Shard>],
    /// The shared buckets. Their lock comes after all others, and is taken where one is needed.
    pub(super) shared: Option<MutexGuard<'local, Vec<TokenBucket>>>,
}

/// Which bucket a request took from, and how it was before.
#[derive(Clone, Copy)]
enum Undo {
    Own(TokenBucket),
    Shared(TokenBucket),
}

impl Step<'_, '_> {
    /// Decides about each request, and says whether all took.
    ///
    /// Of a step that is refused, the decision of a limit that has the tokens is that of a peek.
    pub(super) fn run(mut self, outcomes: &mut [Outcome]) -> Result<bool> {
        let taken = self.take_all(outcomes)?;
        for (request, outcome) in self.requests.iter().zip(outcomes) {
            if taken || !outcome.decision.allowed {
                request.policy.count(&outcome.decision);
            }
        }
        Ok(taken)
    }

    fn take_all(&mut self, outcomes: &mut [Outcome]) -> Result<bool> {
        // Newcomers have all tokens. Where somebody else is to be refused, none is taken in, and nobody given up for one.
        if self.requests.len() > 1 && self.peek_all(outcomes)? {
            return Ok(false);
        }
        let mut undo = [Undo::Own(TokenBucket::default()); MAX_REQUESTS];
        for (index, request) in self.requests.iter().enumerate() {
            let (decision, receipt, before) = self.take(index, request)?;
            if decision.allowed {
                outcomes[index] = Outcome { decision, receipt };
                undo[index] = before;
                continue;
            }
            for (index, &before) in undo[..index].iter().enumerate().rev() {
                self.restore(index, before);
            }
            if self.requests.len() > 1 {
                self.peek_all(outcomes)?;
            }
            outcomes[index] = Outcome { decision, receipt: None };
            return Ok(false);
        }
        Ok(true)
    }

    fn take(&mut self, index: usize, request: &Request<'_>) -> Result<(Decision, Option<Receipt>, Undo)> {
        let (quota, policy, name) = (request.policy.quota(), request.policy.id, self.names[index]);
        let shard = &mut *self.guards[self.guard_of[index]];
        let now = shard.now();
        if let Some(slot) = shard.find(name) {
            let (decision, receipt, before) = shard.take(slot, request.policy, name, request.cost)?;
            return Ok((decision, receipt, Undo::Own(before)));
        }
        let mut bucket = TokenBucket::default();
        let (decision, taken) = bucket.consume(quota, request.cost, now)?;
        if bucket.is_full(now) || shard.insert(name, policy, bucket) {
            let receipt = taken.map(|taken| Receipt { name, policy, shared: false, taken });
            return Ok((decision, receipt, Undo::Own(TokenBucket::default())));
        }
        let bucket = shared_bucket(self.shared.get_or_insert_with(|| lock(&self.local.shared)), policy);
        let before = *bucket;
        let (decision, taken) = bucket.consume(quota, request.cost, now)?;
        let receipt = taken.map(|taken| Receipt { name, policy, shared: true, taken });
        Ok((Decision { degraded: true, ..decision }, receipt, Undo::Shared(before)))
    }

    fn restore(&mut self, index: usize, before: Undo) {
        match before {
            Undo::Own(bucket) => {
                let shard = &mut *self.guards[self.guard_of[index]];
                // One that is not there any more was given up for a later one of the step.
                if let Some(slot) = shard.find(self.names[index]) {
                    shard.write(slot, bucket);
                }
            }
            Undo::Shared(bucket) => {
                let shared = self.shared.get_or_insert_with(|| lock(&self.local.shared));
                *shared_bucket(shared, self.requests[index].policy.id) = bucket;
            }
        }
    }

    /// Decides about each with nothing taken, and says whether one is refused.
    fn peek_all(&mut self, outcomes: &mut [Outcome]) -> Result<bool> {
        let mut refused = false;
        for (index, request) in self.requests.iter().enumerate() {
            let shard = &mut *self.guards[self.guard_of[index]];
            let (quota, now) = (request.policy.quota(), shard.now());
            let held = shard.find(self.names[index]);
            let before = held.map(|slot| shard.bucket(slot)).unwrap_or_default();
            let mut bucket = before;
            // Also of a refusal the state has to be brought back that a clock set back left ahead.
            bucket.settle(quota, now);
            if let Some(slot) = held
                && bucket.full_at() != before.full_at()
            {
                shard.write(slot, bucket);
            }
            let decision = bucket.peek(quota, request.cost, now)?;
            refused |= !decision.allowed;
            outcomes[index] = Outcome { decision, receipt: None };
        }
        Ok(refused)
    }
}

/// The bucket that keys of a policy share for want of room.
fn shared_bucket(shared: &mut Vec<TokenBucket>, policy: u32) -> &mut TokenBucket {
    let policy = policy as usize;
    if policy >= shared.len() {
        shared.resize(policy + 1, TokenBucket::default());
    }
    &mut shared[policy]
}
