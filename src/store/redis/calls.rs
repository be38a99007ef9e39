//! What each call to the store is: one script, or for what two tags are part of several; commands for what only reads one session.

#![forbid(unsafe_code)]

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::redis::{Caller, Script};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Change, Created, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version};

use super::arguments::{Arguments, added, span};
use super::clock::Clock;
use super::keys;
use super::reply::{Reply, read, unreadable};
use super::scripts::Scripts;

/// What all calls need beside the servers: the scripts and the names of keys.
pub(super) struct Frame {
    pub(super) scripts: Scripts,
    pub(super) clock: Clock,
    pub(super) prefix: String,
    pub(super) max_data: usize,
}

/// What a call under way has.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) redis: Caller,
    pub(super) frame: Arc<Frame>,
}

impl Deref for Call {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

impl Call {
    pub(super) async fn run(&self, script: &Script, tag: Tag, arguments: Arguments) -> Result<Reply> {
        self.run_on(script, &keys::slot(&self.prefix, tag), arguments).await
    }

    pub(super) async fn run_on(&self, script: &Script, slot: &str, arguments: Arguments) -> Result<Reply> {
        Reply::new(self.redis.run(script, slot, &arguments.parts()).await?)
    }

    /// The same, of a write that ends sessions. The second value is an error that comes after all is done.
    pub(super) async fn write(
        &self,
        script: &Script,
        tag: Tag,
        arguments: Arguments,
    ) -> Result<(Reply, Option<Error>)> {
        let slot = keys::slot(&self.prefix, tag);
        let (value, doubt) = self.redis.write(script, &slot, &arguments.parts()).await?;
        Ok((Reply::new(value)?, doubt))
    }

    /// Every text that is written has the bound of data.
    fn check(&self, length: usize) -> Result<()> {
        let limit = self.max_data;
        if length > limit { Err(Error::SessionTooLarge { length, limit }) } else { Ok(()) }
    }

    fn check_label(&self, label: Option<&str>) -> Result<()> {
        self.check(label.map_or(0, str::len))
    }

    /// What is wrong with a new session before the server is asked.
    pub(super) fn check_new(&self, key: &StoreKey, new: &NewRecord) -> Result<()> {
        self.check(new.data.len())?;
        self.check_label(new.label.as_deref())?;
        let Some(user) = new.user.as_deref() else { return Ok(()) };
        self.check(user.len())?;
        if Tag::of_user(user) != key.tag() {
            return Err(Error::Config("A session of a user needs a key with that user's tag"));
        }
        Ok(())
    }

    pub(super) async fn create(&self, key: StoreKey, new: NewRecord) -> Result<Created> {
        self.check_new(&key, &new)?;
        let mut reply = self.run(&self.scripts.create, key.tag(), added(&key, &new)).await?;
        let word = reply.text()?;
        created(&word, &mut reply, key.tag())
    }

    /// Commands, which cost the server a third of what a script does: nothing is written. The time comes first, since what is there
    /// later may have been made to end later; the tombstone last, since what is not there may have ended since.
    pub(super) async fn load(&self, key: StoreKey) -> Result<Loaded> {
        let (slot, id) = (keys::slot(&self.prefix, key.tag()), keys::id(&key));
        let mut commands = (self.clock.ask)(&slot);
        commands.add(&read(keys::session(&slot, &id).as_bytes()));
        commands.add(&[b"GET", keys::tombstone(&slot, &id).as_bytes()]);
        let mut reply = Reply::new(self.redis.read(&slot, &commands).await?)?;
        let now = reply.time()?;
        if let Some(record) = reply.live(now)? {
            return Ok(Loaded::Found(Box::new(record)));
        }
        let is_buried = reply.optional_instant()?.is_some_and(|until| until > now);
        Ok(if is_buried { Loaded::Ended } else { Loaded::Absent })
    }

