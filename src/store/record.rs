//! What goes into a store and what comes out of it.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};

/// What every write carries, and the record keeps: 16 random bytes. After a write of which the outcome is not known, a record
/// that holds the write's own token shows that it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteToken(pub [u8; 16]);

impl WriteToken {
    /// A new token.
    ///
    /// # Errors
    /// `ERR_INTERNAL` when the system has no random bytes.
    pub fn random() -> Result<Self> {
        let mut token = [0; 16];
        SystemRandom::new().fill(&mut token).map_err(|_| Error::Random)?;
        Ok(Self(token))
    }
}

/// What names the import of one sealed session: a hash of its name, audience, id and time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImportKey(pub [u8; 32]);

/// How many times a record was written: 1 for a new one. `touch` does not count.
pub type Version = u64;

/// How long a session lives from now on, by the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Its end, whatever happens.
    pub max_age: Duration,
    /// Its end if it is not written or touched before. `None`: only `max_age` ends it.
    pub idle: Option<Duration>,
}

/// A session as it is. `Debug` prints neither data nor user.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// The session's data, as it was given.
    pub data: Vec<u8>,
    /// The version that the next `save` has to name.
    pub version: Version,
    /// The token of the write that made this version.
    pub write_token: WriteToken,
    /// The user that it belongs to.
    pub user: Option<String>,
    /// When the session began, which may be before it was stored.
    pub created_at: Timestamp,
    /// When it was last written or touched.
    pub last_seen_at: Timestamp,
    /// When the user proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// Its end, unless `touch` or `save` comes before it. Never after `absolute_expires_at`.
    pub expires_at: Timestamp,
    /// Its end, whatever happens.
    pub absolute_expires_at: Timestamp,
    /// The idle time that it was given.
    pub idle: Option<Duration>,
    /// What the application calls it, such as the name of a device.
    pub label: Option<String>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("data", &format_args!("{} bytes", self.data.len()))
            .field("version", &self.version)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A session to be.
#[derive(Clone, PartialEq)]
pub struct NewRecord {
    /// The session's data.
    pub data: Vec<u8>,
    /// The token of this write.
    pub write_token: WriteToken,
    /// The user that it belongs to. Their sessions have their tag.
    pub user: Option<String>,
    /// How long ago the user proved who they are. A user without it did so now.
    pub authenticated: Option<Duration>,
    /// How long ago the session began: zero but for one that is imported or regenerated.
    pub age: Duration,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// What the application calls it.
    pub label: Option<String>,
    /// The most sessions that its user may have.
    pub cap: Option<Cap>,
    /// The import that this is the record of. It is created only while that import is open, and ends it.
    pub import: Option<ImportKey>,
}

/// The most sessions of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// How many, the new one included; at least 1.
    pub max: u32,
    /// What happens at that number.
    pub on_full: OnFull,
}

/// What a cap does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFull {
    /// The sessions that were created first end.
    EvictOldest {
        /// How long they leave tombstones.
        tombstone: Duration,
    },
    /// The new one is not made.
    Refuse,
}

/// What is given to `save`.
#[derive(Clone, PartialEq)]
pub struct Change {
    /// The new data.
    pub data: Vec<u8>,
    /// The token of this write.
    pub write_token: WriteToken,
    /// A new lifetime. `None`: the absolute end stays, and the idle time begins again.
    pub lifetime: Option<Lifetime>,
    /// A new label. `None`: it stays.
    pub label: Option<String>,
}

/// What a new record came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// It is there, with version 1.
    Done {
        /// Its end, if nothing moves it.
        expires_at: Timestamp,
        /// The sessions that its cap ended.
        evicted: Vec<StoreKey>,
    },
    /// There is a record with this key, which the given token wrote last.
    Exists(WriteToken),
    /// A session with this key has ended, or its import is done and its record is gone.
    Ended,
    /// Its user has as many sessions as the cap allows.
    Full,
    /// Its user's sessions were revoked after the user had proved who they are.
    Revoked,
}

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// A session.
    Found(Box<Record>),
    /// A session was here, and its tombstone still is.
    Ended,
    /// Nothing, or a record that has expired.
    Absent,
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// It is done.
    Done {
        /// The version that it made.
        version: Version,
        /// The session's end, if nothing moves it.
        expires_at: Timestamp,
    },
    /// Another write was first. Nothing was changed.
    Conflict(Box<Record>),
    /// There is no such session (any more). Nothing was written.
    NotFound,
}

/// What moving a session to another key came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Regenerated {
    /// What the new record came to; unless it is [`Created::Done`], the old one is as it was.
    Created(Created),
    /// Another write was first. Nothing was changed.
    Conflict(Box<Record>),
    /// There is no session under the old key (any more). Nothing was written.
    NotFound,
}

/// A session as `list` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its key.
    pub key: StoreKey,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last written or touched.
    pub last_seen_at: Timestamp,
    /// When the user proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// Its end, if nothing moves it.
    pub expires_at: Timestamp,
    /// What the application calls it.
    pub label: Option<String>,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// The record may be created, with an id of this tag.
    Open(Tag),
    /// It was created, or may not be any more. The tag is the one that it has, if an import was ever begun.
    Done(Option<Tag>),
}

/// What [`revoke`](super::SessionStore::revoke) does beside ending sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The one session that stays.
    pub except: Option<StoreKey>,
    /// How long the ended sessions leave tombstones.
    pub tombstone: Duration,
    /// How long it is remembered that the user was revoked: the longest lifetime of a session.
    pub keep: Duration,
}
