//! The options of a sealer as they cross the boundary. What is declared here is what TypeScript sees, and is read field by field.

use napi::bindgen_prelude::{Either, Object, Uint8Array};
use napi_derive::napi;

use crate::binding::arguments::{Given, count, field, given, list_field, wrong};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::Bound;
use crate::seal::formats::Written;
use crate::seal::ik1::Ik1Options;
use crate::seal::iron::options::{HalfOptions, IronOptions, Rounds, SaltPolicy};
use crate::seal::key_cache::KeyUse;
use crate::seal::keyring::{MapRules, PasswordSpec};
use crate::seal::password::{RawPassword, RawSecret};
use crate::secret::SecretBytes;

/// The longest key given as bytes.
const MAX_KEY_BYTES: usize = 1 << 20;

/// One password. A half that is missing is refused when it is used.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct PasswordInput {
    /// The id written into tokens.
    pub id: Option<String>,
    /// What encrypts: a password as text, or a key as bytes.
    pub encryption: Option<Either<String, Uint8Array>>,
    /// What signs: a password as text, or a key as bytes.
    pub integrity: Option<Either<String, Uint8Array>>,
}

/// One entry of a map of passwords.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct PasswordEntry {
    /// The id that a token names.
    pub id: String,
    /// The password.
    pub password: PasswordInput,
}

/// The forms that a password comes in.
#[napi(discriminant = "form", discriminant_case = "lowercase", object_from_js = false, object_to_js = false)]
pub enum PasswordForm {
    /// One password, or the current and the previous one.
    Positional { passwords: Vec<PasswordInput> },
    /// A password that seals, and the own properties of the object that it came in, which open.
    Sealing { password: PasswordInput, map: Vec<PasswordEntry> },
    /// A map from id to password. `sessionRules`: integer ids alone, and the highest seals.
    Map { map: Vec<PasswordEntry>, session_rules: bool },
}

/// The options of one half of a seal. What is missing is refused when it is used, as iron does.
#[napi(object, object_from_js = false, object_to_js = false)]
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
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct SealerOptions {
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
    /// The format that is written: `ik1` with the keys of a ring, else Fe26.2.
    #[napi(ts_type = "'iron' | 'ik1'")]
    pub format: String,
    /// Until when a sealer that writes ik1 reads Fe26.2 too, in milliseconds since the epoch, 0 for never.
    pub accept_iron_until: f64,
    /// Whether ik1 deflates what gets shorter by it.
    pub compress: bool,
    /// What the tokens are for.
    pub purpose: String,
    /// The session's name.
    pub name: String,
    /// The application that may read the tokens.
    pub audience: String,
}

/// Reads a property by its name: `read!(field, object, "ttl", "a number")`.
macro_rules! read {
    ($how:ident, $object:expr, $name:literal, $what:literal $(, $element:expr)?) => {
        $how($object, $name, wrong!($name, $what) $(, $element)?)
    };
}

type Secret = Either<String, Uint8Array>;

/// A key is copied, and what is far longer than any key might be more than there is memory.
pub(crate) fn secret_field(object: &Object<'_>, name: &str, wrong: &'static str) -> Result<Option<Secret>> {
    let secret: Option<Secret> = field(object, name, wrong)?;
    match &secret {
        Some(Either::B(bytes)) if bytes.len() > MAX_KEY_BYTES => Err(Error::Config(wrong)),
        _ => Ok(secret),
    }
}

impl PasswordInput {
    fn read(object: &Object<'_>) -> Result<Self> {
        Ok(Self {
            id: read!(field, object, "id", "a string")?,
            encryption: read!(secret_field, object, "encryption", "a string or a Uint8Array of at most 1 MiB")?,
            integrity: read!(secret_field, object, "integrity", "a string or a Uint8Array of at most 1 MiB")?,
        })
    }
}

impl PasswordEntry {
    fn read(object: &Object<'_>) -> Result<Self> {
        let password: Object<'_> = read!(field, object, "password", "an object")?;
        Ok(Self { id: read!(field, object, "id", "a string")?, password: PasswordInput::read(&password)? })
    }
}

