//! Decisions as they go to JavaScript: one text for all of a call, whose characters are bytes.
//!
//! A decision is a byte of flags, three numbers, and what the flags say. A number is the eight bytes of its double, little-endian.
//! Node-API takes longer to make an object of them than JavaScript to read them from a text.

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

/// What a decision takes at most.
const LENGTH: usize = 1 + 5 * 8 + 1 + Receipt::LENGTH;

/// Decisions that are being put together.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) fn new(decisions: usize) -> Self {
        Self(Vec::with_capacity(decisions * LENGTH))
    }

    /// A decision of buckets in memory. The moment of one that took nothing is the caller's.
    pub(super) fn outcome(&mut self, Outcome { decision, receipt }: Outcome) {
        let at = receipt.as_ref().map(Receipt::at);
        self.head(&decision, at, receipt.is_some());
        if let Some(receipt) = receipt {
            self.0.extend_from_slice(&receipt.into_bytes());
        }
    }

    /// One of buckets in Redis.
    pub(super) fn judged(&mut self, Judged { decision, at, receipt }: Judged) {
        self.head(&decision, Some(at), receipt.is_some());
        if let Some(receipt) = receipt {
            self.0.extend_from_slice(&receipt.into_bytes());
        }
    }

    pub(super) fn decision(&mut self, decision: &Decision) {
        self.head(decision, None, false);
    }

    fn head(&mut self, decision: &Decision, at: Option<Moment>, has_receipt: bool) {
        let blocked = !decision.blocked_for.is_zero();
        let flags = [
            (decision.allowed, ALLOWED),
            (decision.degraded, DEGRADED),
            (blocked, BLOCKED),
            (at.is_some(), AT),
            (has_receipt, RECEIPT),
        ];
        self.0.push(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
        self.number(f64::from(decision.remaining));
        self.number(seconds(decision.retry_after));
        self.number(seconds(decision.reset_after));
        if blocked {
            self.number(seconds(decision.blocked_for));
        }
        if let Some(at) = at {
            self.number(millis(at));
        }
    }

    fn number(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// What stands before the answer of a call among several.
    pub(super) fn begin(&mut self, ticket: u32, outcome: u8) {
        self.0.extend_from_slice(&ticket.to_le_bytes());
        self.0.push(outcome);
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.number(f64::from(u8::from(flag)));
    }

    pub(super) fn text(self, env: &Env) -> napi::Result<JsString<'_>, ErrorCode> {
        self.latin1(env).map_err(|error| internal(&error))
    }

    pub(super) fn latin1(self, env: &Env) -> napi::Result<JsString<'_>> {
        env.create_string_latin1(self.0)
    }
}

/// Rounded once, so that whole seconds stay whole. A time of months loses nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
fn seconds(duration: Duration) -> f64 {
    u64::try_from(duration.as_nanos()).map_or(f64::MAX, |nanos| nanos as f64 / 1e9)
}

#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
fn millis(moment: Moment) -> f64 {
    moment.as_nanos() as f64 / 1e6
}
