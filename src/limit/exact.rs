//! Times without rounding: whole microseconds, and a remainder in parts of one.
//!
//! A rate of `rate` tokens per `period` microseconds makes a token worth `period / rate` microseconds, which is seldom a
//! whole number and may be under one. In parts of 1/rate microseconds it is whole: exactly `period` of them.

#![forbid(unsafe_code)]

/// A time in microseconds and parts of 1/rate of one. The rate is the quota's, and the same for all that is added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact {
    micros: u64,
    /// Less than the rate, so that the order of two times is that of their fields.
    part: u32,
}

impl Exact {
    /// Whole microseconds.
    #[must_use]
    pub const fn whole(micros: u64) -> Self {
        Self { micros, part: 0 }
    }

    /// From what [`micros`](Self::micros) and [`part`](Self::part) gave.
    #[must_use]
    pub const fn from_parts(micros: u64, part: u32) -> Self {
        Self { micros, part }
    }

    /// `parts` parts of 1/rate microseconds. What does not fit is the longest time there is.
    #[must_use]
    pub fn from_all_parts(parts: u128, rate: u32) -> Self {
        let rate = u128::from(rate);
        let part = u32::try_from(parts % rate).unwrap_or(0);
        u64::try_from(parts / rate).map_or(Self::whole(u64::MAX), |micros| Self { micros, part })
    }

    /// All of it in parts of 1/rate microseconds.
    #[must_use]
    pub fn all_parts(self, rate: u32) -> u128 {
        u128::from(self.micros) * u128::from(rate) + u128::from(self.part)
    }

    /// The whole microseconds.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.micros
    }

    /// The remainder, in parts of 1/rate microseconds.
    #[must_use]
    pub const fn part(self) -> u32 {
        self.part
    }

    /// Whole microseconds, rounded up.
    #[must_use]
    pub const fn ceil(self) -> u64 {
        self.micros.saturating_add((self.part > 0) as u64)
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self, rate: u32) -> Self {
        let micros = self.micros.saturating_add(other.micros);
        let (part, above) = self.part.overflowing_add(other.part);
        if above || part >= rate {
            Self { micros: micros.saturating_add(1), part: part.wrapping_sub(rate) }
        } else {
            Self { micros, part }
        }
    }

    /// The difference, and nothing where `other` is more.
    #[must_use]
    pub const fn minus(self, other: Self, rate: u32) -> Self {
        let borrowed = self.part < other.part;
        match self.micros.checked_sub(other.micros) {
            None => Self::whole(0),
            Some(0) if borrowed => Self::whole(0),
            Some(micros) if borrowed => Self { micros: micros - 1, part: self.part.wrapping_add(rate - other.part) },
            Some(micros) => Self { micros, part: self.part - other.part },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_and_differences_are_those_of_the_parts(
            rate in 1..=u32::MAX, a in 0_u128..1 << 90, b in 0_u128..1 << 90,
        ) {
            let limit = u128::from(u64::MAX / 4) * u128::from(rate);
            let (a, b) = (a % limit, b % limit);
            let [x, y] = [a, b].map(|parts| Exact::from_all_parts(parts, rate));
            prop_assert_eq!(x.all_parts(rate), a);
            prop_assert_eq!(x.plus(y, rate).all_parts(rate), a + b);
            prop_assert_eq!(x.minus(y, rate).all_parts(rate), a.saturating_sub(b));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(u128::from(x.ceil()), a.div_ceil(u128::from(rate)));
        }
    }

    #[test]
    fn what_does_not_fit_is_the_longest_time() {
        assert_eq!(Exact::from_all_parts(u128::MAX, 7), Exact::whole(u64::MAX));
        assert_eq!(Exact::whole(u64::MAX).plus(Exact::from_parts(1, 6), 7).micros(), u64::MAX);
    }
}
