//! Time as an argument.
//!
//! Nothing above asks the system for the time: JavaScript passes `Date.now()` into every call that judges an age, so
//! that fake timers work and one request sees one instant. What has to know how long something takes is given a
//! [`Monotonic`], and the one that reads the system's is made here.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds of one UTC day.
pub const DAY_MS: f64 = 86_400_000.0;

/// An instant in milliseconds since the epoch, as JavaScript's `Date.now()` gives it.
///
/// It stays a double, since tokens carry expiries that JavaScript wrote and compares as doubles.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Timestamp(f64);

impl Timestamp {
    /// Takes milliseconds since the epoch. What is not finite counts as the epoch, which expires nothing early.
    #[must_use]
    pub fn from_millis(millis: f64) -> Self {
        Self(if millis.is_finite() { millis } else { 0.0 })
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn as_millis(self) -> f64 {
        self.0
    }

    /// The same instant moved by `millis`, which may be negative.
    #[must_use]
    pub fn plus_millis(self, millis: f64) -> Self {
        Self::from_millis(self.0 + millis)
    }

    /// The instant this long after, to the millisecond.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_millis(millis(duration))
    }

    /// The instant this long before, to the millisecond.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        self.plus_millis(-millis(duration))
    }

    /// The earlier one.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// The later one.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// Whole milliseconds since the epoch, rounded down. An instant before the epoch is 0, one too far off the maximum.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from f64 saturates, and is exact below 2^53"
    )]
    pub fn whole_millis(self) -> u64 {
        self.0 as u64
    }

    /// Days since the epoch in UTC; an instant before the epoch is day 0.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from f64 saturates, and day 0 is what an instant before the epoch should give"
    )]
    pub fn utc_day(self) -> u64 {
        (self.0 / DAY_MS).floor() as u64
    }

    /// Milliseconds until the next UTC midnight, in `(0, 86_400_000]`.
    #[must_use]
    pub fn until_next_day(self) -> f64 {
        DAY_MS - self.0.rem_euclid(DAY_MS)
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round()
}

/// A moment of a clock that is never set back, in nanoseconds since its start, such as `process.hrtime` gives.
///
/// The start is the clock's own, so moments of two clocks cannot be compared. 584 years fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Takes nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Takes microseconds; too many count as the last moment.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1000))
    }

    /// Takes milliseconds as `performance.now()` gives them. What is no time, or before the start, is the start.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
    pub fn from_millis(millis: f64) -> Self {
        Self((millis * 1e6).round() as u64)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole microseconds since the start, rounded down.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0 / 1000
    }

    /// The moment `duration` later, or the last one.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Tells what time it is.
pub type Wall = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The system's time, for what may not be done on the word of one caller alone.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "everybody else is given this one, or a test's")]
pub fn system() -> Wall {
    Box::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(since.as_secs_f64() * 1000.0)
    })
}

/// Tells how long ago some moment was, always the same one, by a clock that is never set back.
pub type Monotonic = Box<dyn Fn() -> Duration + Send + Sync>;

/// The system's monotonic clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "everybody else is given this one, or a test's")]
pub fn monotonic() -> Monotonic {
    let start = Instant::now();
    Box::new(move || start.elapsed())
}

/// A clock that stands still, by which nothing takes any time.
#[must_use]
pub fn stopped() -> Monotonic {
    Box::new(|| Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_turn_at_midnight_utc() {
        assert_eq!(Timestamp::from_millis(DAY_MS * 20_000.0 - 1.0).utc_day(), 19_999);
        assert_eq!(Timestamp::from_millis(DAY_MS * 20_000.0).utc_day(), 20_000);
        assert_eq!(Timestamp::from_millis(-1.0).utc_day(), 0);
    }

    #[test]
    fn what_is_no_time_is_the_epoch() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Timestamp::from_millis(odd).as_millis().abs() < f64::EPSILON);
        }
    }

    #[test]
    fn whole_millis_saturate() {
        for (millis, whole) in
            [(0.0, 0), (0.9, 0), (1.999, 1), (-0.5, 0), (-5.0, 0), (8.64e15, 8_640_000_000_000_000), (1e300, u64::MAX)]
        {
            assert_eq!(Timestamp::from_millis(millis).whole_millis(), whole, "{millis}");
        }
    }

    #[test]
    fn moments_keep_nanoseconds_and_saturate() {
        let moment = Moment::from_nanos(1_999);
        assert_eq!((moment.as_micros(), moment.as_nanos()), (1, 1_999));
        assert_eq!(moment.plus(Duration::from_nanos(1)), Moment::from_micros(2));
        assert_eq!(Moment::from_micros(2).since(moment), Duration::from_nanos(1));
        assert_eq!(moment.since(Moment::from_micros(2)), Duration::ZERO);
        assert_eq!(Moment::from_nanos(u64::MAX).plus(Duration::MAX), Moment::from_nanos(u64::MAX));
        assert_eq!(Moment::from_micros(u64::MAX), Moment::from_nanos(u64::MAX));
        for (millis, nanos) in [(1.000_001, 1_000_001), (-1.0, 0), (f64::NAN, 0), (f64::INFINITY, u64::MAX)] {
            assert_eq!(Moment::from_millis(millis).as_nanos(), nanos, "{millis}");
        }
    }

    #[test]
    fn durations_are_whole_milliseconds() {
        let now = Timestamp::from_millis(1_700_000_000_000.0);
        for millis in [0, 1, 7, 60_001, 86_399_999, 3_155_760_000_001] {
            let then = now.plus(Duration::from_millis(millis));
            assert_eq!(then.whole_millis(), now.whole_millis() + millis);
            assert_eq!(then.minus(Duration::from_millis(millis)), now);
            assert_eq!((now.min(then), now.max(then)), (now, then));
        }
        assert!(now.plus(Duration::MAX) > now, "and none is too long");
    }

    #[test]
    fn the_next_midnight_is_never_now() {
        assert!((Timestamp::from_millis(DAY_MS).until_next_day() - DAY_MS).abs() < f64::EPSILON);
        assert!((Timestamp::from_millis(DAY_MS - 1.0).until_next_day() - 1.0).abs() < f64::EPSILON);
    }
}
