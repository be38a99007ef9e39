//! Calls of a limiter on Redis as they come from JavaScript.
//!
//! A call is its operation, its ticket, the caller's time, two values that the lane writes for stores, how many values follow, and
//! those, each of which is one number: itself, or for a text its length. What is wrong with one call is that call's error, and the next one is read all the same.

use std::time::Duration;

use napi::bindgen_prelude::Either;

use crate::binding::arguments::{count, wrong};
use crate::binding::values::{Submission, Values, bytes};
use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::limit::local::MAX_REQUESTS;
use crate::limit::quota::parse_window;
use crate::limit::redis::{AnyReceipt, Request};

const CALLS: &str = wrong!("calls", "whole calls, as numbers and texts");
const KEY: &str = wrong!("key", "a string");
const LIMIT: &str = wrong!("limit", "the place of a limit");
const COST: &str = wrong!("cost", "a whole number from 0 to 4294967295");
const RECEIPTS: &str = wrong!("receipts", "those of a decision");
const DURATION: &str = wrong!("duration", "a number of seconds, or a text such as \"1m\"");

/// A call with all that it needs.
pub(super) enum Operation {
    Consume(Vec<Request>),
    Peek(Vec<Request>),
    Refund(Vec<AnyReceipt>),
    Reset { limit: usize, key: Box<[u8]> },
    Penalize { limit: usize, key: Box<[u8]>, duration: Duration },
    Close,
}

/// One call, read.
pub(super) struct Call {
    pub(super) ticket: u32,
    pub(super) now: Moment,
    pub(super) operation: Result<Operation>,
}

/// Reads the calls of a tick.
///
/// # Errors
/// `ERR_CONFIG` for what are no calls at all: none of them is made then.
pub(super) fn read(submission: Submission) -> Result<Vec<Call>> {
    let mut calls = Calls { values: Values::of(submission), end: 0 };
    let mut read = Vec::new();
    while calls.values.has_more() {
        read.push(calls.call()?);
        if calls.values.is_broken() {
            return Err(Error::Config(CALLS));
        }
    }
    Ok(read)
}

struct Calls {
    values: Values,
    /// Where the values of this call end.
    end: usize,
}

impl Calls {
    fn call(&mut self) -> Result<Call> {
        let number = count(self.values.raw(), CALLS)?;
        let ticket = count(self.values.raw(), CALLS)?;
        let now = self.values.raw();
        for _of_stores in 0..2 {
            self.values.raw();
        }
        let length = count(self.values.raw(), CALLS)?;
        let first = self.values.at();
        self.end = first.saturating_add(length as usize);
        let operation = self.operation(number);
        // Where a value was wrong, those behind it were not read.
        while self.values.at() < self.end && !self.values.is_broken() {
            if is_text(number, self.values.at() - first) {
                _ = self.values.units(CALLS);
            } else {
                self.values.raw();
            }
        }
        Ok(Call { ticket, now: Moment::from_millis(now), operation })
    }

    fn operation(&mut self, number: u32) -> Result<Operation> {
        Ok(match number {
            0 => Operation::Consume(self.requests()?),
            1 => Operation::Peek(self.requests()?),
            2 => Operation::Refund(self.receipts()?),
            3 => Operation::Reset { limit: self.limit()?, key: self.key()? },
            4 => Operation::Penalize { limit: self.limit()?, key: self.key()?, duration: self.duration()? },
            5 => Operation::Close,
            _ => return Err(Error::Config(CALLS)),
        })
    }

    fn requests(&mut self) -> Result<Vec<Request>> {
        let mut requests = Vec::with_capacity(1);
        while self.values.at() < self.end {
            if requests.len() == MAX_REQUESTS {
                return Err(Error::Config("At most 8 rate limits can be asked at once: ask fewer, or in two calls"));
            }
            requests.push(Request { limit: self.limit()?, key: self.key()?, cost: count(self.values.raw(), COST)? });
        }
        Ok(requests)
    }

    fn receipts(&mut self) -> Result<Vec<AnyReceipt>> {
        let units = self.values.units(RECEIPTS)?.ok_or(Error::Config(RECEIPTS))?;
        let bytes: Option<Vec<u8>> = units.iter().map(|&unit| u8::try_from(unit).ok()).collect();
        let bytes = bytes.ok_or(Error::Config(RECEIPTS))?;
        let (receipts, rest) = bytes.as_chunks::<{ AnyReceipt::LENGTH }>();
        if receipts.len() > MAX_REQUESTS || !rest.is_empty() {
            return Err(Error::Config(RECEIPTS));
        }
        receipts
            .iter()
            .map(|bytes| AnyReceipt::from_bytes(bytes).ok_or(Error::Config(RECEIPTS)))
            .collect()
    }

    fn limit(&mut self) -> Result<usize> {
        count(self.values.raw(), LIMIT).map(|limit| limit as usize)
    }

    fn key(&mut self) -> Result<Box<[u8]>> {
        let key = self.values.units(KEY)?.ok_or(Error::Config(KEY))?;
        Ok(bytes(key).into())
    }

    /// In seconds, or else as a text.
    fn duration(&mut self) -> Result<Duration> {
        match (self.values.optional(DURATION)?, self.values.optional_text(DURATION)?) {
            (Some(seconds), None) => span(Either::A(seconds)),
            (None, Some(text)) => span(Either::B(text)),
            _ => Err(Error::Config(DURATION)),
        }
    }
}

/// Whether the value at this place is a text.
fn is_text(operation: u32, place: usize) -> bool {
    match operation {
        0 | 1 => place % 3 == 1,
        2 => true,
        3 => place == 1,
        4 => place == 1 || place == 3,
        _ => false,
    }
}

/// How long a penalty lasts, in seconds or as a text.
pub(super) fn span(duration: Either<f64, String>) -> Result<Duration> {
    match duration {
        Either::A(seconds) => Duration::try_from_secs_f64(seconds).map_err(|_| Error::Config(DURATION)),
        Either::B(text) => parse_window(&text),
    }
}
