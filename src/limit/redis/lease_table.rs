//! Tokens that were drawn from Redis in batches and are spent here.
//!
//! A holder's time is that of the server when he drew, and what has passed here since he asked: later than the server's own by the
//! way there, so that a token is given up early rather than late. What the server said of a bucket is kept beside its tokens: a refusal
//! is repeated from it for a second at most, so that a flood of refused calls does not reach Redis.

#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::error::Result;
use crate::limit::leased::Lease;
use crate::limit::quota::Quota;
use crate::limit::token_bucket::{Decision, TokenBucket};
use crate::redis::Caller;

use super::draws::UnderWay;
use super::key::Tag;
use super::step::Found;
use super::{AnyReceipt, Judged, Remote, Request};

/// For how long a refusal is repeated without asking: as late another process's reset is noticed.
const REFUSED_FOR: Duration = Duration::from_secs(1);
/// How often a call goes on where others take what it has drawn.
const TURNS: usize = 16;
/// What a key takes up here at most, in bytes.
const KEY_BYTES: usize = 384;

/// A key of a limit.
pub(super) type Id = (usize, Tag);
type Gate = Arc<tokio::sync::Mutex<()>>;

/// What is known of a bucket, and the tokens that were drawn from it.
struct Held {
    leases: Vec<Lease>,
    known: TokenBucket,
    /// When it was asked for, by the caller's clock, and answered, by the server's.
    asked: Moment,
    answered: Moment,
    is_refilling: bool,
}

/// A key whose tokens are to be drawn again before they are used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    id: Id,
    want: u32,
}

enum Spent {
    Done(Vec<Judged>, Vec<Wanted>),
    /// The place of a request of which not enough is known, and how many tokens it lacks.
    Lacking(usize, u32),
}

/// What is behind one lock.
#[derive(Default)]
struct Table {
    held: HashMap<Id, Held>,
    draws: UnderWay,
}

/// A draw that is under way; dropped, it has ended.
struct Draw<'a> {
    leases: &'a LeaseTable,
    id: Id,
    begun: u64,
}

impl Drop for Draw<'_> {
    fn drop(&mut self) {
        self.leases.table().draws.end(self.id);
    }
}

/// The leases of all limits.
pub(super) struct LeaseTable {
    /// By limit: how many tokens are drawn at once.
    sizes: Vec<u32>,
    most: usize,
    table: Mutex<Table>,
    /// Of keys that are being drawn for: one draw at a time, which all who wait share.
    gates: Mutex<HashMap<Id, Gate>>,
}

impl LeaseTable {
    pub(super) fn new(sizes: Vec<u32>, keys: usize, bytes: usize) -> Self {
        let most = keys.min(bytes / KEY_BYTES).max(1);
        Self { sizes, most, table: Mutex::default(), gates: Mutex::default() }
    }

    /// Decides by what is here, if that is enough to.
    pub(super) fn spend_now(
        &self,
        remote: &Remote,
        requests: &[Request],
        now: Moment,
    ) -> Result<Option<(Vec<Judged>, Vec<Wanted>)>> {
        match self.spend(remote, requests, &ids(requests), now)? {
            Spent::Done(judged, draws) => Ok(Some((judged, draws))),
            Spent::Lacking(..) => Ok(None),
        }
    }

    /// Decides, and draws what is missing for it.
    pub(super) async fn consume(
        &self,
        remote: &Remote,
        redis: &Caller,
        requests: &[Request],
        now: Moment,
    ) -> Result<(Vec<Judged>, Vec<Wanted>)> {
        remote.check(requests)?;
        let ids = ids(requests);
        for _ in 0..TURNS {
            let (place, _) = match self.spend(remote, requests, &ids, now)? {
                Spent::Done(judged, draws) => return Ok((judged, draws)),
                Spent::Lacking(place, lacks) => (place, lacks),
            };
            let gate = self.gate(ids[place]);
            let turn = gate.lock().await;
            // Who was before may have drawn enough for all.
            let drawn = match self.spend(remote, requests, &ids, now)? {
                Spent::Done(judged, draws) => Ok(Some((judged, draws))),
                Spent::Lacking(other, lacks) if other == place => {
                    self.draw(remote, redis, ids[place], lacks, now).await.map(|()| None)
                }
                Spent::Lacking(..) => Ok(None),
            };
            drop(turn);
            self.forget_gate(ids[place], gate);
            if let Some(done) = drawn? {
                return Ok(done);
            }
        }
        let outcomes = remote.consume(redis, requests).await?;
        Ok((outcomes.into_iter().map(Judged::from).collect(), Vec::new()))
    }

