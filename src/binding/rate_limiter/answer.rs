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
use crate::limit::token_bucket::Decision;

const ALLOWED: u8 = 1;
const DEGRADED: u8 = 2;
/// The time that a penalty lasts follows.
const BLOCKED: u8 = 4;
/// The moment of the decision and the bytes of a receipt follow.
const RECEIPT: u8 = 8;

/// What a decision takes at most.
const LENGTH: usize = 1 + 5 * 8 + Receipt::LENGTH;

/// Decisions that are being put together.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) fn new(decisions: usize) -> Self {
        Self(Vec::with_capacity(decisions * LENGTH))
    }

    pub(super) fn outcome(&mut self, Outcome { decision, receipt }: Outcome) {
        let Some(receipt) = receipt else { return self.decision(&decision) };
        self.head(&decision, RECEIPT);
        self.number(millis(receipt.at()));
        self.0.extend_from_slice(&receipt.into_bytes());
    }

    pub(super) fn decision(&mut self, decision: &Decision) {
        self.head(decision, 0);
    }

    fn head(&mut self, decision: &Decision, receipt: u8) {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let blocked = !decision.blocked_for.is_zero();
        let flags = flag(decision.allowed, ALLOWED) | flag(decision.degraded, DEGRADED) | flag(blocked, BLOCKED);
        self.0.push(flags | receipt);
        self.number(f64::from(decision.remaining));
        self.number(seconds(decision.retry_after));
        self.number(seconds(decision.reset_after));
        if blocked {
            self.number(seconds(decision.blocked_for));
        }
    }

    fn number(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn text(self, env: &Env) -> napi::Result<JsString<'_>, ErrorCode> {
        env.create_string_latin1(self.0).map_err(|error| internal(&error))
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
