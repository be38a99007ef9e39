//! What the tests of ik1 share.

#![forbid(unsafe_code)]

mod bound;
mod commitment;
mod content;
mod deflate;
mod form;
mod mutations;
mod vectors;

use super::*;
use crate::clock::Timestamp;
use crate::seal::conformance::{NOW, bound, now};

pub(super) const KID: &str = "2026_01";

pub(super) fn key(byte: u8) -> Ik1Key {
    Ik1Key::new(&[byte; 32])
}

pub(super) fn options() -> Ik1Options {
    Ik1Options::default()
}

pub(super) fn compressing() -> Ik1Options {
    Ik1Options { compress: true, ..options() }
}

pub(super) fn never() -> Times {
    Times { issued_at: now(), expires_at: None }
}

/// A token of [`KID`] and `key(1)`.
pub(super) fn sealed(payload: &[u8], times: Times, options: &Ik1Options) -> String {
    seal(&key(1), KID, &bound(), payload, times, options).unwrap()
}

/// An authentic token of any plaintext at all.
pub(super) fn crafted(plaintext: &[u8]) -> String {
    write(&key(1), KID, &bound(), &[9; SALT], &[plaintext, b""], usize::MAX).unwrap()
}

/// Opens as what [`sealed`] and [`crafted`] make.
pub(super) fn opened(token: &str, now: Timestamp, options: &Ik1Options) -> Result<Vec<u8>, Refusal> {
    Token::parse(token, options)?.open(&key(1), &bound(), now, options)
}

/// The bytes in a token, and a token of other bytes.
pub(super) fn body(token: &str) -> Vec<u8> {
    crate::seal::base64url::decode(token.rsplit('.').next().unwrap()).unwrap()
}

pub(super) fn with_body(kid: &str, bytes: &[u8]) -> String {
    let mut text = format!("{PREFIX}{kid}.");
    encode(bytes, &mut text);
    text
}
