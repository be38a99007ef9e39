//! The right to undo a decision, and its way out of Rust and back.

#![forbid(unsafe_code)]

use std::array;

use crate::clock::Moment;
use crate::limit::exact::Exact;
use crate::limit::local::name::Name;
use crate::limit::token_bucket::Taken;

/// The right to undo a decision, once.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "it is what a refund needs"]
pub struct Receipt {
    pub(super) name: Name,
    pub(super) policy: u32,
    pub(super) shared: bool,
    pub(super) taken: Taken,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "halves are meant, what goes out is exact, and what comes in saturates"
)]
impl Receipt {
    /// How many bytes it is.
    pub const LENGTH: usize = 56;

    /// How many numbers it is.
    pub const NUMBERS: usize = 9;

    /// The moment that the decision was made for. It is later than the caller's where another thread had read a later one.
    #[must_use]
    pub const fn at(&self) -> Moment {
        self.taken.at()
    }

    /// As bytes, for a caller who cannot hold it. They are as good as the receipt, and so to be used once.
    #[must_use]
    pub fn into_bytes(self) -> [u8; Self::LENGTH] {
        let Self { name, policy, shared, taken } = self;
        let (before, after, at) = taken.parts();
        let mut bytes = [0; Self::LENGTH];
        let longs = [name.hash, name.other, before.micros(), after.micros(), at.as_nanos()];
        let words = [policy, before.part(), after.part(), u32::from(shared)];
        for (place, long) in bytes.chunks_exact_mut(8).zip(longs) {
            place.copy_from_slice(&long.to_le_bytes());
        }
        for (place, word) in bytes[WORDS..].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// As numbers, for a caller who cannot hold it; see [`into_bytes`](Self::into_bytes). The moment is not among them, which
    /// undoing does not need. `None` for one of the bucket that keys share, and where a double would lose something.
    #[must_use]
    pub fn numbers(&self) -> Option<[f64; Self::NUMBERS]> {
        let Self { name, policy, shared, taken } = self;
        let (before, after, _) = taken.parts();
        let halves = |long: u64| [(long >> 32) as u32, long as u32].map(f64::from);
        let ([a, b], [c, d]) = (halves(name.hash), halves(name.other));
        let [from, to] = [before.part(), after.part()].map(f64::from);
        let fits = !shared && before.micros().max(after.micros()) <= EXACT;
        fits.then_some([a, b, c, d, f64::from(*policy), before.micros() as f64, from, after.micros() as f64, to])
    }

    /// Reads what [`numbers`](Self::numbers) made. Other numbers are a receipt for nothing, since no bucket has the name.
    pub fn from_numbers(numbers: [f64; Self::NUMBERS]) -> Self {
        let [a, b, c, d, policy, before, from, after, to] = numbers;
        let long = |high: f64, low: f64| u64::from(high as u32) << 32 | u64::from(low as u32);
        let exact = |micros: f64, part: f64| Exact::from_parts(micros as u64, part as u32);
        Self {
            name: Name { hash: long(a, b), other: long(c, d) },
            policy: policy as u32,
            shared: false,
            taken: Taken::from_parts(exact(before, from), exact(after, to), Moment::default()),
        }
    }

    /// Reads what [`into_bytes`](Self::into_bytes) made. Other bytes are a receipt for nothing, since no bucket has the name.
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        let long = |index: usize| u64::from_le_bytes(array::from_fn(|byte| bytes[index * 8 + byte]));
        let word = |index: usize| u32::from_le_bytes(array::from_fn(|byte| bytes[WORDS + index * 4 + byte]));
        let (before, after) = (Exact::from_parts(long(2), word(1)), Exact::from_parts(long(3), word(2)));
        Self {
            name: Name { hash: long(0), other: long(1) },
            policy: word(0),
            shared: word(3) != 0,
            taken: Taken::from_parts(before, after, Moment::from_nanos(long(4))),
        }
    }
}

/// Up to where doubles hold every whole number.
const EXACT: u64 = 1 << 53;
/// Where the numbers of four bytes begin, which follow those of eight.
const WORDS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_bytes_are_the_receipt() {
        for shared in [false, true] {
            let before = Exact::from_parts(1 << 60, 7);
            let taken = Taken::from_parts(before, Exact::from_parts(3, u32::MAX), Moment::from_nanos(9));
            let receipt = Receipt { name: Name { hash: u64::MAX - 1, other: 5 }, policy: 1023, shared, taken };
            let bytes = receipt.into_bytes();
            let read = Receipt::from_bytes(&bytes);
            assert_eq!(
                (read.name, read.policy, read.shared, read.at()),
                (Name { hash: u64::MAX - 1, other: 5 }, 1023, shared, Moment::from_nanos(9))
            );
            assert_eq!(read.into_bytes(), bytes);
        }
    }
}
