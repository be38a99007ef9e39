//! Limits on Redis as a whole: leases before it, and what decides when it does not.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::breaker::{Breaker, Limits, Verdict};
use crate::clock::{Moment, Monotonic, monotonic};
use crate::error::{Error, Result};
use crate::limit::local::{Ceiling, Counts};
use crate::limit::quota::Quota;
use crate::limit::token_bucket::Decision;
use crate::redis::{Caller, Executor, Options, Redis};

use super::fallback::{Fallback, OnStoreError, is_outage};
use super::lease_table::{LeaseTable, Wanted};
use super::{AnyReceipt, Outcome, Remote, Request};

/// How many tokens are drawn at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeaseSize {
    /// So many of every limit, at most its burst.
    Tokens(u32),
    /// A part of each burst.
    Fraction(f64),
}

/// The options of a limiter.
#[derive(Debug, Clone, PartialEq)]
pub struct LimiterOptions {
    /// The servers, the prefix, and how long a call may wait.
    pub redis: Options,
    /// The limits by their names.
    pub limits: Vec<(String, Quota)>,
    /// What to do while Redis does not answer.
    pub on_store_error: OnStoreError,
    /// How much may be kept in this process, of buckets of its own and of leases alike.
    pub ceiling: Ceiling,
    /// Drawing tokens in batches; `None` asks Redis each time.
    pub lease: Option<LeaseSize>,
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Judged {
    /// The decision.
    pub decision: Decision,
    /// When it was made: by the server's clock, or by the caller's where it is degraded.
    pub at: Moment,
    /// The right to undo it. What a lease gave cannot be given back.
    pub receipt: Option<AnyReceipt>,
}

impl From<Outcome> for Judged {
    fn from(Outcome { decision, at, receipt }: Outcome) -> Self {
        Self { decision, at, receipt: receipt.map(AnyReceipt::Remote) }
    }
}

/// Keys whose tokens are to be drawn ahead, by [`RedisLimiter::refill`].
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "nothing is drawn ahead before it is given to refill"]
pub struct Refill(Vec<Wanted>);

impl Refill {
    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Default)]
struct Tally {
    allowed: AtomicU64,
    limited: AtomicU64,
    degraded: AtomicU64,
}

/// Limits whose buckets are in Redis.
pub struct RedisLimiter {
    redis: Redis,
    deadline: Duration,
    inner: Arc<Inner>,
    fallback: Fallback,
    tallies: Vec<Tally>,
    breaker: Mutex<Breaker>,
    clock: Monotonic,
    /// What went wrong last and has not been told.
    trouble: Mutex<Option<Error>>,
}

struct Inner {
    remote: Remote,
    leases: Option<LeaseTable>,
}

impl RedisLimiter {
    /// A limiter. Nothing is connected to, and no thread started, before the first call.
    ///
    /// # Errors
    /// `ERR_CONFIG` that names the option that is wrong.
    pub fn new(options: LimiterOptions) -> Result<Self> {
        let LimiterOptions { redis, limits, on_store_error, ceiling, lease } = options;
        let sizes = lease.map(|size| limits.iter().map(|(_, quota)| tokens(size, quota)).collect::<Vec<_>>());
        Ok(Self {
            redis: Redis::new(&redis)?,
            deadline: redis.deadline,
            fallback: Fallback::new(on_store_error, ceiling, &limits)?,
            tallies: limits.iter().map(|_| Tally::default()).collect(),
            inner: Arc::new(Inner {
                remote: Remote::new(&redis, limits),
                leases: sizes.map(|sizes| LeaseTable::new(sizes, ceiling.keys, ceiling.bytes)),
            }),
            breaker: Mutex::new(Breaker::new(Limits::default())),
            clock: monotonic(),
            trouble: Mutex::default(),
        })
    }

    /// The quota of a limit.
    ///
    /// # Errors
    /// `ERR_CONFIG` where there is no such limit.
    pub fn quota(&self, limit: usize) -> Result<&Quota> {
        self.inner.remote.quota(limit)
    }

    /// The thread of the connections, for calls that are to run there as a whole; `None` after it was closed.
    ///
    /// # Errors
    /// `ERR_BUSY` when the system gives no thread.
    pub fn executor(&self) -> Result<Option<Executor>> {
        self.redis.executor()
    }

