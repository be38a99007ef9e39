//! Seals: tokens that carry a session's data, readable and changeable by the holder of a key alone.
//!
//! [`SealFormat`] is what a format offers; [`iron`] is one, and [`ik1`] has the functions of another. Nothing here waits: a
//! call that lacks a derived key says so ([`Attempt::NeedsKey`]), and the caller asks for it with a continuation and calls
//! again.

#![forbid(unsafe_code)]

pub mod base64url;
pub mod derivations;
pub mod derive;
pub mod epoch;
pub mod formats;
pub mod hkdf;
pub mod ik1;
pub mod iron;
pub mod key_cache;
pub mod keyring;
pub mod lp;
pub mod mac_key;
pub mod password;
pub mod random_key;
pub mod ring;
pub mod salt;
pub mod shared;
pub mod strength;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod edits;
#[cfg(test)]
mod published_vectors;
#[cfg(test)]
pub(crate) mod seeded;

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::Result;

/// What a token is bound to, beside its key.
///
/// A format that authenticates these refuses a token of another purpose, session name or audience. Fe26.2 has no place
/// for them in its tokens and ignores all three; its epoch salts depend on the name, which binds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// What the token is for, such as `session`.
    pub purpose: String,
    /// The session's name, which is the cookie's.
    pub name: String,
    /// The application that may read it.
    pub audience: String,
}

/// The result of a call that may lack a derived key.
#[derive(Debug, PartialEq, Eq)]
pub enum Attempt<T> {
    /// Done.
    Ready(T),
    /// A key has to be derived first: ask for it off the event loop, then call again.
    NeedsKey,
}

/// An opened token. `Debug` prints the length of the payload, which is session data.
#[derive(PartialEq, Eq)]
pub struct Opened {
    /// What was sealed.
    pub payload: Vec<u8>,
    /// Whether fewer PBKDF2 iterations protect the token than the format writes now.
    pub legacy: bool,
    /// Whether another key than the one that seals now opened it.
    pub older_key: bool,
    /// Whether it is in another format than is written now.
    pub other_format: bool,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { payload, legacy, older_key, other_format } = self;
        write!(
            f,
            "Opened({} bytes, legacy: {legacy}, older key: {older_key}, other format: {other_format})",
            payload.len()
        )
    }
}

/// Called once, with the outcome of a request for a key. It may run on any thread, also before the request returns.
pub type Done = Box<dyn FnOnce(Result<()>) + Send>;

/// A format of tokens.
///
/// Implementations are synchronous and do no I/O. `now` judges every age. Errors are those of [`crate::error::Error`]
/// with a sealing code; a refusal never says more to the outside than its code.
pub trait SealFormat: Send + Sync {
    /// Seals `payload`.
    ///
    /// # Errors
    /// `ERR_KEY_WEAK` and `ERR_SEAL_UNSUPPORTED` for a password or options that cannot seal,
    /// `ERR_COOKIE_TOO_LARGE` for a token that would be refused on reading.
    fn try_seal(&self, payload: &[u8], bound: &Bound, now: Timestamp) -> Result<Attempt<String>>;

    /// Opens `token`.
    ///
    /// # Errors
    /// `ERR_SEAL_INVALID`, `ERR_SEAL_EXPIRED`, `ERR_KEY_UNKNOWN`, and those of the password and the options.
    fn try_unseal(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Attempt<Opened>>;

    /// Gets the key ready that [`try_seal`](Self::try_seal) lacked.
    fn request_seal_key(self: Arc<Self>, bound: &Bound, now: Timestamp, done: Done);

    /// Gets the keys ready that [`try_unseal`](Self::try_unseal) lacked for this token, if the token is authentic.
    fn request_unseal_key(self: Arc<Self>, token: String, bound: &Bound, now: Timestamp, done: Done);
}
