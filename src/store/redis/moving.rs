//! Regeneration from one tag to another: on two slots, so in three steps, between which neither session lives twice.

#![forbid(unsafe_code)]

use std::time::Duration;

use tokio::time::sleep;

use crate::error::{Error, ErrorCode, Result};
use crate::session::id::StoreKey;
use crate::store::record::{Created, NewRecord, OnFull, Regenerated, Version};

use super::arguments::{Arguments, added, span};
use super::calls::{Call, created};
use super::keys;
use super::reply::{Reply, unreadable};

/// How long a session stays pending that nobody activates or drops.
const PENDING: Duration = Duration::from_secs(10);
/// The pauses between attempts to activate: without it, the user is signed out. They end well before the pending one does.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(800), Duration::from_millis(1600)];

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
        let arguments = with_room(&to, &new).and(span(PENDING));
        let mut reply = self.run(&self.scripts.pending, to.tag(), arguments).await?;
        let pending = created(&reply.text()?, &mut reply, to.tag())?;
        if !matches!(pending, Created::Done { .. }) {
            return Ok(Regenerated::Created(pending));
        }
        // When the outcome of this is not known the pending one passes by itself: the old session may live, so it must not.
        match self.remove(from, expected, tombstone).await? {
            Some(refused) => {
                // If this fails it passes by itself.
                drop(self.run(&self.scripts.drop, to.tag(), named(&to, &new)).await);
                Ok(refused)
            }
            None => self.activate(to, &new).await.map(Regenerated::Created),
        }
    }

    /// Ends the old session, or says why not.
    async fn remove(&self, from: StoreKey, expected: Version, tombstone: Duration) -> Result<Option<Regenerated>> {
        let arguments = Arguments::of(keys::id(&from)).and(expected.to_string()).and(span(tombstone));
        let mut reply = self.run(&self.scripts.remove, from.tag(), arguments).await?;
        match reply.text()?.as_str() {
            "done" => Ok(None),
            "none" => Ok(Some(Regenerated::NotFound)),
            "conflict" => Ok(Some(Regenerated::Conflict(Box::new(reply.record()?)))),
            _ => Err(unreadable()),
        }
    }

    /// May be repeated: what was activated stays so.
    async fn activate(&self, to: StoreKey, new: &NewRecord) -> Result<Created> {
        let (mut max, mut tombstone) = (None, None);
        if let Some(cap) = new.cap
            && let OnFull::EvictOldest { tombstone: evicted } = cap.on_full
        {
            (max, tombstone) = (Some(cap.max.max(1).to_string()), Some(span(evicted)));
        }
        let mut pauses = PAUSES.iter();
        loop {
            let arguments = named(&to, new).and_some(max.clone()).and_some(tombstone.clone());
            match self.run(&self.scripts.activate, to.tag(), arguments).await {
                Ok(reply) => return activated(reply, &to),
                Err(error) if matches!(error.code(), ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout) => {
                    let Some(pause) = pauses.next() else { return Err(error) };
                    sleep(*pause).await;
                }
                Err(error) => return Err(error),
            }
        }
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
