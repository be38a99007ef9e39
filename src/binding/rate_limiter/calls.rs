//! Calls of a limiter on Redis as they come from JavaScript: the values of all calls of a tick, in one array.
//!
//! A call is its operation, its ticket, the caller's time, two values that the lane writes for stores, how many values follow, and
//! those. What is wrong with one call is that call's error, and the next one is read all the same.

use std::time::Duration;

use napi::JsStringLatin1;
use napi::bindgen_prelude::{Array, Either, FromNapiValue, TypeName, Unknown};
use napi::{JsString, ValueType};

use crate::binding::arguments::{MAX_ELEMENTS, count, text, wrong};
use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::limit::local::MAX_REQUESTS;
use crate::limit::quota::parse_window;
use crate::limit::redis::{AnyReceipt, Request};

const CALLS: &str = wrong!("calls", "an array of calls, of at most 65,536 values");
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
pub(super) fn read(calls: &Array<'_>) -> Result<Vec<Call>> {
    if calls.len() > MAX_ELEMENTS {
        return Err(Error::Config(CALLS));
    }
    let mut values = Values { array: calls, at: 0, end: calls.len() };
    let mut read = Vec::new();
    while values.at < calls.len() {
        read.push(values.call()?);
    }
    Ok(read)
}

struct Values<'a, 'env> {
    array: &'a Array<'env>,
    at: u32,
    /// Where the values of this call end.
    end: u32,
}

impl<'env> Values<'_, 'env> {
    fn call(&mut self) -> Result<Call> {
        self.end = self.array.len();
        let number = self.count(CALLS)?;
        let ticket = self.count(CALLS)?;
        let now = self.next::<f64>(CALLS)?;
        self.at += 2;
        let length = self.count(CALLS)?;
        self.end = self.at.saturating_add(length).min(self.array.len());
        let operation = self.operation(number);
        self.at = self.end;
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
        while self.at < self.end {
            if requests.len() == MAX_REQUESTS {
                return Err(Error::Config("At most 8 rate limits can be asked at once: ask fewer, or in two calls"));
            }
            requests.push(Request { limit: self.limit()?, key: self.key()?, cost: self.count(COST)? });
        }
        Ok(requests)
    }

    fn receipts(&mut self) -> Result<Vec<AnyReceipt>> {
        let text: JsStringLatin1<'_> =
            self.next::<JsString<'_>>(RECEIPTS)?.into_latin1().map_err(|_| Error::Config(RECEIPTS))?;
        let (receipts, rest) = text.as_slice().as_chunks::<{ AnyReceipt::LENGTH }>();
        if receipts.len() > MAX_REQUESTS || !rest.is_empty() {
            return Err(Error::Config(RECEIPTS));
        }
        receipts
            .iter()
            .map(|bytes| AnyReceipt::from_bytes(bytes).ok_or(Error::Config(RECEIPTS)))
            .collect()
    }

    fn limit(&mut self) -> Result<usize> {
        self.count(LIMIT).map(|limit| limit as usize)
    }

    fn key(&mut self) -> Result<Box<[u8]>> {
        let key = text(self.next::<JsString<'_>>(KEY)?, KEY).map_err(|_| Error::Config(KEY))?;
        Ok(key.as_slice().into())
    }

    fn duration(&mut self) -> Result<Duration> {
        match self.value(DURATION)?.get_type() {
            Ok(ValueType::String) => {
                self.at -= 1;
                parse_window(&self.next::<String>(DURATION)?)
            }
            Ok(ValueType::Number) => {
                self.at -= 1;
                span(Either::A(self.next::<f64>(DURATION)?))
            }
            _ => Err(Error::Config(DURATION)),
        }
    }

    fn count(&mut self, wrong: &'static str) -> Result<u32> {
        count(self.next(wrong)?, wrong)
    }

    /// Its type is looked at here: for one that does not fit napi would write a message.
    fn next<T>(&mut self, wrong: &'static str) -> Result<T>
    where
        T: FromNapiValue + TypeName,
    {
        let value = self.value(wrong)?;
        match value.get_type() {
            Ok(found) if found == T::value_type() => T::from_unknown(value).map_err(|_| Error::Config(wrong)),
            _ => Err(Error::Config(wrong)),
        }
    }

    fn value(&mut self, wrong: &'static str) -> Result<Unknown<'env>> {
        if self.at >= self.end {
            return Err(Error::Config(wrong));
        }
        self.at += 1;
        self.array.get(self.at - 1).ok().flatten().ok_or(Error::Config(wrong))
    }
}

/// How long a penalty lasts, in seconds or as a text.
pub(super) fn span(duration: Either<f64, String>) -> Result<Duration> {
    match duration {
        Either::A(seconds) => Duration::try_from_secs_f64(seconds).map_err(|_| Error::Config(DURATION)),
        Either::B(text) => parse_window(&text),
    }
}
