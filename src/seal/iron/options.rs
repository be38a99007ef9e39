//! The options of a Fe26.2 seal, checked when they are used and in iron's order.

#![forbid(unsafe_code)]

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::derive::MAX_INLINE_ITERATIONS;
use crate::seal::key_cache::KeyUse;
use crate::seal::password::Half;

/// The longest salt that is read, in characters.
pub const MAX_SALT_CHARS: usize = 256;

/// The options of one half, encryption or integrity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HalfOptions {
    /// The algorithm.
    pub usage: KeyUse,
    /// Bits of a fresh salt; 0 is an error when one is needed.
    pub salt_bits: u32,
    /// PBKDF2 iterations.
    pub iterations: u32,
    /// The least length of a password given as text, in UTF-16 units.
    pub min_password_len: u32,
}

impl HalfOptions {
    /// Reads an encryption algorithm's name.
    ///
    /// # Errors
    /// `ERR_SEAL_UNSUPPORTED` for a name that iron does not know.
    pub fn encryption_algorithm(name: &str) -> Result<KeyUse> {
        match name {
            "aes-256-cbc" => Ok(KeyUse::Aes256Cbc),
            "aes-128-ctr" => Ok(KeyUse::Aes128Ctr),
            other => Err(Error::UnknownAlgorithm(other.to_owned())),
        }
    }

    /// Reads an integrity algorithm's name.
    ///
    /// # Errors
    /// `ERR_SEAL_UNSUPPORTED` for a name that iron does not know.
    pub fn integrity_algorithm(name: &str) -> Result<KeyUse> {
        match name {
            "sha256" => Ok(KeyUse::Integrity),
            other => Err(Error::UnknownAlgorithm(other.to_owned())),
        }
    }

    /// Checks a half of a password against these options.
    ///
    /// # Errors
    /// `ERR_KEY_WEAK` for a password that is too short or a key of a size that the algorithm does not take.
    pub fn check(&self, half: &Half) -> Result<()> {
        match half {
            Half::Text(secret) if secret.utf16_len() < self.min_password_len as usize => {
                Err(Error::PasswordTooShort { min: self.min_password_len })
            }
            Half::Text(_) if self.iterations == 0 => Err(Error::InvalidIterations),
            Half::Text(_) => Ok(()),
            Half::Bytes(key) if key.len() < self.usage.key_len() => Err(Error::KeyTooSmall),
            Half::Bytes(key) => match (self.usage, key.len()) {
                // iron takes the size of a raw AES key from the key itself.
                (KeyUse::Aes256Cbc, 32) | (KeyUse::Aes128Ctr, 16 | 24 | 32) | (KeyUse::Integrity, _) => Ok(()),
                _ => Err(Error::InvalidKeyLength),
            },
        }
    }

    /// The size of a fresh salt.
    ///
    /// # Errors
    /// `ERR_SEAL_UNSUPPORTED` when there is none, or it gives a salt that no reader takes.
    pub fn fresh_salt_bits(&self) -> Result<u32> {
        match self.salt_bits {
            0 => Err(Error::MissingSaltBits),
            bits if bits.div_ceil(8) as usize * 2 > MAX_SALT_CHARS => Err(Error::InvalidSaltBits),
            bits => Ok(bits),
        }
    }
}

/// The PBKDF2 iterations of both halves: what tells the generations of Fe26.2 apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rounds {
    /// Of the encryption key.
    pub encryption: u32,
    /// Of the MAC's key.
    pub integrity: u32,
}

impl Rounds {
    /// Whether both derivations may run on the calling thread.
    #[must_use]
    pub fn are_cheap(self) -> bool {
        self.encryption <= MAX_INLINE_ITERATIONS && self.integrity <= MAX_INLINE_ITERATIONS
    }
}

/// Where salts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaltPolicy {
    /// New ones for every seal.
    Fresh,
    /// One pair a day, where a derivation is expensive; new ones where it is not.
    Epoch,
}

/// The options of a seal. The halves hold an error where iron would find one on use.
#[derive(Debug, Clone)]
pub struct IronOptions {
    /// The encryption half.
    pub encryption: Result<HalfOptions>,
    /// The integrity half.
    pub integrity: Result<HalfOptions>,
    /// Lifetime of a seal in milliseconds, 0 for none.
    pub ttl_ms: f64,
    /// How far clocks may differ, in milliseconds.
    pub skew_ms: f64,
    /// Added to `now`, in milliseconds.
    pub offset_ms: f64,
    /// Other numbers of iterations that are read too.
    pub also_opens: Vec<Rounds>,
    /// Where salts come from.
    pub salts: SaltPolicy,
    /// The longest token, in characters.
    pub max_token_chars: usize,
}

impl IronOptions {
    /// The caller's clock as these options correct it.
    #[must_use]
    pub fn now(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.offset_ms)
    }

    /// The expiration to write, in whole milliseconds, or an empty text for none.
    #[must_use]
    pub fn expiration(&self, now: Timestamp) -> String {
        if self.ttl_ms == 0.0 || self.ttl_ms.is_nan() {
            return String::new();
        }
        format!("{:.0}", (self.now(now).as_millis() + self.ttl_ms).floor())
    }

    /// The options of the encryption half.
    ///
    /// # Errors
    /// `ERR_SEAL_UNSUPPORTED` for options that cannot work.
    pub fn encryption(&self) -> Result<&HalfOptions> {
        self.encryption.as_ref().map_err(Clone::clone)
    }

    /// The options of the integrity half.
    ///
    /// # Errors
    /// `ERR_SEAL_UNSUPPORTED` for options that cannot work.
    pub fn integrity(&self) -> Result<&HalfOptions> {
        self.integrity.as_ref().map_err(Clone::clone)
    }

    /// The iterations that are written.
    ///
    /// # Errors
    /// What the halves hold.
    pub fn written(&self) -> Result<Rounds> {
        Ok(Rounds { encryption: self.encryption()?.iterations, integrity: self.integrity()?.iterations })
    }

    /// The iterations that a token may have been sealed with, those that are written first.
    pub fn readable(&self, written: Rounds) -> impl Iterator<Item = Rounds> {
        let others = self.also_opens.iter().copied().filter(move |rounds| *rounds != written);
        std::iter::once(written).chain(others)
    }
}
