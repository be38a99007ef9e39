//! Reading what scripts answer: a word, and what belongs to it, as a list or as one text with spaces between them.

#![forbid(unsafe_code)]

use std::str::FromStr;
use std::time::Duration;
use std::vec;

use redis::Value;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Listed, Record, WriteToken};

use super::keys;

/// The command for the fields of a session that a load asks for, in the order in which [`Reply::live`] reads them: all but the name
/// of its user that is for scripts alone. They are named, since reading a name takes as long as reading a value.
pub(super) const fn read(key: &[u8]) -> [&[u8]; 14] {
    [b"HMGET", key, b"e", b"p", b"d", b"v", b"w", b"c", b"l", b"x", b"i", b"a", b"u", b"n"]
}

/// What is in Redis is not what a script of Ironkeep writes or answers.
pub(super) fn unreadable() -> Error {
    Error::StoreCorrupt(
        "A session in Redis holds what Ironkeep did not write: give the store a prefix or a database of its own"
            .to_owned(),
    )
}

/// An answer that is read from its beginning.
pub(super) struct Reply(vec::IntoIter<Value>);

impl Reply {
    /// # Errors
    /// `ERR_STORE_CORRUPT` for what no script answers, here and below.
    pub(super) fn new(value: Value) -> Result<Self> {
        match value {
            // One text costs both sides less than a list.
            Value::BulkString(text) => {
                let words = text.split(|&byte| byte == b' ').map(|word| Value::BulkString(word.to_vec()));
                Ok(Self(words.collect::<Vec<_>>().into_iter()))
            }
            list => Self::list(list),
        }
    }

