//! Regeneration from one tag to another: on two slots, so in three steps, between which neither session lives twice.

#![forbid(unsafe_code)]

use std::time::Duration;

use tokio::time::sleep;

use crate::clock::{Monotonic, monotonic};
use crate::error::{Error, ErrorCode, Result};
use crate::session::id::StoreKey;
use crate::store::record::{Created, NewRecord, OnFull, Regenerated, Version};

use super::arguments::{Arguments, added, span};
use super::calls::{Call, created, done_for_sure};
use super::keys;
use super::reply::{Reply, unreadable};

/// How long a session stays pending that nobody activates or drops.
const PENDING: Duration = Duration::from_secs(10);
/// The pauses in milliseconds between attempts to activate: without it, the user is signed out. They end before the pending one
/// does, or with it, and not before a failover, which takes seconds.
const PAUSES: [u64; 7] = [50, 200, 800, 1600, 1600, 1600, 1600];
/// Those between attempts to end the old session, where it is not known what became of one: few, since the pending one is to be
/// there afterwards.
const REMOVING_PAUSES: [u64; 2] = [50, 200];

impl Call {
    /// Ends the session under `from` and makes one under `to`, in one step where they have one tag.
    pub(super) async fn regenerate(
        &self,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> Result<Regenerated> {
        self.check_new(&to, &new)?;
        if from.tag() == to.tag() {
            return self.replace(from, expected, to, new, tombstone).await;
        }
        if new.import.is_some() {
            return Err(Error::Config(
                "A session that is imported is created, not regenerated from one of another tag",
            ));
        }
        let clock = monotonic();
        let arguments = with_room(&to, &new).and(span(PENDING));
        let mut reply = self.run(&self.scripts.pending, to.tag(), arguments).await?;
        let pending = created(&reply.text()?, &mut reply, to.tag())?;
        if !matches!(pending, Created::Done { .. }) {
            return Ok(Regenerated::Created(pending));
        }
        // When the outcome of this stays unknown the pending one passes by itself: the old session may live, so it must not.
        match self.remove(&clock, from, expected, tombstone, &new).await? {
            Removed::Not(refused) => {
                // If this fails it passes by itself.
                drop(self.run(&self.scripts.drop, to.tag(), named(&to, &new)).await);
                Ok(refused)
            }
            // Whether replicas have it or not: without the new one the user is signed out.
            Removed::Done(doubt) => {
                let (created, other) = self.activate(&clock, to, &new).await?;
                done_for_sure(created, doubt.or(other)).map(Regenerated::Created)
            }
        }
    }

    /// Ends the old session, or says why not. May be repeated: the new one's token says who ended it.
    pub(super) async fn remove(
        &self,
        clock: &Monotonic,
        from: StoreKey,
        expected: Version,
        tombstone: Duration,
        new: &NewRecord,
    ) -> Result<Removed> {
        // An attempt that ends the old one when the new one has passed signs the user out.
        let is_in_time = |pause| clock() + pause + self.redis.deadline() < PENDING;
        let (mut pauses, mut may_be_done) = (REMOVING_PAUSES.iter(), false);
        loop {
            let arguments = Arguments::of(keys::id(&from))
                .and(expected.to_string())
                .and(span(tombstone))
                .and(new.write_token.0)
                .and(span(PENDING));
            let error = match self.write(&self.scripts.remove, from.tag(), arguments).await {
                Ok((reply, doubt)) => return removed(reply, doubt),
                Err(error) => error,
            };
            may_be_done |= matches!(error, Error::StoreUnavailable(_) | Error::StoreTimeout);
            match pauses.next().copied().map(Duration::from_millis) {
                Some(pause) if may_be_done && is_in_time(pause) => sleep(pause).await,
                _ => return Err(if may_be_done { half_done(error) } else { error }),
            }
        }
    }

    /// May be repeated: what was activated stays so.
    async fn activate(&self, clock: &Monotonic, to: StoreKey, new: &NewRecord) -> Result<(Created, Option<Error>)> {
        let (mut max, mut tombstone) = (None, None);
        if let Some(cap) = new.cap
            && let OnFull::EvictOldest { tombstone: evicted } = cap.on_full
        {
            (max, tombstone) = (Some(cap.max.max(1).to_string()), Some(span(evicted)));
        }
        let mut pauses = PAUSES.iter();
        loop {
            let arguments = named(&to, new).and_some(max.clone()).and_some(tombstone.clone());
            match self.write(&self.scripts.activate, to.tag(), arguments).await {
                Ok((reply, doubt)) => return Ok((activated(reply, &to)?, doubt)),
                Err(error) if matches!(error.code(), ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout) => {
                    match pauses.next().copied().map(Duration::from_millis) {
                        Some(pause) if clock() + pause < PENDING => sleep(pause).await,
                        _ => return Err(half_done(error)),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// What came of ending the old session.
pub(super) enum Removed {
    /// It ended; with the error when that is not known to be on replicas.
    Done(Option<Error>),
    Not(Regenerated),
}

fn removed(mut reply: Reply, doubt: Option<Error>) -> Result<Removed> {
    match reply.text()?.as_str() {
        "done" => Ok(Removed::Done(doubt)),
        "none" => Ok(Removed::Not(Regenerated::NotFound)),
        "conflict" => Ok(Removed::Not(Regenerated::Conflict(Box::new(reply.record()?)))),
        _ => Err(unreadable()),
    }
}

/// The old session has, or may have, ended: the call as a whole was not refused, whatever this part of it met.
fn half_done(error: Error) -> Error {
    match error {
        Error::StoreRefused(text) | Error::StoreUnreached(text) => Error::StoreUnavailable(text),
        error => error,
    }
}

fn activated(mut reply: Reply, to: &StoreKey) -> Result<Created> {
    match reply.text()?.as_str() {
        "lost" => Err(Error::StoreUnavailable(
            "Redis lost the new session while the old one ended: the user has to sign in again".to_owned(),
        )),
        word => created(word, &mut reply, to.tag()),
    }
}

fn named(to: &StoreKey, new: &NewRecord) -> Arguments {
    Arguments::of(keys::id(to)).and(new.write_token.0)
}

/// A pending session is in nobody's way: who has to go for it goes when it is activated.
fn with_room(to: &StoreKey, new: &NewRecord) -> Arguments {
    let evicts = new.cap.is_some_and(|cap| matches!(cap.on_full, OnFull::EvictOldest { .. }));
    if evicts { added(to, &NewRecord { cap: None, ..new.clone() }) } else { added(to, new) }
}
