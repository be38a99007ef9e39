//! What refused a text.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::kinds::Kind;
use super::*;
use crate::seal::iron::options::MAX_SALT_CHARS;

/// What refused a text, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Not eight parts.
    Parts,
    /// Another prefix.
    Prefix,
    /// An expiration that is no number.
    ExpirationForm,
    /// It has expired.
    Expired,
    /// More characters than a token may have.
    TokenLength,
    /// More characters than a salt may have.
    SaltLength,
    /// A MAC that is not 32 bytes in canonical base64url.
    MacForm,
    /// The map holds no password of that id.
    Id,
    /// No salt for a password that is text.
    NoSalt,
    /// An iv or a ciphertext that is not worth a derivation.
    EncryptedForm,
    /// A MAC was compared.
    Mac,
    /// None yet: a key has to be derived first.
    NeedsKey,
}

impl Stage {
    pub(super) const ALL: [Self; 12] = [
        Self::Parts,
        Self::Prefix,
        Self::ExpirationForm,
        Self::Expired,
        Self::TokenLength,
        Self::SaltLength,
        Self::MacForm,
        Self::Id,
        Self::NoSalt,
        Self::EncryptedForm,
        Self::Mac,
        Self::NeedsKey,
    ];
}

/// Why a text was not refused as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hole {
    /// It opened.
    Opened,
    /// Its MAC was taken for right.
    Verified,
    /// A panic.
    Panicked,
    /// An error that says nothing about a token.
    OtherError,
}

/// Opens a text with the keys at hand.
pub(super) fn stage_of(kind: &Kind, text: &str) -> Result<Stage, Hole> {
    judged(kind, text, || kind.reader.try_unseal(text, &bound(), now()))
}

/// Opens a text, deriving the keys that are missing.
pub(super) fn cold_stage_of(kind: &Kind, text: &str) -> Result<Stage, Hole> {
    judged(kind, text, || unseal(&kind.reader, text, now()).map(Attempt::Ready))
}

/// As [`cold_stage_of`], by the call that derives itself.
pub(super) fn blocking_stage_of(kind: &Kind, text: &str) -> Result<Stage, Hole> {
    judged(kind, text, || kind.reader.unseal_blocking(text, &bound(), now()).map(Attempt::Ready))
}

fn judged(
    kind: &Kind,
    text: &str,
    open: impl FnOnce() -> crate::error::Result<Attempt<Opened>>,
) -> Result<Stage, Hole> {
    let before = verifications();
    let outcome = catch_unwind(AssertUnwindSafe(open)).map_err(|_| Hole::Panicked)?;
    let compared = verifications() > before;
    match outcome {
        Ok(Attempt::Ready(_)) => Err(Hole::Opened),
        Ok(Attempt::NeedsKey) => {
            let token = Token::parse(text, &kind.reader.options, now()).map_err(|_| Hole::OtherError)?;
            match kind.reader.progress(&token, &bound(), now()) {
                Ok(Progress::Verify(_)) => Ok(Stage::NeedsKey),
                _ => Err(Hole::Verified),
            }
        }
        Err(Error::Components) => Ok(Stage::Parts),
        Err(Error::Prefix) => Ok(Stage::Prefix),
        Err(Error::Expiration) => Ok(Stage::ExpirationForm),
        Err(Error::Expired) => Ok(Stage::Expired),
        Err(Error::UnknownPassword(_)) => Ok(Stage::Id),
        Err(Error::BadMac) if compared => Ok(Stage::Mac),
        Err(Error::BadMac) => Ok(uncompared(kind, text)),
        // Both are found out after the MAC.
        Err(Error::InvalidBase64 | Error::Decrypt) => Err(Hole::Verified),
        Err(_) => Err(Hole::OtherError),
    }
}

/// What refused a text with the error of a wrong MAC, and compared none.
fn uncompared(kind: &Kind, text: &str) -> Stage {
    if let Ok(token) = Token::parse(text, &kind.reader.options, now()) {
        return if token.integrity_salt.is_empty() { Stage::NoSalt } else { Stage::EncryptedForm };
    }
    let mut parts = text.split('*');
    let salts = [parts.nth(2), parts.nth(3)];
    if text.len() > kind.reader.options.max_token_chars {
        Stage::TokenLength
    } else if salts.into_iter().flatten().any(|salt| salt.len() > MAX_SALT_CHARS) {
        Stage::SaltLength
    } else {
        Stage::MacForm
    }
}