    /// Draws ahead, so that nobody has to wait for it.
    pub(super) async fn refill(&self, remote: &Remote, redis: &Caller, wanted: &Wanted, now: Moment) {
        let id = wanted.id;
        let draw = self.begin(id);
        let drawn = remote.draw(redis, id.0, id.1, &halves(wanted.want, 1)).await;
        if let (Ok((answered, found)), Ok(quota)) = (drawn, remote.quota(id.0)) {
            self.keep(&draw, quota, now, answered, &found);
        }
        if let Some(held) = self.table().held.get_mut(&id) {
            held.is_refilling = false;
        }
    }

    /// Leaves what is held of a key, and what is known of it, and what draws will bring that are under way.
    pub(super) fn forget(&self, limit: usize, key: &[u8]) {
        let id = (limit, Tag::of(key));
        let mut table = self.table();
        table.held.remove(&id);
        table.draws.leave(id);
    }

    pub(super) fn keys(&self, limit: usize) -> usize {
        self.table().held.keys().filter(|(held, _)| *held == limit).count()
    }

    async fn draw(&self, remote: &Remote, redis: &Caller, id: Id, lacks: u32, now: Moment) -> Result<()> {
        let quota = remote.quota(id.0)?;
        let size = self.sizes.get(id.0).copied().unwrap_or(1);
        let costs = halves(size.max(lacks).min(quota.burst()), lacks);
        let draw = self.begin(id);
        let (answered, found) = remote.draw(redis, id.0, id.1, &costs).await?;
        self.keep(&draw, quota, now, answered, &found);
        Ok(())
    }

