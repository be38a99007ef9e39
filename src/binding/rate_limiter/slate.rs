//! Memory that both sides write and read: what a call of every request is given, and what it answers.
//!
//! Node-API takes 10 to 60 nanoseconds to hand over one value, and the most for texts, where reading memory takes one. So such a call
//! has no arguments. `js/limit/slate.ts` has the same places, and lets nobody else have the memory.

use std::array;
use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::{Buffer, BufferSlice, FunctionCallContext, Unknown};
use napi::{Env, JsValue};

use crate::binding::arguments::count;
use crate::binding::error::{internal, to_js};
use crate::binding::function::Returned;
use crate::binding::guard::guard;
use crate::binding::rate_limiter::answer::{Answer, seconds};
use crate::binding::rate_limiter::buckets::Buckets;
use crate::binding::rate_limiter::key::KEY;
use crate::binding::rate_limiter::{COST, moment_of};
use crate::clock::Moment;
use crate::error::{Error, ErrorCode, Result};
use crate::limit::local::{Outcome, Receipt};

/// Doubles, by their places: what is asked.
const LIMIT_AT: usize = 0;
const COST_AT: usize = 1;
const NOW_AT: usize = 2;
/// How many characters the key has.
const LENGTH_AT: usize = 3;
/// What is answered: whether it was admitted, what remains, the seconds until the bucket is full and those to wait.
const ALLOWED_AT: usize = 4;
/// Behind that the receipt.
const RECEIPT_AT: usize = 8;
/// The key, in bytes: ASCII behind the doubles.
const KEY_AT: usize = (RECEIPT_AT + Receipt::NUMBERS) * 8;
const KEY_LENGTH: usize = 64;

/// The memory. It stays while one of its holders does.
#[derive(Clone)]
pub(super) struct Slate(Rc<RefCell<Buffer>>);

impl Slate {
    /// New memory, and the value that JavaScript gets of it.
    pub(super) fn new(env: &Env) -> napi::Result<(Self, Unknown<'_>), ErrorCode> {
        let make = || {
            let made = BufferSlice::copy_from(env, [0; KEY_AT + KEY_LENGTH])?;
            let value = made.to_unknown();
            Ok((Self(Rc::new(RefCell::new(made.into_buffer(env)?))), value))
        };
        make().map_err(|error: napi::Error| internal(&error))
    }
}

/// As `consume`, of the call that stands on the slate. What nearly all calls come to is written there, and null is answered; what
/// has no place there is a text.
pub(super) fn consume(slate: &Slate, buckets: &Buckets, call: &FunctionCallContext<'_>) -> Returned {
    guard("RateLimiter.consumeSlate", || {
        let mut slate = slate.0.borrow_mut();
        let (outcome, now) = asked(&slate, buckets).map_err(|error| to_js(&error))?;
        let Some(numbers) = plain(&outcome, now) else {
            let mut answer = Answer::one();
            answer.outcome(outcome, now);
            return answer.text(call.env).map(|text| Some(text.raw()));
        };
        write(&mut slate, ALLOWED_AT, &numbers);
        Ok(None)
    })
}

/// As `refund`, of the receipt that stands on the slate. Null is that it was undone.
pub(super) fn refund(slate: &Slate, buckets: &Buckets, call: &FunctionCallContext<'_>) -> Returned {
    guard("RateLimiter.refundSlate", || {
        let slate = slate.0.borrow();
        let now = moment_of(number(&slate, NOW_AT)).map_err(|error| to_js(&error))?;
        let receipt = Receipt::from_numbers(array::from_fn(|index| number(&slate, RECEIPT_AT + index)));
        if buckets.local.refund(receipt, now) {
            return Ok(None);
        }
        Answer::several(0).text(call.env).map(|text| Some(text.raw()))
    })
}

fn asked(slate: &[u8], buckets: &Buckets) -> Result<(Outcome, Moment)> {
    let policy = buckets.policy_at(number(slate, LIMIT_AT))?;
    let cost = count(number(slate, COST_AT), COST)?;
    let now = moment_of(number(slate, NOW_AT))?;
    let length = count(number(slate, LENGTH_AT), KEY)? as usize;
    let key = slate.get(KEY_AT..).and_then(|keys| keys.get(..length)).ok_or(Error::Config(KEY))?;
    buckets.local.consume(policy, key, cost, now).map(|outcome| (outcome, now))
}

/// The numbers of an outcome that says nothing else.
fn plain(outcome: &Outcome, now: Moment) -> Option<[f64; 4 + Receipt::NUMBERS]> {
    let Outcome { decision, receipt } = outcome;
    let is_plain = !decision.degraded && decision.blocked_for.is_zero();
    if !is_plain || receipt.as_ref().is_some_and(|receipt| receipt.at() != now) {
        return None;
    }
    let mut numbers = [0.0; 4 + Receipt::NUMBERS];
    numbers[0] = f64::from(u8::from(decision.allowed));
    numbers[1] = f64::from(decision.remaining);
    numbers[2] = seconds(decision.reset_after);
    numbers[3] = seconds(decision.retry_after);
    if let Some(receipt) = receipt {
        numbers[4..].copy_from_slice(&receipt.numbers()?);
    }
    Some(numbers)
}

fn number(slate: &[u8], at: usize) -> f64 {
    let bytes = slate.get(at * 8..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(f64::NAN, |bytes| f64::from_ne_bytes(*bytes))
}

fn write(slate: &mut [u8], at: usize, numbers: &[f64]) {
    let places = slate.get_mut(at * 8..).unwrap_or_default();
    for (place, number) in places.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_ne_bytes());
    }
}
