//! Salts of Fe26.2 tokens, with the keys derived from them.

#![forbid(unsafe_code)]

use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Result};
use crate::secret::SecretBytes;

/// A salt with its key. A half given as bytes has an empty salt and is its own key.
#[derive(Debug, Clone)]
pub struct Salted {
    /// The salt as it stands in the token.
    pub salt: String,
    /// The key.
    pub key: Arc<SecretBytes>,
}

/// Both salts and keys.
#[derive(Debug)]
pub struct SaltPair {
    /// The UTC day that the pair is of.
    pub day: u64,
    /// The encryption half.
    pub encryption: Salted,
    /// The integrity half.
    pub integrity: Salted,
}

/// A random salt of `bits` bits in lower-case hex; a part of a byte counts as a whole one, as in iron.
///
/// # Errors
/// `ERR_INTERNAL` when the system has no random bytes.
pub fn random_salt(bits: u32) -> Result<String> {
    let mut salt = vec![0; bits.div_ceil(8) as usize];
    SystemRandom::new().fill(&mut salt).map_err(|_| Error::Random)?;
    Ok(hex(&salt))
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