    fn begin(&self, id: Id) -> Draw<'_> {
        Draw { leases: self, id, begun: self.table().draws.begin(id) }
    }

    /// Keeps what a draw brought, unless its key was forgotten meanwhile: its tokens are lost then, and come back in time.
    fn keep(&self, draw: &Draw<'_>, quota: &Quota, asked: Moment, answered: Moment, found: &Found) {
        let id = draw.id;
        let mut bucket = found.bucket;
        bucket.settle(quota, answered);
        let start = crate::limit::exact::Exact::whole(answered.as_micros());
        let ahead = bucket.full_at().max(start).minus(start, quota.rate());
        let drawn = found.cost.filter(|&cost| cost > 0);
        let lease = drawn.filter(|&cost| matches!(bucket.consume(quota, cost, answered), Ok((_, Some(_)))));
        let mut table = self.table();
        if !table.draws.is_current(id, draw.begun) {
            return;
        }
        if table.held.len() >= self.most && !table.held.contains_key(&id) {
            make_room(&mut table.held, self.most);
        }
        let held = table.held.entry(id).or_insert_with(|| Held {
            leases: Vec::new(),
            known: bucket,
            asked,
            answered,
            is_refilling: false,
        });
        (held.known, held.asked, held.answered) = (bucket, asked, answered);
        held.leases.retain(|lease| lease.remaining(quota, answered) > 0);
        held.leases.extend(lease.map(|count| Lease::new(quota, answered, ahead, count)));
    }

    fn spend(&self, remote: &Remote, requests: &[Request], ids: &[Id], now: Moment) -> Result<Spent> {
        let mut table = self.table();
        let table = &mut table.held;
        let (mut decisions, mut is_refused) = (Vec::with_capacity(requests.len()), false);
        for (place, (request, id)) in requests.iter().zip(ids).enumerate() {
            let quota = remote.quota(request.limit)?;
            quota.check_cost(request.cost)?;
            let Some(held) = table.get(id) else { return Ok(Spent::Lacking(place, request.cost)) };
            match held.judge(quota, request.cost, now)? {
                Ok(decision) => {
                    is_refused |= !decision.allowed;
                    decisions.push((decision, held.time(now)));
                }
                Err(lacks) => return Ok(Spent::Lacking(place, lacks)),
            }
        }
        let mut draws = Vec::new();
        for ((request, id), (decision, _)) in requests.iter().zip(ids).zip(&mut decisions) {
            let quota = remote.quota(request.limit)?;
            if let Some(held) = table.get_mut(id).filter(|_| !is_refused) {
                held.take(quota, request.cost, now);
                decision.remaining -= request.cost.min(decision.remaining);
                let size = self.sizes.get(id.0).copied().unwrap_or(1);
                draws.extend(held.wants(quota, size, now).map(|want| Wanted { id: *id, want }));
            }
        }
        let judged = |(decision, at)| Judged { decision, at, receipt: None::<AnyReceipt> };
        Ok(Spent::Done(decisions.into_iter().map(judged).collect(), draws))
    }

    fn gate(&self, id: Id) -> Gate {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(id).or_default())
    }

    /// Leaves a gate that nobody waits at.
    fn forget_gate(&self, id: Id, gate: Gate) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        drop(gate);
        if gates.get(&id).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&id);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The server's time at a moment of the caller's, or a little later.
    fn time(&self, now: Moment) -> Moment {
        self.answered.plus(now.since(self.asked))
    }

    fn tokens(&self, quota: &Quota, at: Moment) -> u32 {
        self.leases.iter().map(|lease| lease.remaining(quota, at)).sum()
    }

    /// The decision about a cost, with nothing taken; how many tokens are lacking where it cannot be made.
    fn judge(&self, quota: &Quota, cost: u32, now: Moment) -> Result<Result<Decision, u32>> {
        let at = self.time(now);
        let tokens = self.tokens(quota, at);
        let lacks = cost.saturating_sub(tokens);
        let known = self.known.peek(quota, lacks, at)?;
        let is_fresh = at.since(self.answered) <= REFUSED_FOR;
        if (lacks > 0 && known.allowed) || (!known.allowed && !is_fresh) {
            return Ok(Err(lacks));
        }
        Ok(Ok(Decision { remaining: known.remaining.saturating_add(tokens).min(quota.burst()), ..known }))
    }

    fn take(&mut self, quota: &Quota, cost: u32, now: Moment) {
        let (at, mut cost) = (self.time(now), cost);
        for lease in &mut self.leases {
            let part = lease.remaining(quota, at).min(cost);
            if lease.take(quota, part, at) {
                cost -= part;
            }
        }
    }

    /// How many tokens to draw ahead, if less than half of a batch is left and the bucket has some.
    fn wants(&mut self, quota: &Quota, size: u32, now: Moment) -> Option<u32> {
        let at = self.time(now);
        let tokens = self.tokens(quota, at);
        if self.is_refilling || size < 2 || tokens >= size / 2 {
            return None;
        }
        let there = self.known.peek(quota, 0, at).map_or(0, |known| known.remaining);
        self.is_refilling = there >= (size / 4).max(1);
        self.is_refilling.then_some(size - tokens)
    }
}

fn ids(requests: &[Request]) -> Vec<Id> {
    requests.iter().map(|request| (request.limit, Tag::of(&request.key))).collect()
}

/// The most, and half of it again and again, and the least.
fn halves(most: u32, least: u32) -> Vec<u32> {
    let mut costs: Vec<u32> = std::iter::successors(Some(most), |cost| Some(cost / 2))
        .take_while(|&cost| cost > least)
        .collect();
    costs.push(least);
    costs
}

/// Leaves keys whose last answer is old, else any: their tokens are lost, and come back in time.
fn make_room(table: &mut HashMap<Id, Held>, most: usize) {
    let newest = table.values().map(|held| held.answered).max().unwrap_or_default();
    table.retain(|_, held| newest.since(held.answered) <= REFUSED_FOR || held.is_refilling);
    let surplus = table.len().saturating_sub(most - most.div_ceil(8));
    let any: Vec<Id> = table.keys().take(surplus).copied().collect();
    for id in any {
        table.remove(&id);
    }
}
