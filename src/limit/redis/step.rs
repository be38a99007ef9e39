//! A step over several limits: all take, or none does.

#![forbid(unsafe_code)]

use std::time::Duration;

use redis::Value;
use tokio::time::timeout;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::limit::exact::Exact;
use crate::limit::local::MAX_REQUESTS;
use crate::limit::token_bucket::TokenBucket;
use crate::redis::{Caller, Script};

use super::key::{self, Tag};
use super::{Outcome, Receipt, Remote, Request, numbers, unreadable};

/// How long a call that is refused goes on: a part of the shortest deadline that is of use.
const AFTERWARDS: Duration = Duration::from_millis(50);

/// A request with what is worked out of it, and the costs of which the first that is there is taken.
struct Asked<'a> {
    place: usize,
    limit: usize,
    tag: Tag,
    costs: &'a [u32],
}

/// What the script found of a request.
pub(super) struct Found {
    pub(super) bucket: TokenBucket,
    /// The cost that is there.
    pub(super) cost: Option<u32>,
}

impl Remote {
    /// Takes the tokens of all requests, or none. The outcomes are in the order of the requests.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a cost above the burst or too many requests; those of the connection. What was taken on other slots
    /// is undone then, if the connection lets it.
    pub(crate) async fn consume(&self, redis: &Caller, requests: &[Request]) -> Result<Vec<Outcome>> {
        self.check(requests)?;
        let costs: Vec<[u32; 1]> = requests.iter().map(|request| [request.cost]).collect();
        let slots = self.slots(requests, &costs);
        let mut outcomes: Vec<Option<Outcome>> = requests.iter().map(|_| None).collect();
        for (done, slot) in slots.iter().enumerate() {
            let refused = match self.run(redis, &self.scripts.consume, slot).await {
                Ok((now, found)) => self.note(requests, slot, now, &found, &mut outcomes)?,
                Err(error) => {
                    self.undo(redis, requests, &mut outcomes).await;
                    return Err(error);
                }
            };
            if refused {
                let behind = &slots[done + 1..];
                // It is refused, whatever becomes of the other slots: a fallback in an outage of those would let it in.
                drop(timeout(AFTERWARDS, self.told_of(redis, requests, behind, &mut outcomes)).await);
                self.fill(requests, &mut outcomes)?;
                break;
            }
        }
        outcomes.into_iter().collect::<Option<_>>().ok_or(Error::Primitive)
    }

