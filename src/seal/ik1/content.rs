//! The plaintext of a token: flags, two times, and the payload as it is stored.

#![forbid(unsafe_code)]

use crate::clock::Timestamp;
use crate::seal::ik1::token::Refusal;

/// One byte of flags, eight of each time.
pub(super) const HEADER: usize = 17;
/// The payload is deflated, without a header of zlib's.
pub(super) const DEFLATED: u8 = 1;
/// How long after its expiry a token still opens: the clocks of a fleet differ by less.
const SKEW_MS: u64 = 5_000;

/// The times of a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// When it is sealed. Nothing judges it.
    pub issued_at: Timestamp,
    /// When it ends, none for never. An instant that a token cannot carry is one that has passed.
    pub expires_at: Option<Timestamp>,
}

impl Times {
    /// Times in whole milliseconds, as unsigned 64-bit big-endian numbers. In the token an expiry of 0 is none, so one at
    /// the epoch or before is written as 1.
    pub(super) fn header(&self, flags: u8) -> [u8; HEADER] {
        let expiry = self.expires_at.map_or(0, |expiry| expiry.whole_millis().max(1));
        let mut header = [0; HEADER];
        header[0] = flags;
        header[1..9].copy_from_slice(&self.issued_at.whole_millis().to_be_bytes());
        header[9..].copy_from_slice(&expiry.to_be_bytes());
        header
    }
}

/// What the header of an authentic plaintext says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) is_deflated: bool,
    expires_at: u64,
}

impl Header {
    pub(super) fn read(plaintext: &[u8]) -> Result<Self, Refusal> {
        let (&[flags, ref times @ ..], _) = plaintext.split_first_chunk::<HEADER>().ok_or(Refusal::Short)?;
        if flags & !DEFLATED != 0 {
            return Err(Refusal::Flags);
        }
        let expiry = times.last_chunk().ok_or(Refusal::Short)?;
        Ok(Self { is_deflated: flags & DEFLATED != 0, expires_at: u64::from_be_bytes(*expiry) })
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at != 0 && now.whole_millis() >= self.expires_at.saturating_add(SKEW_MS)
    }
}
