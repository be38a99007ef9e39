//! ik1: AES-256-GCM with a key, a nonce and a commitment of its own for each token, bound to purpose, session name and
//! audience.
//!
//! ```text
//! ik1.<kid>.<base64url(salt 24 | commitment 32 | ciphertext | tag 16)>
//! ```
//!
//! HKDF derives all three from the key and a random salt, so the number of tokens of a fleet has no limit that matters.
//! The commitment is compared before anything is decrypted: a ciphertext that AES-GCM would open under two keys has one
//! commitment, so it opens under one at most. These are functions of one key; which key belongs to a token is the
//! caller's to know, by [`Token::kid`]. `docs/formats.md` has every byte.

#![forbid(unsafe_code)]

mod content;
mod deflate;
pub(crate) mod gcm;
mod keys;
mod sealer;
#[cfg(test)]
mod tests;
mod token;

pub use content::Times;
pub use sealer::Ik1;
pub use token::{Refusal, Token};

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Result};
use crate::seal::Bound;
use crate::seal::base64url::encode;
use crate::seal::hkdf::Prk;
use crate::seal::ik1::content::{DEFLATED, HEADER};
use crate::seal::ik1::deflate::deflated;
use crate::seal::ik1::gcm::TAG;
use crate::seal::ik1::keys::{COMMITMENT, SALT, TokenKeys};
use crate::seal::lp;

/// What every token begins with.
pub const PREFIX: &str = "ik1.";
/// The most characters of a key's id.
pub const MAX_KID_CHARS: usize = 16;

/// What stands before the ciphertext.
const LEAD: usize = SALT + COMMITMENT;
/// The bytes of a token with an empty payload.
const LEAST: usize = LEAD + HEADER + TAG;
/// The label of this use of a key.
const EXTRACT_LABEL: &[u8] = b"ironkeep ik1";

/// A key of ik1, ready to derive from. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Ik1Key(Prk);

impl Ik1Key {
    /// Takes a secret, which has to be as strong as a key: HKDF does not stretch. Its length is the caller's to check.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(Prk::extract(EXTRACT_LABEL, secret))
    }
}

impl fmt::Debug for Ik1Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ik1Key")
    }
}

/// How tokens are written, and what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ik1Options {
    /// Whether to deflate payloads that get shorter by it. Every reader inflates.
    pub compress: bool,
    /// The longest token that is written and read, in characters.
    pub max_token_chars: usize,
    /// The longest payload that is sealed and opened, in bytes after inflation.
    pub max_payload: usize,
}

impl Default for Ik1Options {
    fn default() -> Self {
        Self { compress: false, max_token_chars: 64 * 1024, max_payload: 64 * 1024 }
    }
}

/// Whether a text has the prefix of this format. It may be no token for all that.
#[must_use]
pub fn is_ik1(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Seals `payload` under the key whose id is `kid`.
///
/// # Errors
/// `ERR_KEY_WEAK` for an id that is not `[A-Za-z0-9_]{1,16}`, `ERR_COOKIE_TOO_LARGE` for a payload or a token over the
/// limits, `ERR_INTERNAL` when the system has no random bytes.
pub fn seal(
    key: &Ik1Key,
    kid: &str,
    bound: &Bound,
    payload: &[u8],
    times: Times,
    options: &Ik1Options,
) -> Result<String> {
    if !is_kid(kid) {
        return Err(Error::InvalidPasswordId);
    }
    let limit = options.max_payload;
    if payload.len() > limit {
        return Err(Error::PayloadTooLarge { length: payload.len(), limit });
    }
    let mut salt = [0; SALT];
    SystemRandom::new().fill(&mut salt).map_err(|_| Error::Random)?;
    let deflated = if options.compress { deflated(payload) } else { None };
    let (flags, stored) = deflated.as_ref().map_or((0, payload), |shorter| (DEFLATED, shorter.as_slice()));
    write(key, kid, bound, &salt, &[&times.header(flags), stored], options.max_token_chars)
}

/// Writes a token of the plaintext whose pieces are given.
fn write(
    key: &Ik1Key,
    kid: &str,
    bound: &Bound,
    salt: &[u8; SALT],
    plaintext: &[&[u8]; 2],
    limit: usize,
) -> Result<String> {
    let bytes = LEAD + plaintext[0].len() + plaintext[1].len() + TAG;
    let length = base64::encoded_len(bytes, false)
        .and_then(|encoded| encoded.checked_add(PREFIX.len() + kid.len() + 1))
        .unwrap_or(usize::MAX);
    if length > limit {
        return Err(Error::TooLarge { length, limit });
    }
    let keys = TokenKeys::derive(key, &bound.purpose, salt).ok_or(Error::Primitive)?;
    let mut sealed = Vec::with_capacity(bytes);
    sealed.extend_from_slice(salt);
    sealed.extend_from_slice(keys.commitment());
    sealed.extend_from_slice(plaintext[0]);
    sealed.extend_from_slice(plaintext[1]);
    // From here on the plaintext is a ciphertext, in the same place.
    let tag = keys.seal(&associated_data(kid, bound), &mut sealed[LEAD..]).ok_or(Error::Primitive)?;
    sealed.extend_from_slice(&tag);

    let mut text = String::with_capacity(length);
    text.push_str(PREFIX);
    text.push_str(kid);
    text.push('.');
    encode(&sealed, &mut text);
    Ok(text)
}

/// What the tag is over, beside the ciphertext.
fn associated_data(kid: &str, bound: &Bound) -> Vec<u8> {
    lp::join(&["ik1", kid, &bound.purpose, &bound.name, &bound.audience])
}

fn is_kid(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=MAX_KID_CHARS).contains(&text.len()) && text.bytes().all(is_word)
}
