//! Passwords and options that the targets share. All of it is fixed: an input means the same in every run.

#![forbid(unsafe_code)]

use std::sync::Arc;

use ironkeep::clock::{Timestamp, stopped};
use ironkeep::error::Result;
use ironkeep::seal::Bound;
use ironkeep::seal::iron::Iron;
use ironkeep::seal::iron::options::{HalfOptions, IronOptions, Rounds, SaltPolicy};
use ironkeep::seal::key_cache::KeyUse;
use ironkeep::seal::keyring::{Keyring, MapRules, PasswordSpec};
use ironkeep::seal::password::{RawPassword, RawSecret};
use ironkeep::seal::ring::KeySource;
use ironkeep::seal::shared::Shared;
use ironkeep::secret::SecretBytes;

/// The instant at which every input is judged, in milliseconds since the epoch.
pub const NOW: f64 = 1_795_000_000_000.0;
/// How long a seal may have been expired, in milliseconds.
pub const SKEW: f64 = 60_000.0;
/// The longest token, in bytes.
pub const MAX_TOKEN: usize = 4096;

/// A password that passes the strength check, and so has salts for each day.
pub const STRONG: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
/// Another one.
pub const OTHER: &str = "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC";
/// A key given as bytes.
pub const KEY: [u8; 32] = [7; 32];

/// The instant at which every input is judged.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

/// A session's name.
#[must_use]
pub fn bound() -> Bound {
    Bound { name: "h3".into(), ..Bound::default() }
}

/// Options with so many iterations, which read others too.
#[must_use]
pub fn options(cipher: KeyUse, iterations: u32, also_opens: &[u32]) -> IronOptions {
    let half = |usage| Ok(HalfOptions { usage, salt_bits: 256, iterations, min_password_len: 32 });
    IronOptions {
        encryption: half(cipher),
        integrity: half(KeyUse::Integrity),
        ttl_ms: 0.0,
        skew_ms: SKEW,
        offset_ms: 0.0,
        also_opens: also_opens
            .iter()
            .map(|&rounds| Rounds { encryption: rounds, integrity: rounds })
            .collect(),
        salts: SaltPolicy::Epoch,
        max_token_chars: MAX_TOKEN,
    }
}

/// A password of text without an id.
#[must_use]
pub fn text(secret: &str) -> RawPassword {
    let half = || Some(RawSecret::Text(secret.to_owned().into()));
    RawPassword { id: String::new(), encryption: half(), integrity: half() }
}

/// The key given as bytes, as a password with an id.
#[must_use]
pub fn bytes(id: &str) -> RawPassword {
    let half = || Some(RawSecret::Bytes(SecretBytes::new(KEY.to_vec())));
    RawPassword { id: id.to_owned(), encryption: half(), integrity: half() }
}

/// A process of its own, which derives on the thread that asks.
///
/// # Errors
/// `ERR_INTERNAL` when the system has no random bytes.
pub fn process() -> Result<Arc<Shared>> {
    let inline = |job: Box<dyn FnOnce() + Send>| {
        job();
        true
    };
    Shared::new(1, Box::new(inline), stopped())
}

/// A reader in a process of its own.
///
/// # Errors
/// `ERR_CONFIG` for passwords that the session helpers refuse.
pub fn reader(passwords: PasswordSpec, options: IronOptions) -> Result<Arc<Iron>> {
    let shared = process()?;
    let keyring = Keyring::new(passwords, MapRules::Session, shared.process())?;
    Ok(Iron::new(KeySource::Fixed(Arc::new(keyring)), options, shared))
}
