//! The right to undo a decision, wherever it was made, and its way out of Rust and back.

#![forbid(unsafe_code)]

use std::array;

use crate::clock::Moment;
use crate::limit::exact::Exact;
use crate::limit::local;
use crate::limit::token_bucket::Taken;

use super::key::Tag;

/// The right to undo what a script wrote, once.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "it is what a refund needs"]
pub struct Receipt {
    pub(super) limit: usize,
    pub(super) tag: Tag,
    pub(super) taken: Taken,
}

/// That of a decision of Redis, or of one that was made here in its place.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "it is what a refund needs"]
pub enum AnyReceipt {
    /// Of a bucket in Redis.
    Remote(Receipt),
    /// Of a bucket of this process.
    Local(local::Receipt),
}

const LOCAL: u8 = 1;
const REMOTE: u8 = 2;

impl AnyReceipt {
    /// How many bytes it is.
    pub const LENGTH: usize = 1 + local::Receipt::LENGTH;

    /// As bytes, for a caller who cannot hold it. They are as good as the receipt, and so to be used once.
    #[must_use]
    pub fn into_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (kind, rest) = match self {
            Self::Local(receipt) => (LOCAL, receipt.into_bytes()),
            Self::Remote(receipt) => (REMOTE, receipt.into_bytes()),
        };
        bytes[0] = kind;
        bytes[1..].copy_from_slice(&rest);
        bytes
    }

    /// Reads what [`into_bytes`](Self::into_bytes) made; `None` for what is neither.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let (kind, rest) = bytes.split_first_chunk::<1>()?;
        let rest = rest.try_into().ok()?;
        match kind {
            [LOCAL] => Some(Self::Local(local::Receipt::from_bytes(rest))),
            [REMOTE] => Some(Self::Remote(Receipt::from_bytes(rest))),
            _ => None,
        }
    }
}

impl Receipt {
    fn into_bytes(self) -> [u8; local::Receipt::LENGTH] {
        let Self { limit, tag, taken } = self;
        let (before, after, at) = taken.parts();
        let mut bytes = [0; local::Receipt::LENGTH];
        bytes[..16].copy_from_slice(&tag.0);
        for (place, long) in bytes[16..40].chunks_exact_mut(8).zip([before.micros(), after.micros(), at.as_nanos()]) {
            place.copy_from_slice(&long.to_le_bytes());
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        for (place, word) in bytes[40..52].chunks_exact_mut(4).zip([before.part(), after.part(), limit]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; local::Receipt::LENGTH]) -> Self {
        let long = |index: usize| u64::from_le_bytes(array::from_fn(|byte| bytes[16 + index * 8 + byte]));
        let word = |index: usize| u32::from_le_bytes(array::from_fn(|byte| bytes[40 + index * 4 + byte]));
        let (before, after) = (Exact::from_parts(long(0), word(0)), Exact::from_parts(long(1), word(1)));
        Self {
            limit: word(2) as usize,
            tag: Tag(array::from_fn(|byte| bytes[byte])),
            taken: Taken::from_parts(before, after, Moment::from_nanos(long(2))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_bytes_are_the_receipt() {
        let taken =
            Taken::from_parts(Exact::from_parts(1 << 60, 7), Exact::from_parts(3, u32::MAX), Moment::from_nanos(9));
        let receipt = AnyReceipt::Remote(Receipt { limit: 7, tag: Tag([5; 16]), taken });
        let bytes = receipt.into_bytes();
        let Some(AnyReceipt::Remote(read)) = AnyReceipt::from_bytes(&bytes) else { panic!("it is of Redis") };
        assert_eq!((read.limit, read.tag, read.taken.at()), (7, Tag([5; 16]), Moment::from_nanos(9)));
        assert_eq!(AnyReceipt::Remote(read).into_bytes(), bytes);
        assert_eq!(AnyReceipt::from_bytes(&[0; AnyReceipt::LENGTH]), None);
    }
}
