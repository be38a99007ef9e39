//! The sessions of some tags, with their tombstones and users: what one lock holds, so that every call is one step.

#![forbid(unsafe_code)]

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use super::part::Ends;
use super::room::{Full, Room, Size};
use super::session::{NOBODY, Session, Sessions};
use super::table::{Slot, Table};
use super::time::{after, before, timestamp};
use super::users::{self, NEVER, Name, User, Users};
use crate::clock::Timestamp;
use crate::session::id::StoreKey;
use crate::store::record::{Change, Created, Listed, Loaded, NewRecord, OnFull, Record, Revocation, Saved, Version};

type Tombstones = Table<StoreKey, ()>;

/// What a tombstone takes: less than a session, so that ending one needs no room.
pub(super) const TOMBSTONE: Size = Size { bytes: Tombstones::COST, entries: 1 };

/// What a call comes with.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) now: u64,
    pub(super) room: &'a Room,
    pub(super) names: &'a RandomState,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Swept {
    pub(super) sessions: u32,
    pub(super) all: u32,
}

pub(super) struct Shard {
    pub(super) sessions: Sessions,
    pub(super) ended: Tombstones,
    pub(super) users: Users,
}

impl Shard {
    pub(super) fn new() -> Self {
        Self { sessions: Table::new(), ended: Table::new(), users: Table::new() }
    }

    pub(super) fn load(&self, call: Call, key: &StoreKey) -> Loaded {
        match self.live(call, key) {
            Some(slot) => Loaded::Found(self.sessions.get(slot).record()),
            None if self.has_ended(call, key) => Loaded::Ended,
            None => Loaded::Absent,
        }
    }

    pub(super) fn save(
        &mut self,
        call: Call,
        key: &StoreKey,
        expected: Version,
        change: &mut Change,
    ) -> Result<Saved, Full> {
        let Some(slot) = self.live(call, key) else { return Ok(Saved::NotFound) };
        if let Some(current) = self.conflict(slot, expected) {
            return Ok(Saved::Conflict(current));
        }
        let session = &self.sessions.get(slot).value;
        let label = change.label.as_deref().or(session.label()).map_or(0, str::len);
        let (old, new) = (Session::size(session.body.len()), Session::size(change.data.len() + label));
        call.room.take(Size::of_bytes(new.bytes.saturating_sub(old.bytes)))?;
        let session = self.sessions.value(slot);
        let end = session.change(call.now, change);
        let version = session.version;
        self.sessions.set_end(slot, end);
        call.room.shrunk(old, new);
        Ok(Saved::Done { version, expires_at: timestamp(end) })
    }

    pub(super) fn touch(&mut self, call: Call, key: &StoreKey) -> Option<Timestamp> {
        let slot = self.live(call, key)?;
        let end = self.sessions.value(slot).see(call.now);
        self.sessions.set_end(slot, end);
        Some(timestamp(end))
    }

    /// Ends a session, and leaves the longer of two tombstones. It needs room only where there was neither.
    pub(super) fn end(&mut self, call: Call, key: &StoreKey, tombstone: Duration) -> Result<bool, Full> {
        let until = after(call.now, tombstone);
        let was_live = self.live(call, key).is_some();
        let session = self.sessions.find(key);
        let left = self.ended.find(key);
        if session.is_none() && left.is_none() {
            call.room.take(TOMBSTONE)?;
        }
        if let Some(slot) = session {
            let size = self.remove(call, slot);
            call.room.shrunk(size, if left.is_none() { TOMBSTONE } else { Size::default() });
        }
        match left {
            Some(slot) => self.ended.set_end(slot, until.max(self.ended.get(slot).end())),
            None => _ = self.ended.insert(*key, until, ()),
        }
        Ok(was_live)
    }

    /// The session that `regenerate` may end, or what stands against it.
    pub(super) fn leaving(&self, call: Call, key: &StoreKey, expected: Version) -> Result<(), Option<Box<Record>>> {
        let slot = self.live(call, key).ok_or(None)?;
        self.conflict(slot, expected).map_or(Ok(()), |current| Err(Some(current)))
    }

    /// What is under a key that a new record would get.
    pub(super) fn taken(&self, call: Call, key: &StoreKey) -> Option<Created> {
        match self.live(call, key) {
            Some(slot) => Some(Created::Exists(self.sessions.get(slot).value.write_token())),
            None => self.has_ended(call, key).then_some(Created::Ended),
        }
    }