    /// What follows a refusal: what was taken is undone, and the slots behind it, which were not asked, tell what they have. Cut off
    /// in between, tokens are lost, and come back in time.
    async fn told_of(
        &self,
        redis: &Caller,
        requests: &[Request],
        behind: &[Vec<Asked<'_>>],
        outcomes: &mut [Option<Outcome>],
    ) -> Result<()> {
        self.undo(redis, requests, outcomes).await;
        for slot in behind {
            let (now, found) = self.run(redis, &self.scripts.peek, slot).await?;
            self.tell(requests, slot, now, &found, outcomes)?;
        }
        Ok(())
    }

    /// Says of limits that could not be asked what they say of a key that they do not know.
    fn fill(&self, requests: &[Request], outcomes: &mut [Option<Outcome>]) -> Result<()> {
        let at = outcomes.iter().flatten().map(|outcome| outcome.at).next().ok_or(Error::Primitive)?;
        for (request, outcome) in requests.iter().zip(outcomes) {
            if outcome.is_none() {
                let decision = TokenBucket::default().peek(self.quota(request.limit)?, request.cost, at)?;
                *outcome = Some(Outcome { decision, at, receipt: None });
            }
        }
        Ok(())
    }

    /// What [`consume`](Self::consume) would decide.
    ///
    /// # Errors
    /// Those of [`consume`](Self::consume).
    pub(crate) async fn peek(&self, redis: &Caller, requests: &[Request]) -> Result<Vec<Outcome>> {
        self.check(requests)?;
        let costs: Vec<[u32; 1]> = requests.iter().map(|request| [request.cost]).collect();
        let mut outcomes: Vec<Option<Outcome>> = requests.iter().map(|_| None).collect();
        for slot in self.slots(requests, &costs) {
            let (now, found) = self.run(redis, &self.scripts.peek, &slot).await?;
            self.tell(requests, &slot, now, &found, &mut outcomes)?;
        }
        outcomes.into_iter().collect::<Option<_>>().ok_or(Error::Primitive)
    }

    /// Takes the first of the costs that a key has, and says which, with the bucket as it was and the server's time.
    pub(super) async fn draw(&self, redis: &Caller, limit: usize, tag: Tag, costs: &[u32]) -> Result<(Moment, Found)> {
        let (now, found) = self.run(redis, &self.scripts.consume, &[Asked { place: 0, limit, tag, costs }]).await?;
        found.into_iter().next().map(|found| (now, found)).ok_or_else(unreadable)
    }

    pub(super) fn check(&self, requests: &[Request]) -> Result<()> {
        if requests.len() > MAX_REQUESTS {
            return Err(Error::Config("At most 8 rate limits can be asked at once: ask fewer, or in two calls"));
        }
        requests
            .iter()
            .try_for_each(|request| self.quota(request.limit)?.check_cost(request.cost))
    }

    /// The requests by their slots, in the order in which they are asked: the narrowest limit first, by its rate, so that a refusal
    /// comes before what many share is touched.
    fn slots<'a>(&self, requests: &[Request], costs: &'a [[u32; 1]]) -> Vec<Vec<Asked<'a>>> {
        let mut slots: Vec<Vec<Asked<'a>>> = Vec::new();
        for (place, (request, costs)) in requests.iter().zip(costs).enumerate() {
            let asked = Asked { place, limit: request.limit, tag: Tag::of(&request.key), costs };
            match slots.iter_mut().find(|slot| !self.is_cluster || slot[0].tag == asked.tag) {
                Some(slot) => slot.push(asked),
                None => slots.push(vec![asked]),
            }
        }
        slots.sort_by(|one, other| self.width(one).total_cmp(&self.width(other)));
        slots
    }

    /// The highest rate of a slot's limits.
    fn width(&self, slot: &[Asked<'_>]) -> f64 {
        let quotas = slot.iter().filter_map(|asked| self.quota(asked.limit).ok());
        quotas
            .map(|quota| f64::from(quota.limit()) / quota.window().as_secs_f64())
            .fold(0.0, f64::max)
    }

    async fn run(&self, redis: &Caller, script: &Script, slot: &[Asked<'_>]) -> Result<(Moment, Vec<Found>)> {
        let mut arguments: Vec<String> = Vec::with_capacity(slot.len() * 7);
        for asked in slot {
            let quota = self.quota(asked.limit)?;
            arguments.push(self.name(asked.limit, asked.tag)?);
            if let (1, 1, &[cost]) = (slot.len(), quota.rate(), asked.costs)
                && cost > 0
            {
                arguments.extend([quota.fill(), quota.worth(cost)].map(|time| time.micros().to_string()));
                break;
            }
            arguments.push(quota.rate().to_string());
            arguments.extend(numbers(quota.fill()));
            arguments.push(asked.costs.len().to_string());
            arguments.extend(asked.costs.iter().flat_map(|&cost| numbers(quota.worth(cost))));
        }
        // No bucket has this name, so that a Cluster that moves the slot has nothing of it to look for.
        let slot_name = slot.first().map_or_else(String::new, |asked| key::slot(&self.prefix, asked.tag));
        let parts: Vec<&[u8]> = arguments.iter().map(String::as_bytes).collect();
        read(slot, redis.run(script, &slot_name, &parts).await?)
    }

    /// Notes what a slot decided, and says whether it refused.
    fn note(
        &self,
        requests: &[Request],
        slot: &[Asked<'_>],
        now: Moment,
        found: &[Found],
        outcomes: &mut [Option<Outcome>],
    ) -> Result<bool> {
        if found.iter().any(|found| found.cost.is_none()) {
            self.tell(requests, slot, now, found, outcomes)?;
            return Ok(true);
        }
        for (asked, found) in slot.iter().zip(found) {
            let mut bucket = found.bucket;
            let (decision, taken) = bucket.consume(self.quota(asked.limit)?, requests[asked.place].cost, now)?;
            // The script counts as this does. One that took what is not there is another's.
            let taken = taken.ok_or_else(unreadable)?;
            let receipt = Some(Receipt { limit: asked.limit, tag: asked.tag, taken });
            outcomes[asked.place] = Some(Outcome { decision, at: now, receipt });
        }
        Ok(false)
    }

    /// Notes what a slot has, of which nothing was taken.
    fn tell(
        &self,
        requests: &[Request],
        slot: &[Asked<'_>],
        now: Moment,
        found: &[Found],
        outcomes: &mut [Option<Outcome>],
    ) -> Result<()> {
        for (asked, found) in slot.iter().zip(found) {
            let decision = found.bucket.peek(self.quota(asked.limit)?, requests[asked.place].cost, now)?;
            outcomes[asked.place] = Some(Outcome { decision, at: now, receipt: None });
        }
        Ok(())
    }

    /// Gives back what was taken, the last first. What cannot be given back is lost, and comes back in time.
    async fn undo(&self, redis: &Caller, requests: &[Request], outcomes: &mut [Option<Outcome>]) {
        for (request, outcome) in requests.iter().zip(outcomes).rev() {
            let Some(Outcome { decision, at, receipt }) = outcome else { continue };
            let Some(receipt) = receipt.take() else { continue };
            let (before, _, _) = receipt.taken.parts();
            let undone = self.refund(redis, receipt).await;
            if matches!(undone, Ok(true))
                && let Ok(quota) = self.quota(request.limit)
                && let Ok(told) = TokenBucket::from_parts(before, 0).peek(quota, request.cost, *at)
            {
                *decision = told;
            }
        }
    }
}

/// Reads the answer of `judge.lua`.
fn read(slot: &[Asked<'_>], answer: Value) -> Result<(Moment, Vec<Found>)> {
    let Value::BulkString(text) = answer else { return Err(unreadable()) };
    let text = str::from_utf8(&text).map_err(|_| unreadable())?;
    let numbers = text.split(' ').map(|number| number.parse().map_err(|_| unreadable()));
    let numbers = numbers.collect::<Result<Vec<u64>>>()?;
    let (&[seconds, micros], states) = numbers.split_first_chunk().ok_or_else(unreadable)?;
    let now = seconds.saturating_mul(1_000_000).saturating_add(micros);
    let (states, rest) = states.as_chunks::<4>();
    if states.len() != slot.len() || !rest.is_empty() {
        return Err(unreadable());
    }
    let found = slot.iter().zip(states).map(|(asked, &[micros, part, blocked, chosen])| {
        let part = u32::try_from(part).map_err(|_| unreadable())?;
        let chosen = usize::try_from(chosen).map_err(|_| unreadable())?;
        Ok(Found {
            bucket: TokenBucket::from_parts(Exact::from_parts(micros, part), blocked),
            cost: chosen.checked_sub(1).and_then(|chosen| asked.costs.get(chosen)).copied(),
        })
    });
    Ok((Moment::from_micros(now), found.collect::<Result<_>>()?))
}
