//! What may be made again, and after which pause.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::error::Error;

/// The longest pause before the first repetition, which doubles with each more.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// When a call may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It reads, or does the same however often it is made: after every outage.
    Always,
    /// Only where it is known that nothing was done.
    IfNothingWasDone,
    Never,
}

impl Repeat {
    pub(super) const fn allows(self, error: &Error) -> bool {
        match self {
            Self::Always => is_outage(error),
            Self::IfNothingWasDone => did_nothing(error),
            Self::Never => false,
        }
    }
}

/// Whether the error says that the backend cannot do its work now: not that of a call that it would refuse at any time.
pub(super) const fn is_outage(error: &Error) -> bool {
    did_nothing(error) || is_unknown(error)
}

/// Whether nothing was done for sure.
const fn did_nothing(error: &Error) -> bool {
    matches!(error, Error::StoreUnreached(_) | Error::StoreRefused(_))
}

/// Whether it may have been done all the same.
pub(super) const fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::StoreUnavailable(_) | Error::StoreTimeout)
}

/// Full jitter: any part of the longest pause, so that those who failed together do not come back together.
///
/// `random`: from 0 to 1.
pub(super) fn pause(repeated: u32, random: f64) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << repeated.min(16)).min(LONGEST_PAUSE);
    longest.mul_f64(random.clamp(0.0, 1.0))
}
