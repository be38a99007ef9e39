//! The options of a sealer as they cross the boundary.

use napi::bindgen_prelude::{Either, Uint8Array};
use napi_derive::napi;

use crate::error::{Error, Result};
use crate::seal::Bound;
use crate::seal::iron::options::{HalfOptions, IronOptions, Rounds, SaltPolicy};
use crate::seal::key_cache::KeyUse;
use crate::seal::keyring::{MapRules, PasswordSpec};
use crate::seal::password::{RawPassword, RawSecret};
use crate::secret::SecretBytes;

/// One password. A half that is missing is refused when it is used.
#[napi(object, object_to_js = false)]
pub struct PasswordInput {
    /// The id written into tokens.
    pub id: Option<String>,
    /// What encrypts: a password as text, or a key as bytes.
    pub encryption: Option<Either<String, Uint8Array>>,
    /// What signs: a password as text, or a key as bytes.
    pub integrity: Option<Either<String, Uint8Array>>,
}

/// One entry of a map of passwords.
#[napi(object, object_to_js = false)]
pub struct PasswordEntry {
    /// The id that a token names.
    pub id: String,
    /// The password.
    pub password: PasswordInput,
}

/// The forms that a password comes in.
#[napi(discriminant = "form", discriminant_case = "lowercase", object_to_js = false)]
pub enum PasswordForm {
    /// One password, or the current and the previous one.
    Positional { passwords: Vec<PasswordInput> },
    /// A password that seals, and the own properties of the object that it came in, which open.
    Sealing { password: PasswordInput, map: Vec<PasswordEntry> },
    /// A map from id to password. `sessionRules`: integer ids alone, and the highest seals.
    Map { map: Vec<PasswordEntry>, session_rules: bool },
}

/// The options of one half of a seal. What is missing is refused when it is used, as iron does.
#[napi(object, object_to_js = false)]
pub struct HalfInput {
    /// `aes-256-cbc` or `aes-128-ctr` for encryption, `sha256` for integrity.
    pub algorithm: String,
    /// Bits of a fresh salt, at most 1,024.
    pub salt_bits: f64,
    /// PBKDF2 iterations.
    pub iterations: f64,
    /// The least length of a password given as text, in UTF-16 units.
    pub min_password_length: f64,
}

/// The options of a sealer.
#[napi(object, object_to_js = false)]
pub struct SealerOptions {
    /// The passwords.
    pub password: PasswordForm,
    /// The encryption half.
    pub encryption: Option<HalfInput>,
    /// The integrity half.
    pub integrity: Option<HalfInput>,
    /// Lifetime of a seal in milliseconds, 0 for none.
    pub ttl: f64,
    /// How far clocks may differ, in milliseconds.
    pub skew: f64,
    /// Added to the caller's time, in milliseconds.
    pub offset: f64,
    /// Other numbers of PBKDF2 iterations, for both halves, that are read too.
    pub also_opens: Vec<u32>,
    /// One pair of salts a day, where a derivation is expensive.
    pub epoch_salts: bool,
    /// The longest token that is written and read, in characters.
    pub max_token_length: u32,
    /// What the tokens are for.
    pub purpose: String,
    /// The session's name.
    pub name: String,
    /// The application that may read the tokens.
    pub audience: String,
}

impl From<PasswordInput> for RawPassword {
    fn from(input: PasswordInput) -> Self {
        let secret = |half: Option<Either<String, Uint8Array>>| match half? {
            Either::A(text) => Some(RawSecret::Text(text.into())),
            Either::B(bytes) => Some(RawSecret::Bytes(SecretBytes::new(bytes.to_vec()))),
        };
        Self {
            id: input.id.unwrap_or_default(),
            encryption: secret(input.encryption),
            integrity: secret(input.integrity),
        }
    }
}

fn entries(map: Vec<PasswordEntry>) -> Vec<(String, RawPassword)> {
    map.into_iter().map(|entry| (entry.id, entry.password.into())).collect()
}

impl From<PasswordForm> for (PasswordSpec, MapRules) {
    fn from(form: PasswordForm) -> Self {
        match form {
            PasswordForm::Positional { passwords } => {
                (PasswordSpec::Positional(passwords.into_iter().map(Into::into).collect()), MapRules::Session)
            }
            PasswordForm::Sealing { password, map } => {
                (PasswordSpec::Sealing(password.into(), entries(map)), MapRules::Session)
            }
            PasswordForm::Map { map, session_rules } => {
                (PasswordSpec::Map(entries(map)), if session_rules { MapRules::Session } else { MapRules::Iron })
            }
        }
    }
}

/// A whole number of JavaScript. What is none, or is over 32 bits, becomes 0, which the options refuse where it matters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit is refused before, and NaN gives 0"
)]
fn whole(number: f64) -> u32 {
    if number > f64::from(u32::MAX) { 0 } else { number as u32 }
}

fn half(input: Option<&HalfInput>, algorithm: fn(&str) -> Result<KeyUse>) -> Result<HalfOptions> {
    let input = input.ok_or(Error::BadOptions)?;
    Ok(HalfOptions {
        usage: algorithm(&input.algorithm)?,
        salt_bits: whole(input.salt_bits.ceil()),
        iterations: whole(input.iterations),
        min_password_len: whole(input.min_password_length),
    })
}

impl From<&SealerOptions> for IronOptions {
    fn from(input: &SealerOptions) -> Self {
        Self {
            encryption: half(input.encryption.as_ref(), HalfOptions::encryption_algorithm),
            integrity: half(input.integrity.as_ref(), HalfOptions::integrity_algorithm),
            ttl_ms: input.ttl,
            skew_ms: input.skew,
            offset_ms: input.offset,
            also_opens: input
                .also_opens
                .iter()
                .map(|&iterations| Rounds { encryption: iterations, integrity: iterations })
                .collect(),
            salts: if input.epoch_salts { SaltPolicy::Epoch } else { SaltPolicy::Fresh },
            max_token_chars: input.max_token_length as usize,
        }
    }
}

impl From<&SealerOptions> for Bound {
    fn from(input: &SealerOptions) -> Self {
        Self { purpose: input.purpose.clone(), name: input.name.clone(), audience: input.audience.clone() }
    }
}
