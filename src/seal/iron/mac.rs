//! The MAC of iron: HMAC-SHA256.

#![forbid(unsafe_code)]

use ring::hmac::{HMAC_SHA256, Key, Tag};

/// The MAC of `signed`.
pub(crate) fn sign(key: &[u8], signed: &[u8]) -> Tag {
    ring::hmac::sign(&Key::new(HMAC_SHA256, key), signed)
}

/// Whether `mac` is the MAC of `signed`, in constant time.
pub(crate) fn verify(key: &[u8], signed: &[u8], mac: &[u8; 32]) -> bool {
    ring::hmac::verify(&Key::new(HMAC_SHA256, key), signed, mac).is_ok()
}
