//! Buckets by key, in this process, under a ceiling of memory.
//!
//! Keys are kept as 128-bit hashes under a random key of the process, so a key costs the same whatever its length, and
//! nobody can choose keys that meet. A full bucket needs no entry. At the ceiling a newcomer takes the place of a full
//! bucket, else of the one with the least debt, which is the one that would be full first; never of one with a penalty.
//! So a flood of new keys gives up its own, and a key in use, which owes more, keeps its place. Where nobody can be
//! given up, newcomers share one bucket for each policy, and their decisions say so (`degraded`).
//!
//! Keys are spread over shards, each a lock, a table and an order. A step over several keys takes the locks of their
//! shards in one order, which is what keeps steps from waiting for each other, and holds them until it is done or undone.
//! A map that locks by itself has no such step, and no place for the order under its locks.

#![forbid(unsafe_code)]

mod name;
mod order;
mod policy;
mod receipt;
mod shard;
mod step;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

pub use policy::{Counts, Policy};
pub use receipt::Receipt;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::limit::quota::Quota;
use crate::limit::token_bucket::{Decision, TokenBucket};
use name::{Name, Namer};
use shard::{MAX_KEY_BYTES, Shard};
use step::Step;

/// The most requests of one step.
pub const MAX_REQUESTS: usize = 8;
/// The most policies of a limiter.
pub const MAX_POLICIES: usize = 1024;

/// The least keys of a shard. Fewer would fill unevenly; more make the moment longer in which its table grows.
const SHARD_KEYS: usize = 16 * 1024;
/// The most keys of a shard: what more would not be memory that a process has for them.
const MAX_SHARD_KEYS: usize = 1 << 20;
const MAX_SHARDS: usize = 1024;

/// How much may be kept: whichever is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// Keys.
    pub keys: usize,
    /// Bytes. Where it is reached, a key takes 53 to 95 of them.
    pub bytes: usize,
}

impl Default for Ceiling {
    /// A million keys in at most 96 MB.
    fn default() -> Self {
        Self { keys: 1_000_000, bytes: 96_000_000 }
    }
}

/// One limit to ask.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The limit, one of the same [`Local`].
    pub policy: &'a Policy,
    /// Whose bucket. Only a keyed hash of it is kept.
    pub key: &'a [u8],
    /// How many tokens.
    pub cost: u32,
}

/// What came of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: Decision,
    /// The right to undo it; only an admitted request has one.
    pub receipt: Option<Receipt>,
}

/// All buckets of a process that are under one ceiling.
pub struct Local {
    namer: Namer,
    shards: Box<[Mutex<Shard>]>,
    policies: RwLock<Vec<Arc<Policy>>>,
    /// By policy. This lock is taken after all others.
    shared: Mutex<Vec<TokenBucket>>,
}

impl Local {
    /// No buckets yet, and at most so many.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a ceiling under one key, `ERR_INTERNAL` when the system has no random bytes.
    pub fn new(ceiling: Ceiling) -> Result<Self> {
        let keys = ceiling.keys.min(ceiling.bytes / MAX_KEY_BYTES).min(MAX_SHARDS * MAX_SHARD_KEYS);
        if keys == 0 {
            return Err(Error::Config("The ceiling of a rate limiter has to hold one key at least, of 96 bytes"));
        }
        // A power of two, so that bits of the hash choose one.
        let count = (keys / SHARD_KEYS).clamp(1, MAX_SHARDS).next_power_of_two();
        let count = if count * SHARD_KEYS > keys && count > 1 { count / 2 } else { count };
        let shards = (0..count).map(|index| Mutex::new(Shard::new(keys / count + usize::from(index < keys % count))));
        Ok(Self {
            namer: Namer::new()?,
            shards: shards.collect(),
            policies: RwLock::default(),
            shared: Mutex::default(),
        })
    }

    /// The policy of this name and quota; the same one for the same two.
    ///
    /// # Errors
    /// `ERR_CONFIG` for more than [`MAX_POLICIES`].
    pub fn policy(&self, name: &str, quota: Quota) -> Result<Arc<Policy>> {
        let mut policies = self.policies.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = policies.iter().find(|known| known.name() == name && *known.quota() == quota) {
            return Ok(Arc::clone(known));
        }
        let id = u32::try_from(policies.len()).ok().filter(|_| policies.len() < MAX_POLICIES);
        let id = id.ok_or(Error::Config("There are too many rate limits: define each once, not for each request"))?;
        let policy = Arc::new(Policy::new(id, name, quota));
        policies.push(Arc::clone(&policy));
        Ok(policy)
    }

    /// Takes `cost` tokens of a key if they are there.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst.
    pub fn consume(&self, policy: &Policy, key: &[u8], cost: u32, now: Moment) -> Result<Outcome> {
        let name = self.namer.name(policy.id, key);
        let mut shard = self.lock_shard(self.shard_of(name), now);
        if let Some(slot) = shard.find(name) {
            // What nearly all calls are, and nothing is to be undone of one.
            let (decision, receipt, _) = shard.take(slot, policy, name, cost)?;
            policy.count(&decision);
            return Ok(Outcome { decision, receipt });
        }
        policy.quota().check_cost(cost)?;
        let mut outcomes = [Outcome::default()];
        let step = Step {
            local: self,
            requests: &[Request { policy, key, cost }],
            names: &[name],
            guard_of: &[0],
            guards: &mut [shard],
            shared: None,
        };
        step.run(&mut outcomes)?;
        let [outcome] = outcomes;
        Ok(outcome)
    }

