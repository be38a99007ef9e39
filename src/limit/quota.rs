//! What may be spent: so many tokens in a window of time, and so many at once.

#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::error::{Error, Result};
use crate::limit::exact::Exact;

/// The most tokens of a quota, in a window or at once.
pub const MAX_TOKENS: u32 = 1_000_000_000;
/// The highest rate: 10^9 tokens a second.
pub const MAX_PER_MICRO: u64 = 1000;
/// The shortest window.
pub const MIN_WINDOW: Duration = Duration::from_millis(1);
/// The longest window, and the longest that an empty bucket may take to fill.
pub const MAX_WINDOW: Duration = Duration::from_hours(366 * 24);

const FORM: Error =
    Error::Config("A quota is a limit and a window, such as \"100/1m\" or { limit: 100, window: \"1m\" }");
const LIMIT: Error = Error::Config(
    "The limit of a quota has to be a whole number from 1 to 1000000000, such as 100 in \"100/1m\". \
     To allow nothing, refuse without asking a limiter",
);
const WINDOW_FORM: Error = Error::Config(
    "The window of a quota has to be a whole number with a unit (ms, s, m, h or d), such as 1m in \"100/1m\"",
);
const WINDOW: Error = Error::Config("The window of a quota has to be from 1ms to 366d, in whole microseconds");
const BURST: Error = Error::Config(
    "The burst of a quota has to be a whole number from 1 to 1000000000: how many tokens may be spent at once. \
     Without it, it is the limit",
);
const RATE: Error = Error::Config(
    "The rate of a quota is over 1000000000 tokens a second, which no limiter can tell from no limit: \
     lower the limit or lengthen the window",
);
const FILL: Error = Error::Config(
    "A bucket of this quota would take over 366 days to fill: lower the burst, raise the limit or shorten the window",
);
const COST: Error = Error::Config(
    "The cost of a call is above the burst of its quota, so it could never be admitted: lower the cost or raise the burst",
);

/// A checked quota: `limit` tokens come back per `window`, steadily, into a bucket that holds `burst`.
///
/// A bucket starts full. Without a burst of its own it holds the limit, so that a whole window's tokens can be spent at
/// once. In any stretch of time, at most `burst` tokens and what came back meanwhile are spent.
///
/// # What a response says of it
/// The fields of draft-ietf-httpapi-ratelimit-headers describe windows, and a bucket has none. What is announced is the
/// bucket as a client meets it, which with `burst == limit` is the quota as it was written:
///
/// | parameter | value | with `100/1m` | with `100/1m`, burst 20 |
/// | --- | --- | --- | --- |
/// | `q` of `RateLimit-Policy` | [`burst`](Self::burst): the most that can remain, so that `r` is never above `q` | 100 | 20 |
/// | `w` | [`announced_window`](Self::announced_window): the seconds in which an empty bucket fills, rounded up: `q` per `w` is the rate, or under it by the rounding | 60 | 12 |
/// | `r` of `RateLimit` | `Decision::remaining`: whole tokens that are there now | | |
/// | `t` | `Decision::announced_reset`: seconds, rounded up, until the refused cost would be admitted, or else until the bucket is full. `Retry-After` is the same number, so it is never earlier | | |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    limit: u32,
    window: Duration,
    burst: u32,
    /// Tokens per `period`, in lowest terms: times are exact in parts of 1/rate microseconds.
    rate: u32,
    /// Microseconds.
    period: u64,
    /// What one token is worth in time.
    token: Exact,
    /// What all tokens of a full bucket are worth.
    fill: Exact,
}

impl Quota {
    /// A quota of `limit` tokens per `window`, `burst` of which (all, if it is not given) may be spent at once.
    ///
    /// # Errors
    /// `ERR_CONFIG` for what is zero, out of range, or faster than [`MAX_PER_MICRO`].
    pub fn new(limit: u64, window: Duration, burst: Option<u64>) -> Result<Self> {
        let limit = tokens(limit).ok_or(LIMIT)?;
        let burst = burst.map_or(Ok(limit), |burst| tokens(burst).ok_or(BURST))?;
        if !(MIN_WINDOW..=MAX_WINDOW).contains(&window) || !window.as_nanos().is_multiple_of(1000) {
            return Err(WINDOW);
        }
        let micros = u64::try_from(window.as_micros()).map_err(|_| WINDOW)?;
        if u64::from(limit) > micros.saturating_mul(MAX_PER_MICRO) {
            return Err(RATE);
        }
        let common = greatest_common_divisor(u64::from(limit), micros);
        let rate = u32::try_from(u64::from(limit) / common).map_err(|_| LIMIT)?;
        let period = micros / common;
        let worth = |tokens: u32| Exact::from_all_parts(u128::from(period) * u128::from(tokens), rate);
        let fill = worth(burst);
        if u128::from(fill.ceil()) > MAX_WINDOW.as_micros() {
            return Err(FILL);
        }
        Ok(Self { limit, window, burst, rate, period, token: worth(1), fill })
    }