    /// Whether a record's user may have it. `leaving` ends when it is made, and so counts no more.
    pub(super) fn refused(&self, call: Call, new: &NewRecord, leaving: Option<&StoreKey>) -> Option<Created> {
        let user = new.user.as_deref()?;
        let slot = self.users.get(self.user(call, user)?);
        let proved = before(call.now, new.authenticated.unwrap_or_default());
        if slot.end() > call.now && proved < slot.value.revoked {
            return Some(Created::Revoked);
        }
        let cap = new.cap.filter(|cap| cap.on_full == OnFull::Refuse)?;
        let others = self.of_user(call, user).filter(|session| Some(&session.key) != leaving);
        (others.count() >= cap.max as usize).then_some(Created::Full)
    }

    /// Makes a session under a key without one, where nothing stands against it. Takes the record's data, if there is room.
    pub(super) fn insert(
        &mut self,
        call: Call,
        key: StoreKey,
        new: &mut NewRecord,
        leaving: Option<&StoreKey>,
    ) -> Result<Created, Full> {
        if let Some(expired) = self.sessions.find(&key) {
            let size = self.remove(call, expired);
            call.room.give(size);
        }
        let body = new.data.len() + new.label.as_deref().map_or(0, str::len);
        self.take_room(call, body, new.user.as_deref())?;

        let evicted = self.over_cap(call, new, leaving);
        let (session, end) = Session::new(call.now, new);
        self.put(call, key, end, session, new.user.as_deref());
        for (key, tombstone) in &evicted {
            self.end(call, key, *tombstone)?;
        }
        Ok(Created::Done { expires_at: timestamp(end), evicted: evicted.into_iter().map(|(key, _)| key).collect() })
    }

    /// Takes room for a session, and for its user where they have none yet.
    pub(super) fn take_room(&self, call: Call, body: usize, user: Option<&str>) -> Result<(), Full> {
        let user = user.filter(|user| self.user(call, user).is_none());
        call.room.take(Session::size(body).plus(user.map_or(Size::default(), users::size)))
    }

    /// The live sessions of a user, the oldest first.
    pub(super) fn list(&self, call: Call, user: &str) -> Vec<Listed> {
        self.oldest_first(call, user).into_iter().map(Slot::listed).collect()
    }

    pub(super) fn count(&self, call: Call, user: &str) -> u64 {
        self.of_user(call, user).map(|_| 1).sum()
    }

    pub(super) fn revoke(&mut self, call: Call, user: &str, revocation: Revocation) -> Result<u64, Full> {
        let until = after(call.now, revocation.keep);
        let slot = self.user_or_new(call, user)?;
        let earlier = self.users.get(slot);
        let until = if earlier.end() == NEVER { until } else { until.max(earlier.end()) };
        let entry = self.users.value(slot);
        entry.revoked = entry.revoked.max(call.now);
        self.users.set_end(slot, until);

        let keys: Vec<StoreKey> = self.of_user(call, user).map(|session| session.key).collect();
        let mut ended = 0;
        for key in keys.iter().filter(|key| Some(**key) != revocation.except) {
            ended += u64::from(self.end(call, key, revocation.tombstone)?);
        }
        Ok(ended)
    }

    /// Removes what has expired: at most `limit`, and after looking at `steps` at most.
    pub(super) fn sweep(&mut self, call: Call, limit: u32, steps: &mut u32) -> Swept {
        let mut swept = Swept::default();
        while swept.all < limit {
            if let Some(slot) = self.sessions.first_ended(call.now, steps) {
                let size = self.remove(call, slot);
                call.room.give(size);
                swept.sessions += 1;
            } else if let Some(slot) = self.ended.first_ended(call.now, steps) {
                self.ended.swap_remove(slot);
                call.room.give(TOMBSTONE);
            } else if let Some(slot) = self.users.first_ended(call.now, steps) {
                users::forget(&mut self.users, slot, call.room);
            } else {
                break;
            }
            swept.all += 1;
        }
        swept
    }

    fn live(&self, call: Call, key: &StoreKey) -> Option<u32> {
        self.sessions.find(key).filter(|&slot| self.sessions.get(slot).end() > call.now)
    }

    fn has_ended(&self, call: Call, key: &StoreKey) -> bool {
        self.ended.find(key).is_some_and(|slot| self.ended.get(slot).end() > call.now)
    }

    fn conflict(&self, slot: u32, expected: Version) -> Option<Box<Record>> {
        let session = self.sessions.get(slot);
        (session.value.version != expected).then(|| session.record())
    }