    /// Decides by leased tokens, if that can be done. `now` is the caller's, by a clock that is never set back.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst.
    pub fn consume_now(&self, requests: &[Request], now: Moment) -> Result<Option<(Vec<Judged>, Refill)>> {
        let Some(leases) = &self.inner.leases else { return Ok(None) };
        let Some((judged, draws)) = leases.spend_now(&self.inner.remote, requests, now)? else { return Ok(None) };
        self.count(requests, &judged);
        Ok(Some((judged, Refill(draws))))
    }

    /// Takes the tokens of all requests, or none.
    ///
    /// # Errors
    /// `ERR_CONFIG` for what cannot be asked, `ERR_STORE_CLOSED`. An outage is none: it makes decisions degraded.
    pub async fn consume(&self, requests: Vec<Request>, now: Moment) -> Result<Vec<Judged>> {
        let (inner, asked) = (Arc::clone(&self.inner), requests.clone());
        let call = self.redis.call(move |redis| async move {
            let Some(leases) = &inner.leases else {
                let outcomes = inner.remote.consume(&redis, &asked).await?;
                return Ok(outcomes.into_iter().map(Judged::from).collect());
            };
            let (judged, draws) = leases.consume(&inner.remote, &redis, &asked, now).await?;
            if !draws.is_empty() {
                // Nobody waits for it.
                let (inner, redis) = (Arc::clone(&inner), redis.clone());
                drop(tokio::spawn(async move { inner.refill(&redis, &draws, now).await }));
            }
            Ok(judged)
        });
        let judged = match self.in_time(call).await {
            Ok(judged) => judged,
            Err(error) => self.instead(error, || self.fallback.consume(&requests, now))?,
        };
        self.count(&requests, &judged);
        Ok(judged)
    }

    /// What [`consume`](Self::consume) would decide, by what Redis has: leased tokens of any process are not among that.
    ///
    /// # Errors
    /// Those of [`consume`](Self::consume).
    pub async fn peek(&self, requests: Vec<Request>, now: Moment) -> Result<Vec<Judged>> {
        let (inner, asked) = (Arc::clone(&self.inner), requests.clone());
        let call = self.redis.call(move |redis| async move { inner.remote.peek(&redis, &asked).await });
        match self.in_time(call).await {
            Ok(outcomes) => Ok(outcomes.into_iter().map(Judged::from).collect()),
            Err(error) => self.instead(error, || self.fallback.peek(&requests, now)),
        }
    }

    /// Undoes decisions, in this order. Says whether all of them are undone; one that may not be is not tried again.
    ///
    /// # Errors
    /// `ERR_STORE_CLOSED`.
    pub async fn refund(&self, receipts: Vec<AnyReceipt>, now: Moment) -> Result<bool> {
        let (mut all, began) = (!receipts.is_empty(), (self.clock)());
        for receipt in receipts {
            let undone = match receipt {
                AnyReceipt::Remote(_) if (self.clock)().saturating_sub(began) >= self.deadline => Ok(false),
                AnyReceipt::Local(receipt) => Ok(self.fallback.refund(receipt, now)),
                AnyReceipt::Remote(receipt) => {
                    let inner = Arc::clone(&self.inner);
                    self.in_time(
                        self.redis.call(move |redis| async move { inner.remote.refund(&redis, receipt).await }),
                    )
                    .await
                }
            };
            all &= match undone {
                Err(error) => self.instead(error, || Ok(false))?,
                Ok(undone) => undone,
            };
        }
        Ok(all)
    }

    /// Fills a key's bucket and ends its penalty, here and in Redis.
    ///
    /// # Errors
    /// Those of the connection: what cannot be said of Redis is not said.
    pub async fn reset(&self, limit: usize, key: Box<[u8]>, now: Moment) -> Result<()> {
        self.fallback.reset(limit, &key, now);
        let (inner, named) = (Arc::clone(&self.inner), key.clone());
        let call = self.redis.call(move |redis| async move { inner.remote.reset(&redis, limit, &key).await });
        let told = self.in_time(call).await;
        // Whatever came of it: what it was to end is not to go on here.
        self.inner.forget(limit, &named);
        told
    }

