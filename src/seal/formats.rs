//! Which format a sealer writes, and which it reads.
//!
//! With a ring both formats are at hand, so that a fleet can move from one to the other and back: ik1 is read by everybody
//! who has its keys, since it binds name and audience itself. Fe26.2 binds neither, so where ik1 is written Fe26.2 is read
//! until a date alone: from then on a token of another session or application is nothing here.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::ik1::{Ik1, is_ik1};
use crate::seal::iron::Iron;
use crate::seal::{Attempt, Bound, Done, Opened, SealFormat};

/// The format that is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Written {
    /// Fe26.2.
    Iron,
    /// ik1. Fe26.2 is read until the instant, if there is one.
    Ik1 {
        /// When Fe26.2 stops being read.
        accept_iron_until: Option<Timestamp>,
    },
}

/// The formats of one sealer.
pub struct Formats {
    written: Written,
    iron: Arc<Iron>,
    /// Present with the keys of a ring.
    ik1: Option<Arc<Ik1>>,
}

impl Formats {
    /// Fe26.2 alone: what a password that is no ring has.
    #[must_use]
    pub fn iron_alone(iron: Arc<Iron>) -> Arc<Self> {
        Arc::new(Self { written: Written::Iron, iron, ik1: None })
    }

    /// Both formats, with the keys of one ring.
    #[must_use]
    pub fn both(written: Written, iron: Arc<Iron>, ik1: Arc<Ik1>) -> Arc<Self> {
        Arc::new(Self { written, iron, ik1: Some(ik1) })
    }

    /// Fe26.2, for what it alone can do.
    #[must_use]
    pub fn iron(&self) -> &Arc<Iron> {
        &self.iron
    }

    /// The format that opens a token.
    fn reader(&self, token: &str, now: Timestamp) -> Result<Reader<'_>> {
        match (&self.ik1, self.written) {
            (Some(ik1), _) if is_ik1(token) => Ok(Reader::Ik1(ik1)),
            (_, Written::Iron) => Ok(Reader::Iron),
            (_, Written::Ik1 { accept_iron_until: Some(until) }) if now < until => Ok(Reader::Iron),
            _ => Err(Error::BadMac),
        }
    }
}

enum Reader<'a> {
    Iron,
    Ik1(&'a Arc<Ik1>),
}

impl SealFormat for Formats {
    fn try_seal(&self, payload: &[u8], bound: &Bound, now: Timestamp) -> Result<Attempt<String>> {
        match (self.written, &self.ik1) {
            (Written::Ik1 { .. }, Some(ik1)) => ik1.try_seal(payload, bound, now),
            _ => self.iron.try_seal(payload, bound, now),
        }
    }

    fn try_unseal(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Attempt<Opened>> {
        let (attempt, is_written) = match self.reader(token, now)? {
            Reader::Ik1(ik1) => (ik1.try_unseal(token, bound, now)?, matches!(self.written, Written::Ik1 { .. })),
            Reader::Iron => (self.iron.try_unseal(token, bound, now)?, self.written == Written::Iron),
        };
        Ok(match attempt {
            Attempt::Ready(opened) => Attempt::Ready(Opened { other_format: !is_written, ..opened }),
            Attempt::NeedsKey => Attempt::NeedsKey,
        })
    }

    fn request_seal_key(self: Arc<Self>, bound: &Bound, now: Timestamp, done: Done) {
        match (self.written, &self.ik1) {
            (Written::Ik1 { .. }, Some(ik1)) => Arc::clone(ik1).request_seal_key(bound, now, done),
            _ => Arc::clone(&self.iron).request_seal_key(bound, now, done),
        }
    }

    fn request_unseal_key(self: Arc<Self>, token: String, bound: &Bound, now: Timestamp, done: Done) {
        match self.reader(&token, now) {
            Ok(Reader::Ik1(ik1)) => Arc::clone(ik1).request_unseal_key(token, bound, now, done),
            Ok(Reader::Iron) => Arc::clone(&self.iron).request_unseal_key(token, bound, now, done),
            Err(error) => done(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests;
