//! Decisions as they go to JavaScript: one text for all of a call, whose characters are bytes.
//!
//! A decision is a byte of flags, the remaining tokens in four bytes, the time until the bucket is full, and what the flags say. Times
//! are the eight bytes of a double, little-endian. Node-API takes longer to make an object of them than JavaScript to read them
//! from a text.

use std::time::Duration;

use napi::{Env, JsString};

use crate::binding::error::internal;
use crate::clock::Moment;
use crate::error::ErrorCode;
use crate::limit::local::{Outcome, Receipt};
use crate::limit::redis::Judged;
use crate::limit::token_bucket::Decision;

const ALLOWED: u8 = 1;
const DEGRADED: u8 = 2;
/// The time that a penalty lasts follows.
const BLOCKED: u8 = 4;
/// The moment of the decision follows.
const AT: u8 = 8;
/// The bytes of a receipt follow.
const RECEIPT: u8 = 16;
/// The time to wait follows.
const WAITS: u8 = 32;

/// What a decision takes at most.
const LENGTH: usize = 1 + 4 + 4 * 8 + 1 + Receipt::LENGTH;

/// Decisions that are being put together. One takes no memory.
pub(super) enum Answer {
    One([u8; LENGTH], usize),
    Several(Vec<u8>),
}

impl Answer {
    pub(super) const fn one() -> Self {
        Self::One([0; LENGTH], 0)
    }

    pub(super) fn several(decisions: usize) -> Self {
        Self::Several(Vec::with_capacity(decisions * LENGTH))
    }

    fn put(&mut self, bytes: &[u8]) {
        match self {
            Self::Several(all) => all.extend_from_slice(bytes),
            Self::One(room, at) => match room.get_mut(*at..*at + bytes.len()) {
                Some(place) => {
                    place.copy_from_slice(bytes);
                    *at += bytes.len();
                }
                None => *self = Self::Several([self.bytes(), bytes].concat()),
            },
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::One(room, at) => room.get(..*at).unwrap_or_default(),
            Self::Several(all) => all,
        }
    }

    /// A decision of buckets in memory, which were asked at `now`. Its moment is that, unless it says another.
    pub(super) fn outcome(&mut self, Outcome { decision, receipt }: Outcome, now: Moment) {
        let at = receipt.as_ref().map(Receipt::at).filter(|&at| at != now);
        self.head(&decision, at, receipt.is_some());
        if let Some(receipt) = receipt {
            self.put(&receipt.into_bytes());
        }
    }

    /// One of buckets in Redis.
    pub(super) fn judged(&mut self, Judged { decision, at, receipt }: Judged) {
        self.head(&decision, Some(at), receipt.is_some());
        if let Some(receipt) = receipt {
            self.put(&receipt.into_bytes());
        }
    }

    pub(super) fn decision(&mut self, decision: &Decision) {
        self.head(decision, None, false);
    }

    fn head(&mut self, decision: &Decision, at: Option<Moment>, has_receipt: bool) {
        let waits = !decision.retry_after.is_zero();
        let blocked = !decision.blocked_for.is_zero();
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(decision.allowed, ALLOWED)
            | flag(decision.degraded, DEGRADED)
            | flag(blocked, BLOCKED)
            | flag(at.is_some(), AT)
            | flag(has_receipt, RECEIPT)
            | flag(waits, WAITS);
        self.put(&[flags]);
        self.put(&decision.remaining.to_le_bytes());
        self.number(seconds(decision.reset_after));
        if waits {
            self.number(seconds(decision.retry_after));
        }
        if blocked {
            self.number(seconds(decision.blocked_for));
        }
        if let Some(at) = at {
            self.number(millis(at));
        }
    }

    fn number(&mut self, number: f64) {
        self.put(&number.to_le_bytes());
    }

    /// What stands before the answer of a call among several.
    pub(super) fn begin(&mut self, ticket: u32, outcome: u8) {
        self.put(&ticket.to_le_bytes());
        self.put(&[outcome]);
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.number(f64::from(u8::from(flag)));
    }

    pub(super) fn text(self, env: &Env) -> napi::Result<JsString<'_>, ErrorCode> {
        self.latin1(env).map_err(|error| internal(&error))
    }

    pub(super) fn latin1(self, env: &Env) -> napi::Result<JsString<'_>> {
        env.create_string_latin1(self.bytes())
    }
}

/// Rounded once, so that whole seconds stay whole. A time of months loses nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
pub(super) fn seconds(duration: Duration) -> f64 {
    u64::try_from(duration.as_nanos()).map_or(f64::MAX, |nanos| nanos as f64 / 1e9)
}

#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
fn millis(moment: Moment) -> f64 {
    moment.as_nanos() as f64 / 1e6
}
