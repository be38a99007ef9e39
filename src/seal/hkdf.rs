//! HKDF-SHA256 (RFC 5869): one key for each use of a secret.
//!
//! A use has an Extract label of its own, so that what one use derives is nothing in another. HKDF does not stretch: what
//! goes in has to be as strong as a key. `docs/formats.md` has the table of the labels.

#![forbid(unsafe_code)]

use std::fmt;

use ring::hkdf::{self, HKDF_SHA256, KeyType, Salt};

/// What Extract gives: the key that everything of one use is expanded from. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Prk(hkdf::Prk);

impl Prk {
    /// HKDF-Extract. `salt` is the label of the use.
    #[must_use]
    pub fn extract(salt: &[u8], secret: &[u8]) -> Self {
        Self(Salt::new(HKDF_SHA256, salt).extract(secret))
    }

    /// HKDF-Expand: fills `out`. `info` is the pieces of the context, as they follow one another.
    ///
    /// `None` for more than 8,160 bytes, which is more than HKDF-SHA256 has to give.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Option<()> {
        self.0.expand(info, Length(out.len())).ok()?.fill(out).ok()
    }
}

impl fmt::Debug for Prk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prk")
    }
}

/// How many bytes to expand to, as ring asks for it.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_may_come_in_pieces() {
        let prk = Prk::extract(b"label", b"secret");
        let (mut whole, mut pieces) = ([0; 40], [0; 40]);
        prk.expand(&[b"abcdef"], &mut whole).unwrap();
        prk.expand(&[b"ab", b"", b"cdef"], &mut pieces).unwrap();
        assert_eq!(whole, pieces);
    }

    #[test]
    fn a_label_is_a_use() {
        let expanded = |label: &[u8]| {
            let mut out = [0; 32];
            Prk::extract(label, b"secret").expand(&[b"context"], &mut out).unwrap();
            out
        };
        assert_ne!(expanded(b"one"), expanded(b"two"));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Prk::extract(b"label", b"hunter2")), "Prk");
    }
}
