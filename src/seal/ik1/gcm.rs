//! AES-256-GCM, in place.

#![forbid(unsafe_code)]

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

pub(crate) const KEY: usize = 32;
pub(crate) const NONCE: usize = 12;
pub(crate) const TAG: usize = 16;

fn cipher(key: &[u8; KEY]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))
}

/// Encrypts `data`, and gives the tag. No two calls may have the same key and nonce.
pub(crate) fn seal(key: &[u8; KEY], nonce: &[u8; NONCE], associated: &[u8], data: &mut [u8]) -> Option<[u8; TAG]> {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let tag = cipher(key)?.seal_in_place_separate_tag(nonce, Aad::from(associated), data).ok()?;
    tag.as_ref().try_into().ok()
}

/// Verifies `data`, a ciphertext with its tag behind it, and decrypts it. Gives the length of the plaintext.
pub(crate) fn open(key: &[u8; KEY], nonce: &[u8; NONCE], associated: &[u8], data: &mut [u8]) -> Option<usize> {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plaintext = cipher(key)?.open_in_place(nonce, Aad::from(associated), data).ok()?;
    Some(plaintext.len())
}