    /// A part that is a list in any case.
    fn list(value: Value) -> Result<Self> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            _ => Err(unreadable()),
        }
    }

    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(unreadable)
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>> {
        bytes(self.next()?)
    }

    pub(super) fn text(&mut self) -> Result<String> {
        text(self.bytes()?)
    }

    /// What `TIME` says.
    pub(super) fn time(&mut self) -> Result<Timestamp> {
        let mut parts = Self::list(self.next()?)?;
        let (seconds, micros) = (parts.number()?, parts.number()?);
        Ok(timestamp(seconds.saturating_mul(1000).saturating_add(micros / 1000)))
    }

    fn optional(&mut self) -> Result<Option<Vec<u8>>> {
        match self.next()? {
            Value::Nil => Ok(None),
            value => bytes(value).map(Some),
        }
    }

    /// An instant, or nothing.
    pub(super) fn optional_instant(&mut self) -> Result<Option<Timestamp>> {
        self.optional()?.map(|bytes| instant(&bytes)).transpose()
    }

    /// The session of [`read`], unless it has expired by then, is pending, or is none.
    pub(super) fn live(&mut self, now: Timestamp) -> Result<Option<Record>> {
        let mut fields = Self::list(self.next()?)?;
        let (ends, is_pending) = (fields.optional_instant()?, fields.optional()?.is_some());
        if is_pending || ends.is_none_or(|ends| ends <= now) {
            return Ok(None);
        }
        Ok(Some(Record {
            expires_at: ends.ok_or_else(unreadable)?,
            data: fields.bytes()?,
            version: fields.number()?,
            write_token: fields.token()?,
            created_at: fields.instant()?,
            last_seen_at: fields.instant()?,
            absolute_expires_at: fields.instant()?,
            idle: fields.optional()?.map(|bytes| number(&bytes)).transpose()?.map(Duration::from_millis),
            authenticated_at: fields.optional_instant()?,
            user: fields.optional()?.map(text).transpose()?,
            label: fields.optional()?.map(text).transpose()?,
        }))
    }

    pub(super) fn number(&mut self) -> Result<u64> {
        number(&self.bytes()?)
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp> {
        instant(&self.bytes()?)
    }

    pub(super) fn token(&mut self) -> Result<WriteToken> {
        token(&self.bytes()?)
    }

    /// A list of ids within a tag.
    pub(super) fn ids(&mut self, tag: Tag) -> Result<Vec<StoreKey>> {
        let mut ids = Self::list(self.next()?)?;
        let mut keys = Vec::with_capacity(ids.0.len());
        while ids.0.len() > 0 {
            keys.push(keys::read_id(tag, &ids.text()?).ok_or_else(unreadable)?);
        }
        Ok(keys)
    }

    /// What is left, as the sessions of a list.
    pub(super) fn listed(self, tag: Tag) -> Result<Vec<Listed>> {
        let mut listed = self.0.map(|value| one_listed(tag, value)).collect::<Result<Vec<_>>>()?;
        listed.sort_by(|one, other| {
            one.created_at
                .as_millis()
                .total_cmp(&other.created_at.as_millis())
                .then(one.key.cmp(&other.key))
        });
        Ok(listed)
    }

    /// The fields of a session.
    pub(super) fn record(&mut self) -> Result<Record> {
        let mut fields = Self::list(self.next()?)?;
        let (mut data, mut version, mut write_token) = (None, None, None);
        let (mut created_at, mut last_seen_at, mut expires_at, mut absolute) = (None, None, None, None);
        let (mut user, mut authenticated_at, mut idle, mut label) = (None, None, None, None);
        while fields.0.len() > 0 {
            match fields.bytes()?.as_slice() {
                b"d" => data = Some(fields.bytes()?),
                b"v" => version = Some(fields.number()?),
                b"w" => write_token = Some(fields.token()?),
                b"c" => created_at = Some(fields.instant()?),
                b"l" => last_seen_at = Some(fields.instant()?),
                b"e" => expires_at = Some(fields.instant()?),
                b"x" => absolute = Some(fields.instant()?),
                b"i" => idle = Some(Duration::from_millis(fields.number()?)),
                b"a" => authenticated_at = Some(fields.instant()?),
                b"u" => user = Some(fields.text()?),
                b"n" => label = Some(fields.text()?),
                // Of the scripts alone.
                b"k" => drop(fields.bytes()?),
                _ => return Err(unreadable()),
            }
        }
        Ok(Record {
            data: data.ok_or_else(unreadable)?,
            version: version.ok_or_else(unreadable)?,
            write_token: write_token.ok_or_else(unreadable)?,
            user,
            created_at: created_at.ok_or_else(unreadable)?,
            last_seen_at: last_seen_at.ok_or_else(unreadable)?,
            authenticated_at,
            expires_at: expires_at.ok_or_else(unreadable)?,
            absolute_expires_at: absolute.ok_or_else(unreadable)?,
            idle,
            label,
        })
    }
}

fn one_listed(tag: Tag, value: Value) -> Result<Listed> {
    let mut fields = Reply::list(value)?;
    let key = keys::read_id(tag, &fields.text()?).ok_or_else(unreadable)?;
    let (created_at, last_seen_at, expires_at) = (fields.instant()?, fields.instant()?, fields.instant()?);
    let (authenticated_at, label) = (fields.optional_instant()?, fields.optional()?.map(text).transpose()?);
    Ok(Listed { key, created_at, last_seen_at, authenticated_at, expires_at, label })
}

fn bytes(value: Value) -> Result<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(unreadable()),
    }
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| unreadable())
}

fn number<N: FromStr>(bytes: &[u8]) -> Result<N> {
    std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(unreadable)
}

fn instant(bytes: &[u8]) -> Result<Timestamp> {
    let millis: i64 = number(bytes)?;
    #[expect(clippy::cast_precision_loss, reason = "scripts write nothing beyond 2^53")]
    Ok(Timestamp::from_millis(millis as f64))
}

#[expect(clippy::cast_precision_loss, reason = "no server's clock is beyond 2^53")]
fn timestamp(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis as f64)
}

fn token(bytes: &[u8]) -> Result<WriteToken> {
    bytes.try_into().map(WriteToken).map_err(|_| unreadable())
}