impl PasswordForm {
    /// # Errors
    /// `ERR_CONFIG` that names what is missing or of another type.
    pub(crate) fn read(password: Given<'_, Object<'_>>) -> Result<Self> {
        let object = &given(password, wrong!("password", "an object"))?;
        let map = || {
            read!(list_field, object, "map", "an array of at most 65,536 entries", |entry| PasswordEntry::read(&entry))
        };
        let form: String = read!(field, object, "form", "a string")?;
        match form.as_str() {
            "positional" => Ok(Self::Positional {
                passwords: read!(list_field, object, "passwords", "an array of at most 65,536 passwords", |each| {
                    PasswordInput::read(&each)
                })?,
            }),
            "sealing" => {
                let password: Object<'_> = read!(field, object, "password", "an object")?;
                Ok(Self::Sealing { password: PasswordInput::read(&password)?, map: map()? })
            }
            "map" => Ok(Self::Map { map: map()?, session_rules: read!(field, object, "sessionRules", "a boolean")? }),
            _ => Err(Error::Config(wrong!("form", "positional, sealing or map"))),
        }
    }
}

impl HalfInput {
    fn read(object: &Object<'_>) -> Result<Self> {
        Ok(Self {
            algorithm: read!(field, object, "algorithm", "a string")?,
            salt_bits: read!(field, object, "saltBits", "a number")?,
            iterations: read!(field, object, "iterations", "a number")?,
            min_password_length: read!(field, object, "minPasswordLength", "a number")?,
        })
    }
}

impl SealerOptions {
    /// # Errors
    /// `ERR_CONFIG` that names what is missing or of another type.
    pub(crate) fn read(options: Given<'_, Object<'_>>) -> Result<Self> {
        const COUNTS: &str = wrong!("alsoOpens", "an array of at most 65,536 whole numbers");
        const LENGTH: &str = wrong!("maxTokenLength", "a whole number");
        let object = &given(options, wrong!("options", "an object"))?;
        let encryption: Option<Object<'_>> = read!(field, object, "encryption", "an object")?;
        let integrity: Option<Object<'_>> = read!(field, object, "integrity", "an object")?;
        Ok(Self {
            encryption: encryption.as_ref().map(HalfInput::read).transpose()?,
            integrity: integrity.as_ref().map(HalfInput::read).transpose()?,
            ttl: read!(field, object, "ttl", "a number")?,
            skew: read!(field, object, "skew", "a number")?,
            offset: read!(field, object, "offset", "a number")?,
            also_opens: list_field(object, "alsoOpens", COUNTS, |number| count(number, COUNTS))?,
            epoch_salts: read!(field, object, "epochSalts", "a boolean")?,
            max_token_length: count(field(object, "maxTokenLength", LENGTH)?, LENGTH)?,
            format: read!(field, object, "format", "a string")?,
            accept_iron_until: read!(field, object, "acceptIronUntil", "a number")?,
            compress: read!(field, object, "compress", "a boolean")?,
            purpose: read!(field, object, "purpose", "a string")?,
            name: read!(field, object, "name", "a string")?,
            audience: read!(field, object, "audience", "a string")?,
        })
    }
}

impl From<PasswordInput> for RawPassword {
    fn from(input: PasswordInput) -> Self {
        let secret = |half: Option<Secret>| match half? {
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

impl SealerOptions {
    /// The format that is written.
    ///
    /// # Errors
    /// `ERR_CONFIG` for one that does not exist.
    pub(crate) fn written(&self) -> Result<Written> {
        match self.format.as_str() {
            "iron" => Ok(Written::Iron),
            "ik1" => Ok(Written::Ik1 {
                accept_iron_until: (self.accept_iron_until > 0.0)
                    .then(|| Timestamp::from_millis(self.accept_iron_until)),
            }),
            _ => Err(Error::Config(wrong!("format", "iron or ik1"))),
        }
    }

    /// The options of ik1.
    pub(crate) fn ik1(&self) -> Ik1Options {
        let max_token_chars = self.max_token_length as usize;
        Ik1Options { compress: self.compress, max_token_chars, max_payload: max_token_chars }
    }
}