    /// Refuses a key every cost for so long, here and in Redis. What other processes have leased of it they spend.
    ///
    /// # Errors
    /// `ERR_CONFIG` for one that is too long; those of the connection.
    pub async fn penalize(&self, limit: usize, key: Box<[u8]>, duration: Duration, now: Moment) -> Result<()> {
        self.fallback.penalize(limit, &key, duration, now)?;
        let (inner, named) = (Arc::clone(&self.inner), key.clone());
        let call = self
            .redis
            .call(move |redis| async move { inner.remote.penalize(&redis, limit, &key, duration).await });
        let told = self.in_time(call).await;
        // Whatever came of it: what it was to end is not to go on here.
        self.inner.forget(limit, &named);
        told
    }

    /// Draws ahead what [`consume_now`](Self::consume_now) asked for.
    pub async fn refill(&self, refill: Refill, now: Moment) {
        if refill.is_empty() {
            return;
        }
        let inner = Arc::clone(&self.inner);
        let call = self.redis.call(move |redis| async move {
            inner.refill(&redis, &refill.0, now).await;
            Ok(())
        });
        // It waits for nobody, and nobody for it: the next call that lacks tokens draws them.
        drop(call.await);
    }

    /// What came of a limit's calls so far, and what is kept of it here.
    #[must_use]
    pub fn counts(&self, limit: usize) -> Counts {
        let kept = self.fallback.counts(limit);
        let leased = self.inner.leases.as_ref().map_or(0, |leases| leases.keys(limit));
        let Some(tally) = self.tallies.get(limit) else { return Counts::default() };
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            allowed: read(&tally.allowed),
            limited: read(&tally.limited),
            degraded: read(&tally.degraded),
            held: kept.held + leased as u64,
            evicted: kept.evicted,
        }
    }

    /// Why decisions are degraded, once.
    #[must_use]
    pub fn trouble(&self) -> Option<Error> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Takes no more calls, and waits for those under way.
    pub async fn close(&self) {
        self.redis.close().await;
    }

    /// Makes a call, unless too many have failed of late.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let permit = self.breaker().admit((self.clock)());
        let permit = permit.map_err(|_| Error::StoreUnreached(LEFT_ALONE.to_owned()))?;
        let result = timeout(self.deadline, call).await.unwrap_or(Err(Error::StoreTimeout));
        self.breaker().end(permit, (self.clock)(), verdict(&result));
        result
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands in for Redis when it is an outage that failed a call.
    fn instead<T>(&self, error: Error, fallback: impl FnOnce() -> Result<T>) -> Result<T> {
        if !is_outage(&error) {
            return Err(error);
        }
        if error != Error::StoreUnreached(LEFT_ALONE.to_owned()) {
            let said = match error {
                Error::StoreTimeout => Error::StoreUnavailable(LATE.to_owned()),
                error => error,
            };
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        }
        fallback()
    }

    fn count(&self, requests: &[Request], judged: &[Judged]) {
        let all = judged.iter().all(|judged| judged.decision.allowed);
        for (request, Judged { decision, .. }) in requests.iter().zip(judged) {
            let Some(tally) = self.tallies.get(request.limit) else { continue };
            if all || !decision.allowed {
                let counter = if decision.allowed { &tally.allowed } else { &tally.limited };
                counter.fetch_add(1, Ordering::Relaxed);
                tally.degraded.fetch_add(u64::from(decision.degraded), Ordering::Relaxed);
            }
        }
    }
}

impl Inner {
    async fn refill(&self, redis: &Caller, all: &[Wanted], now: Moment) {
        let Some(leases) = &self.leases else { return };
        for wanted in all {
            leases.refill(&self.remote, redis, wanted, now).await;
        }
    }

    fn forget(&self, limit: usize, key: &[u8]) {
        if let Some(leases) = &self.leases {
            leases.forget(limit, key);
        }
    }
}

const LATE: &str = "It did not answer within the deadline";
const LEFT_ALONE: &str = "Redis failed too often, and is left alone for some seconds";

/// A server that was not reached fails at once, and is looked for again within a second: nothing is won by leaving it alone.
fn verdict<T>(result: &Result<T>) -> Verdict {
    match result {
        Ok(_) => Verdict::Good,
        Err(Error::StoreUnreached(_)) => Verdict::None,
        Err(error) if is_outage(error) => Verdict::Bad,
        Err(_) => Verdict::None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
fn tokens(size: LeaseSize, quota: &Quota) -> u32 {
    let tokens = match size {
        LeaseSize::Tokens(tokens) => tokens,
        LeaseSize::Fraction(part) => (f64::from(quota.burst()) * part).round() as u32,
    };
    tokens.clamp(1, quota.burst())
}