    fn user(&self, call: Call, user: &str) -> Option<u32> {
        self.users.find_by(call.names.hash_one(user), |name| &*name.name == user)
    }

    pub(super) fn user_or_new(&mut self, call: Call, user: &str) -> Result<u32, Full> {
        if let Some(slot) = self.user(call, user) {
            return Ok(slot);
        }
        call.room.take(users::size(user))?;
        Ok(self.add_user(call, user))
    }

    fn add_user(&mut self, call: Call, user: &str) -> u32 {
        self.users.insert(Name::new(call.names.hash_one(user), user), NEVER, User::new())
    }

    /// The live sessions of a user, in the order in which they were made.
    fn of_user(&self, call: Call, user: &str) -> impl Iterator<Item = &Slot<StoreKey, Session>> {
        let mut next = self.user(call, user).map_or(NOBODY, |slot| self.users.get(slot).value.first);
        let all = std::iter::from_fn(move || {
            let session = (next != NOBODY).then(|| self.sessions.get(next))?;
            next = session.value.after;
            Some(session)
        });
        all.filter(move |session| session.end() > call.now)
    }

    fn oldest_first(&self, call: Call, user: &str) -> Vec<&Slot<StoreKey, Session>> {
        let mut sessions: Vec<_> = self.of_user(call, user).collect();
        sessions.sort_by_key(|session| session.value.created);
        sessions
    }

    /// The sessions that a cap has no place for beside a new one, and how long they leave tombstones.
    fn over_cap(&self, call: Call, new: &NewRecord, leaving: Option<&StoreKey>) -> Vec<(StoreKey, Duration)> {
        let (Some(user), Some(cap)) = (&new.user, new.cap) else { return Vec::new() };
        let OnFull::EvictOldest { tombstone } = cap.on_full else { return Vec::new() };
        let sessions = self.oldest_first(call, user).into_iter().map(|session| session.key);
        let mut keys: Vec<_> = sessions.filter(|key| Some(key) != leaving).map(|key| (key, tombstone)).collect();
        keys.truncate((keys.len() + 1).saturating_sub(cap.max as usize));
        keys
    }

    /// Adds a session, as the last one of its user.
    pub(super) fn put(&mut self, call: Call, key: StoreKey, end: u64, mut session: Session, user: Option<&str>) {
        let user = user.map(|user| self.user(call, user).unwrap_or_else(|| self.add_user(call, user)));
        session.user = user.map(|user| Arc::clone(&self.users.get(user).key.name));
        let slot = self.sessions.insert(key, end, session);
        if let Some(user) = user {
            self.link(user, slot);
        }
    }

    fn link(&mut self, user: u32, slot: u32) {
        let user = self.users.value(user);
        let last = std::mem::replace(&mut user.last, slot);
        if last == NOBODY {
            user.first = slot;
        } else {
            self.sessions.value(last).after = slot;
        }
        self.sessions.value(slot).before = last;
    }

    /// Removes a session, and its user where there is nothing else to know. Gives the session's size, whose room is still taken.
    pub(super) fn remove(&mut self, call: Call, slot: u32) -> Size {
        let Session { before, after, .. } = self.sessions.get(slot).value;
        self.point_around(call, slot, before, after);
        let Some(removed) = self.sessions.swap_remove(slot) else { return Size::default() };
        if (slot as usize) < self.sessions.len() {
            self.point_around(call, slot, slot, slot);
        }
        if let Some(user) = removed.value.user.as_deref().and_then(|user| self.user(call, user)) {
            let entry = self.users.get(user);
            if entry.value.first == NOBODY && entry.end() == NEVER {
                users::forget(&mut self.users, user, call.room);
            }
        }
        Session::size(removed.value.body.len())
    }

    /// Has the neighbours of a session among those of its user point elsewhere: the later one back, the earlier one on.
    fn point_around(&mut self, call: Call, slot: u32, back: u32, on: u32) {
        let session = &self.sessions.get(slot).value;
        let (before, after) = (session.before, session.after);
        let Some(user) = session.user.as_deref().and_then(|user| self.user(call, user)) else { return };
        match before {
            NOBODY => self.users.value(user).first = on,
            before => self.sessions.value(before).after = on,
        }
        match after {
            NOBODY => self.users.value(user).last = back,
            after => self.sessions.value(after).before = back,
        }
    }
}

impl Ends for Shard {
    fn next_end(&self) -> u64 {
        self.sessions.next_end().min(self.ended.next_end()).min(self.users.next_end())
    }
}
