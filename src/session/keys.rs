//! Which keys of a keyring make and check what a session has beside its seal.
//!
//! A key is named by the id that its password's seals carry, `0` for one without. HKDF does not stretch, so a password that
//! looks typed makes nothing here.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::seal::keyring::{Candidate, Keyring};
use crate::seal::password::Password;

/// What stands for a password without an id.
const UNNAMED: &str = "0";

/// What a password is called.
#[must_use]
pub fn kid_of(password: &Password) -> &str {
    if password.id.is_empty() { UNNAMED } else { &password.id }
}

/// The passwords of that name: one, or the current and the previous where they have none. An object may seal with an id under
/// which it holds nothing, so the one that seals is looked at too.
#[must_use]
pub fn candidates<'a>(keyring: &'a Keyring, kid: &str, now: Timestamp) -> Vec<Candidate<'a>> {
    let mut all = keyring.opening(kid, now).unwrap_or_default();
    if let Ok(sealing) = keyring.sealing(now)
        && !all.iter().any(|candidate| Arc::ptr_eq(candidate.password, sealing))
    {
        all.push(Candidate { password: sealing, older: false });
    }
    all.retain(|candidate| kid_of(candidate.password) == kid);
    all
}
