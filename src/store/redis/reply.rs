//! Reading what scripts answer: a word, and what belongs to it.

#![forbid(unsafe_code)]

use std::time::Duration;
use std::vec;

use redis::Value;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Listed, Record, WriteToken};

use super::keys;

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
        String::from_utf8(self.bytes()?).map_err(|_| unreadable())
    }

    pub(super) fn number(&mut self) -> Result<u64> {
        self.text()?.parse().map_err(|_| unreadable())
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp> {
        instant(&self.bytes()?)
    }

    pub(super) fn token(&mut self) -> Result<WriteToken> {
        token(&self.bytes()?)
    }

    /// A list of ids within a tag.
    pub(super) fn ids(&mut self, tag: Tag) -> Result<Vec<StoreKey>> {
        let mut ids = Self::new(self.next()?)?;
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
        let mut fields = Self::new(self.next()?)?;
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
    let mut fields = Reply::new(value)?;
    let key = keys::read_id(tag, &fields.text()?).ok_or_else(unreadable)?;
    let (created_at, last_seen_at, expires_at) = (fields.instant()?, fields.instant()?, fields.instant()?);
    let mut optional = || match fields.next()? {
        Value::Nil => Ok(None),
        value => bytes(value).map(Some),
    };
    let authenticated_at = optional()?.map(|bytes| instant(&bytes)).transpose()?;
    let label = optional()?.map(String::from_utf8).transpose().map_err(|_| unreadable())?;
    Ok(Listed { key, created_at, last_seen_at, authenticated_at, expires_at, label })
}

fn bytes(value: Value) -> Result<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(unreadable()),
    }
}

fn instant(bytes: &[u8]) -> Result<Timestamp> {
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?;
    let millis: i64 = text.parse().map_err(|_| unreadable())?;
    #[expect(clippy::cast_precision_loss, reason = "scripts write nothing beyond 2^53")]
    Ok(Timestamp::from_millis(millis as f64))
}

fn token(bytes: &[u8]) -> Result<WriteToken> {
    bytes.try_into().map(WriteToken).map_err(|_| unreadable())
}
