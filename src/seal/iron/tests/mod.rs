//! What the tests of Fe26.2 share.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::Arc;

mod behaviour;
mod epochs;
mod forgeries;
mod keys;
mod mutations;
mod rings;
mod vectors;

use super::*;
use crate::clock::{DAY_MS, stopped};
use crate::error::ErrorCode;
use crate::seal::conformance::{self, NOW, bound, now, seal, unseal};
use crate::seal::derive::MAX_INLINE_ITERATIONS;
use crate::seal::key_cache::{KeySpec, KeyUse};
use crate::seal::keyring::{MapRules, PasswordSpec};
use crate::seal::password::{RawPassword, RawSecret};
use crate::secret::SecretBytes;

/// What a test queue is given to run.
pub(super) type Job = Box<dyn FnOnce() + Send>;

pub(super) const STRONG: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
pub(super) const OTHER: &str = "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC";
pub(super) const WEAK: &str = "passwordpasswordpasswordpassword";

pub(super) fn shared() -> Arc<Shared> {
    Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok()), stopped()).unwrap()
}

pub(super) fn password(text: &str) -> RawPassword {
    let half = || Some(RawSecret::Text(text.to_owned().into()));
    RawPassword { id: String::new(), encryption: half(), integrity: half() }
}

pub(super) fn half_options(usage: KeyUse, iterations: u32) -> HalfOptions {
    HalfOptions { usage, salt_bits: 256, iterations, min_password_len: 32 }
}

pub(super) fn options(iterations: u32) -> IronOptions {
    IronOptions {
        encryption: Ok(half_options(KeyUse::Aes256Cbc, iterations)),
        integrity: Ok(half_options(KeyUse::Integrity, iterations)),
        ttl_ms: 60_000.0,
        skew_ms: 60_000.0,
        offset_ms: 0.0,
        also_opens: vec![Rounds { encryption: 1, integrity: 1 }, Rounds { encryption: 8192, integrity: 8192 }],
        salts: SaltPolicy::Epoch,
        max_token_chars: 64 * 1024,
    }
}

pub(super) fn iron_with(spec: PasswordSpec, options: IronOptions, shared: &Arc<Shared>) -> Arc<Iron> {
    let ring = Keyring::new(spec, MapRules::Session, shared.process()).unwrap();
    Iron::new(KeySource::Fixed(Arc::new(ring)), options, Arc::clone(shared))
}

pub(super) fn iron(text: &str, options: IronOptions, shared: &Arc<Shared>) -> Arc<Iron> {
    iron_with(PasswordSpec::Positional(vec![password(text)]), options, shared)
}

/// The salts of a token: of the encryption key, of the MAC's key.
pub(super) fn salts(token: &str) -> (String, String) {
    let parts: Vec<&str> = token.split('*').collect();
    (parts[2].to_owned(), parts[6].to_owned())
}

/// The suite tries thousands of forgeries: without a second generation each costs microseconds.
pub(super) fn one_generation() -> IronOptions {
    IronOptions { also_opens: Vec::new(), ..options(1) }
}

pub(super) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The token with another MAC, in canonical base64url.
pub(super) fn forge(token: &str) -> String {
    let last = if token.ends_with('A') { 'E' } else { 'A' };
    format!("{}{last}", &token[..token.len() - 1])
}

thread_local! {
    static VERIFICATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Called where a MAC is compared: a refusal alone does not tell whether it came that far.
pub(super) fn count_verification() {
    VERIFICATIONS.set(VERIFICATIONS.get() + 1);
}

/// How many MACs were compared on this thread.
pub(super) fn verifications() -> u64 {
    VERIFICATIONS.get()
}