    pub(super) async fn save(&self, key: StoreKey, expected: Version, change: Change) -> Result<Saved> {
        self.check(change.data.len())?;
        self.check_label(change.label.as_deref())?;
        let arguments = Arguments::of(keys::id(&key))
            .and(expected.to_string())
            .and(change.data)
            .and(change.write_token.0)
            .and_some(change.lifetime.map(|lifetime| span(lifetime.max_age)))
            .and_some(change.lifetime.and_then(|lifetime| lifetime.idle).map(span))
            .and_label(change.label.as_deref());
        let mut reply = self.run(&self.scripts.save, key.tag(), arguments).await?;
        match reply.text()?.as_str() {
            "done" => Ok(Saved::Done { version: reply.number()?, expires_at: reply.instant()? }),
            "conflict" => Ok(Saved::Conflict(Box::new(reply.record()?))),
            "none" => Ok(Saved::NotFound),
            _ => Err(unreadable()),
        }
    }

    pub(super) async fn touch(&self, key: StoreKey) -> Result<Option<Timestamp>> {
        let mut reply = self.run(&self.scripts.touch, key.tag(), Arguments::of(keys::id(&key))).await?;
        if was_there(&mut reply)? { reply.instant().map(Some) } else { Ok(None) }
    }

    pub(super) async fn delete(&self, key: StoreKey, tombstone: Duration) -> Result<bool> {
        let arguments = Arguments::of(keys::id(&key)).and(span(tombstone));
        let (mut reply, doubt) = self.write(&self.scripts.delete, key.tag(), arguments).await?;
        let was_there = was_there(&mut reply)?;
        doubt.map_or(Ok(was_there), Err)
    }

    /// Within a tag.
    pub(super) async fn replace(
        &self,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> Result<Regenerated> {
        let arguments = added(&to, &new).and(keys::id(&from)).and(expected.to_string()).and(span(tombstone));
        let (mut reply, doubt) = self.write(&self.scripts.regenerate, to.tag(), arguments).await?;
        match reply.text()?.as_str() {
            "none" => Ok(Regenerated::NotFound),
            "conflict" => Ok(Regenerated::Conflict(Box::new(reply.record()?))),
            word => done_for_sure(created(word, &mut reply, to.tag())?, doubt).map(Regenerated::Created),
        }
    }

    pub(super) async fn list(&self, user: String) -> Result<Vec<Listed>> {
        let tag = Tag::of_user(&user);
        let mut reply = self.run(&self.scripts.list, tag, Arguments::of(keys::user(&user))).await?;
        if was_there(&mut reply)? { reply.listed(tag) } else { Err(unreadable()) }
    }

    pub(super) async fn count(&self, user: String) -> Result<u64> {
        let arguments = Arguments::of(keys::user(&user));
        number(self.run(&self.scripts.count, Tag::of_user(&user), arguments).await?)
    }

    pub(super) async fn revoke(&self, user: String, revocation: Revocation) -> Result<u64> {
        self.check(user.len())?;
        let tag = Tag::of_user(&user);
        // One of another tag is another user's.
        let except = revocation.except.filter(|key| key.tag() == tag);
        let arguments = Arguments::of(keys::user(&user))
            .and_some(except.map(|key| keys::id(&key)))
            .and(span(revocation.tombstone))
            .and(span(revocation.keep));
        let (reply, doubt) = self.write(&self.scripts.revoke, tag, arguments).await?;
        let count = number(reply)?;
        doubt.map_or(Ok(count), Err)
    }
}

/// Reads what came of a new session.
pub(super) fn created(word: &str, reply: &mut Reply, tag: Tag) -> Result<Created> {
    match word {
        "done" => Ok(Created::Done { expires_at: reply.instant()?, evicted: reply.ids(tag)? }),
        "exists" => Ok(Created::Exists(reply.token()?)),
        "ended" => Ok(Created::Ended),
        "full" => Ok(Created::Full),
        "revoked" => Ok(Created::Revoked),
        _ => Err(unreadable()),
    }
}

/// What was refused is not in doubt.
pub(super) fn done_for_sure(created: Created, doubt: Option<Error>) -> Result<Created> {
    match doubt {
        Some(doubt) if matches!(created, Created::Done { .. }) => Err(doubt),
        _ => Ok(created),
    }
}

fn was_there(reply: &mut Reply) -> Result<bool> {
    match reply.text()?.as_str() {
        "done" => Ok(true),
        "none" => Ok(false),
        _ => Err(unreadable()),
    }
}

fn number(mut reply: Reply) -> Result<u64> {
    if was_there(&mut reply)? { reply.number() } else { Err(unreadable()) }
}
