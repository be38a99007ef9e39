//! Instants and durations as the tables hold them: whole milliseconds.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::clock::Timestamp;

/// Milliseconds since the epoch, or of a duration.
pub(super) type Millis = i64;

/// As far as a double counts milliseconds exactly, 285,000 years. What lies beyond is taken for this, so that sums cannot
/// overflow.
const FAR: Millis = 1 << 53;

/// An instant, rounded down.
#[expect(clippy::cast_possible_truncation, reason = "it was clamped to what both hold exactly")]
#[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
pub(super) fn millis(at: Timestamp) -> Millis {
    at.as_millis().floor().clamp(-(FAR as f64), FAR as f64) as Millis
}

/// The instant that was stored.
#[expect(clippy::cast_precision_loss, reason = "what is stored is within 2^53")]
pub(super) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millis(at as f64)
}

/// A duration, rounded.
pub(super) fn span(duration: Duration) -> Millis {
    let rounded = duration.saturating_add(Duration::from_micros(500));
    Millis::try_from(rounded.as_millis()).unwrap_or(FAR).min(FAR)
}

/// The duration that was stored.
pub(super) fn duration(span: Millis) -> Duration {
    Duration::from_millis(u64::try_from(span).unwrap_or(0))
}

/// The instant that long after `now`.
pub(super) fn after(now: Millis, duration: Duration) -> Millis {
    (now + span(duration)).min(FAR)
}

/// The instant that long before `now`.
pub(super) fn before(now: Millis, duration: Duration) -> Millis {
    (now - span(duration)).max(-FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_far_off_is_as_far_as_a_double_counts() {
        let now = millis(Timestamp::from_millis(1e300));
        assert_eq!(now, FAR);
        assert_eq!(after(now, Duration::MAX), FAR);
        assert_eq!(before(-FAR, Duration::MAX), -FAR);
        assert_eq!(timestamp(FAR).whole_millis(), 1 << 53);
    }

    #[test]
    fn instants_are_rounded_down_and_durations_rounded() {
        assert_eq!(millis(Timestamp::from_millis(1.9)), 1);
        assert_eq!(millis(Timestamp::from_millis(-0.1)), -1);
        assert_eq!([499, 500, 1_499].map(|micros| span(Duration::from_micros(micros))), [0, 1, 1]);
        assert_eq!(duration(7), Duration::from_millis(7));
    }
}