    /// Takes the tokens of all requests, in one step, or none. `outcomes` gets one for each request, in their order, and
    /// the result says whether they took. In a step that is refused, a limit that has the tokens shows what it has.
    ///
    /// A key that is named twice pays twice.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst, and for more than [`MAX_REQUESTS`]. Nothing is taken then.
    pub fn consume_all(&self, requests: &[Request<'_>], now: Moment, outcomes: &mut Vec<Outcome>) -> Result<bool> {
        outcomes.clear();
        if requests.len() > MAX_REQUESTS {
            return Err(Error::Config("At most 8 rate limits can be asked at once: ask fewer, or in two calls"));
        }
        for request in requests {
            request.policy.quota().check_cost(request.cost)?;
        }
        outcomes.resize_with(requests.len(), Outcome::default);

        let (mut names, mut shard_of) = ([Name::default(); MAX_REQUESTS], [usize::MAX; MAX_REQUESTS]);
        for (index, request) in requests.iter().enumerate() {
            names[index] = self.namer.name(request.policy.id, request.key);
            shard_of[index] = self.shard_of(names[index]);
        }
        // Each once, in one order for all steps. What is left of the array comes after every shard.
        let mut order = shard_of;
        order.sort_unstable();
        let mut guards = Vec::with_capacity(requests.len());
        let mut guard_of = [0; MAX_REQUESTS];
        for shard in order
            .chunk_by(|one, other| one == other)
            .map(|equal| equal[0])
            .filter(|&shard| shard != usize::MAX)
        {
            for index in (0..requests.len()).filter(|&index| shard_of[index] == shard) {
                guard_of[index] = guards.len();
            }
            guards.push(self.lock_shard(shard, now));
        }
        let step =
            Step { local: self, requests, names: &names, guard_of: &guard_of, guards: &mut guards, shared: None };
        step.run(outcomes)
    }

    /// What [`consume`](Self::consume) would decide, with nothing taken and nothing counted.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst.
    pub fn peek(&self, policy: &Policy, key: &[u8], cost: u32, now: Moment) -> Result<Decision> {
        let name = self.namer.name(policy.id, key);
        let shard = self.lock_shard(self.shard_of(name), now);
        let bucket = shard.find(name).map(|slot| shard.bucket(slot)).unwrap_or_default();
        bucket.peek(policy.quota(), cost, shard.now())
    }

    /// Undoes a decision, if nothing was taken from its bucket since; else the tokens are lost. Says whether it was undone.
    #[must_use]
    pub fn refund(&self, receipt: Receipt, now: Moment) -> bool {
        let Receipt { name, policy, shared, taken } = receipt;
        if shared {
            return lock(&self.shared).get_mut(policy as usize).is_some_and(|bucket| bucket.refund(taken));
        }
        let mut shard = self.lock_shard(self.shard_of(name), now);
        let Some(slot) = shard.find(name) else { return false };
        let mut bucket = shard.bucket(slot);
        let undone = bucket.refund(taken);
        shard.write(slot, bucket);
        undone
    }

    /// Fills a key's bucket and ends its penalty.
    pub fn reset(&self, policy: &Policy, key: &[u8], now: Moment) {
        let name = self.namer.name(policy.id, key);
        let mut shard = self.lock_shard(self.shard_of(name), now);
        if let Some(slot) = shard.find(name) {
            shard.remove(slot);
        }
    }

    /// Refuses a key every cost until `duration` from now, or until the end of a longer penalty.
    ///
    /// Says whether it is kept. It is not where every place under the ceiling is of a key with a penalty, or in use: to
    /// keep it in the bucket that newcomers share would punish all of them.
    ///
    /// # Errors
    /// `ERR_CONFIG` for more than [`MAX_PENALTY`](crate::limit::token_bucket::MAX_PENALTY).
    pub fn penalize(&self, policy: &Policy, key: &[u8], duration: Duration, now: Moment) -> Result<bool> {
        let name = self.namer.name(policy.id, key);
        let mut shard = self.lock_shard(self.shard_of(name), now);
        let held = shard.find(name);
        let mut bucket = held.map(|slot| shard.bucket(slot)).unwrap_or_default();
        bucket.penalize(duration, shard.now())?;
        Ok(match held {
            _ if bucket.is_full(shard.now()) => true,
            None => shard.insert(name, policy.id, bucket),
            Some(slot) => {
                shard.write(slot, bucket);
                true
            }
        })
    }

    /// What came of a policy's calls so far, and what is kept of it.
    #[must_use]
    pub fn counts(&self, policy: &Policy) -> Counts {
        self.shards.iter().fold(policy.counts(), |counts, shard| {
            let kept = lock(shard).kept(policy.id);
            Counts { held: counts.held + kept.keys, evicted: counts.evicted + kept.evicted, ..counts }
        })
    }

    /// How many keys are held, of all policies.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// The memory that keys take up, in bytes, with what is reserved for more.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).bytes()).sum()
    }

    fn shard_of(&self, name: Name) -> usize {
        let [low, high, ..] = name.other.to_le_bytes();
        usize::from(u16::from_le_bytes([low, high])) & (self.shards.len() - 1)
    }

    fn lock_shard(&self, index: usize, now: Moment) -> MutexGuard<'_, Shard> {
        let mut shard = lock(&self.shards[index]);
        shard.set_now(now);
        shard
    }
}

/// A panic leaves a bucket that was written or one that was not, and either is one to go on with.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
