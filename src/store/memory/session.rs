//! A session as it is kept: fixed fields, and one allocation for its data and label.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::due::number;
use super::room::{Size, allocated};
use super::table::{Key, Slot, Table};
use super::time::{after, before, length, timestamp};
use crate::session::id::StoreKey;
use crate::store::record::{Change, Lifetime, Listed, NewRecord, Record, Version, WriteToken};

/// In the place of an instant, a length or a number: there is none.
pub(super) const NONE: u64 = u64::MAX;
pub(super) const NOBODY: u32 = u32::MAX;

impl Key for StoreKey {
    /// A piece of the hash that it is.
    fn hash(&self) -> u64 {
        let mut hash = [0; 8];
        hash.copy_from_slice(&self.0[2..10]);
        u64::from_le_bytes(hash)
    }
}

pub(super) type Sessions = Table<StoreKey, Session>;

/// All of a session but its key and its end. Times are milliseconds since the epoch.
pub(super) struct Session {
    /// The data, and behind it the label.
    pub(super) body: Box<[u8]>,
    pub(super) user: Option<Arc<str>>,
    pub(super) version: Version,
    pub(super) created: u64,
    pub(super) seen: u64,
    /// Or [`NONE`].
    pub(super) authenticated: u64,
    pub(super) absolute: u64,
    /// Or [`NONE`].
    pub(super) idle: u64,
    pub(super) token: [u8; 16],
    /// How long the label is, or [`NOBODY`] where there is none.
    pub(super) label: u32,
    /// The sessions of the same user that were made before and after this one, or [`NOBODY`].
    pub(super) before: u32,
    pub(super) after: u32,
}

impl Session {
    /// The session that a new record makes, for its user to be put into, and its end. Takes its data.
    pub(super) fn new(now: u64, new: &mut NewRecord) -> (Self, u64) {
        let authenticated = new.authenticated.or(new.user.as_ref().map(|_| Duration::ZERO));
        let mut session = Self {
            body: body(std::mem::take(&mut new.data), new.label.as_deref()),
            user: None,
            version: 1,
            created: before(now, new.age),
            seen: now,
            authenticated: authenticated.map_or(NONE, |ago| before(now, ago)),
            absolute: 0,
            idle: NONE,
            token: new.write_token.0,
            label: label_length(new.label.as_deref()),
            before: NOBODY,
            after: NOBODY,
        };
        session.live_for(now, new.lifetime);
        let end = session.end(now);
        (session, end)
    }

    /// Writes a change. Gives the new end.
    pub(super) fn change(&mut self, now: u64, change: &mut Change) -> u64 {
        if change.label.is_none() {
            change.label = self.label().map(str::to_owned);
        }
        self.write(std::mem::take(&mut change.data), change.label.as_deref());
        self.label = label_length(change.label.as_deref());
        self.version += 1;
        self.token = change.write_token.0;
        if let Some(lifetime) = change.lifetime {
            self.live_for(now, lifetime);
        }
        self.see(now)
    }

    /// Where the length stays, so does the block: it was read just now, and the allocator's notes on it were not.
    fn write(&mut self, data: Vec<u8>, label: Option<&str>) {
        let label_length = label.map_or(0, str::len);
        if data.len() + label_length == self.body.len() {
            let (kept_data, kept_label) = self.body.split_at_mut(data.len());
            kept_data.copy_from_slice(&data);
            kept_label.copy_from_slice(label.unwrap_or_default().as_bytes());
        } else {
            self.body = body(data, label);
        }
    }

    /// Begins the idle time again. Gives the new end. A call with an earlier time than the last one shortens nothing.
    pub(super) fn see(&mut self, now: u64) -> u64 {
        self.seen = self.seen.max(now);
        self.end(self.seen)
    }

    fn live_for(&mut self, now: u64, lifetime: Lifetime) {
        self.absolute = after(now, lifetime.max_age);
        self.idle = lifetime.idle.map_or(NONE, length);
    }

    fn end(&self, seen: u64) -> u64 {
        seen.saturating_add(self.idle).min(self.absolute)
    }

    fn data(&self) -> &[u8] {
        let label = if self.label == NOBODY { 0 } else { self.label as usize };
        &self.body[..self.body.len() - label]
    }

    pub(super) fn label(&self) -> Option<&str> {
        let label = self.body.get(self.body.len().checked_sub(self.label as usize)?..)?;
        str::from_utf8(label).ok()
    }

    /// What a session with a body of this length takes.
    pub(super) fn size(body: usize) -> Size {
        Size::of_entry(Sessions::COST + allocated(body))
    }

    pub(super) fn write_token(&self) -> WriteToken {
        WriteToken(self.token)
    }
}

impl Slot<StoreKey, Session> {
    pub(super) fn record(&self) -> Box<Record> {
        let session = &self.value;
        Box::new(Record {
            data: session.data().to_vec(),
            version: session.version,
            write_token: session.write_token(),
            user: session.user.as_deref().map(str::to_owned),
            created_at: timestamp(session.created),
            last_seen_at: timestamp(session.seen),
            authenticated_at: instant(session.authenticated),
            expires_at: timestamp(self.end()),
            absolute_expires_at: timestamp(session.absolute),
            idle: (session.idle != NONE).then(|| Duration::from_millis(session.idle)),
            label: session.label().map(str::to_owned),
        })
    }

    pub(super) fn listed(&self) -> Listed {
        Listed {
            key: self.key,
            created_at: timestamp(self.value.created),
            last_seen_at: timestamp(self.value.seen),
            authenticated_at: instant(self.value.authenticated),
            expires_at: timestamp(self.end()),
            label: self.value.label().map(str::to_owned),
        }
    }
}

fn instant(millis: u64) -> Option<crate::clock::Timestamp> {
    (millis != NONE).then(|| timestamp(millis))
}

fn label_length(label: Option<&str>) -> u32 {
    label.map_or(NOBODY, |label| number(label.len()))
}

fn body(mut data: Vec<u8>, label: Option<&str>) -> Box<[u8]> {
    if let Some(label) = label {
        data.reserve_exact(label.len());
        data.extend_from_slice(label.as_bytes());
    }
    data.into_boxed_slice()
}