    /// A quota from numbers of JavaScript, the window in seconds.
    ///
    /// # Errors
    /// `ERR_CONFIG`, as [`new`](Self::new); and for a limit or a burst that is no whole number.
    pub fn from_numbers(limit: f64, window: f64, burst: Option<f64>) -> Result<Self> {
        let limit = whole(limit).ok_or(LIMIT)?;
        let burst = burst.map(|burst| whole(burst).ok_or(BURST)).transpose()?;
        // Seconds are no thing to be exact with in binary: 0.1 means a hundred milliseconds.
        let micros = whole((window * 1e6).round()).ok_or(WINDOW)?;
        Self::new(limit, Duration::from_micros(micros), burst)
    }

    /// Reads a quota such as `100/1m`, with a burst of its own where one is given.
    ///
    /// # Errors
    /// `ERR_CONFIG`, as [`new`](Self::new); and for a text of another form.
    pub fn parse(text: &str, burst: Option<u64>) -> Result<Self> {
        let (limit, window) = text.split_once('/').ok_or(FORM)?;
        Self::new(digits(limit).ok_or(LIMIT)?, parse_window(window)?, burst)
    }

    /// Tokens that come back per window.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The window.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.window
    }

    /// How many tokens a full bucket holds.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// In how many seconds an empty bucket fills, rounded up: `w` of `RateLimit-Policy`, beside the burst as `q`.
    #[must_use]
    pub const fn announced_window(&self) -> u64 {
        self.fill.ceil().div_ceil(1_000_000)
    }

    /// Tokens per [`period`](Self::period), in lowest terms. Times of this quota are in parts of 1/rate microseconds.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// The microseconds in which `rate` tokens come back.
    #[must_use]
    pub const fn period(&self) -> u64 {
        self.period
    }

    /// How long an empty bucket takes to fill.
    #[must_use]
    pub const fn fill(&self) -> Exact {
        self.fill
    }

    /// How long `cost` tokens take to come back.
    #[must_use]
    pub fn worth(&self, cost: u32) -> Exact {
        match cost {
            0 => Exact::default(),
            1 => self.token,
            _ => Exact::from_all_parts(u128::from(self.period) * u128::from(cost), self.rate),
        }
    }

    /// How many whole tokens come back in `time`, at most a full bucket.
    #[must_use]
    pub fn tokens_in(&self, time: Exact) -> u32 {
        if time >= self.fill {
            return self.burst;
        }
        let parts = time.all_parts(self.rate);
        // Nearly all fit into 64 bits, which a processor divides in a fraction of the time.
        let tokens = match u64::try_from(parts) {
            Ok(parts) => parts / self.period,
            Err(_) => u64::try_from(parts / u128::from(self.period)).unwrap_or(u64::MAX),
        };
        u32::try_from(tokens).unwrap_or(self.burst)
    }

    /// Whether a bucket can ever hold `cost` tokens.
    ///
    /// # Errors
    /// `ERR_CONFIG` when it cannot.
    pub const fn check_cost(&self, cost: u32) -> Result<()> {
        if cost > self.burst { Err(COST) } else { Ok(()) }
    }
}

/// Reads a window such as `500ms`, `10s`, `1m`, `1h` or `7d`.
///
/// # Errors
/// `ERR_CONFIG` for another form, or a window that is too long.
pub fn parse_window(text: &str) -> Result<Duration> {
    const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(WINDOW_FORM)?;
    let count = digits(&text[..text.len() - unit.len()]).ok_or(WINDOW_FORM)?;
    count.checked_mul(*millis).map(Duration::from_millis).ok_or(WINDOW)
}

/// A number of digits alone. One that does not fit is the largest there is, which every range here refuses.
fn digits(text: &str) -> Option<u64> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().unwrap_or(u64::MAX))
}

/// A whole number that a double holds exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is whole, and in range")]
fn whole(number: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    ((0.0..=EXACT).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

fn tokens(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| (1..=MAX_TOKENS).contains(number))
}

const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
