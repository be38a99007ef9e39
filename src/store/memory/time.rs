//! Times as they are kept: whole milliseconds since the epoch.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::clock::Timestamp;

/// The last instant of JavaScript's dates. Later ones count as it, so that all of them are exact as doubles.
pub(super) const LAST: u64 = 8_640_000_000_000_000;

/// An instant, rounded down.
pub(super) fn millis(instant: Timestamp) -> u64 {
    instant.whole_millis().min(LAST)
}

/// A duration in milliseconds.
pub(super) fn length(duration: Duration) -> u64 {
    after(0, duration)
}

/// An instant that is later by this duration.
pub(super) fn after(instant: u64, duration: Duration) -> u64 {
    millis(timestamp(instant).plus(duration))
}

/// An instant that is earlier by this duration, the epoch at the earliest.
pub(super) fn before(instant: u64, duration: Duration) -> u64 {
    millis(timestamp(instant).minus(duration))
}

/// An instant as it is given out.
#[expect(clippy::cast_precision_loss, reason = "no instant is later than LAST, and up to there doubles are exact")]
pub(super) fn timestamp(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis as f64)
}
