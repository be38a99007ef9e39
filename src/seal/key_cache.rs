//! Derived keys, kept for the process.
//!
//! A key is named by a keyed hash of everything that went into it, the secret included: two secrets never meet, whatever
//! ids or salts a token claims. Only keys that verified a MAC get in, so forged tokens cannot push honest ones out.

#![forbid(unsafe_code)]

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Result};
use crate::seal::derive::TextSecret;
use crate::secret::SecretBytes;

/// How many derived keys the process keeps: two for each salt pair, at about 200 bytes a key.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// What a derived key is used for. A key of one use is never taken for another, even from one secret and one salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// AES-256-CBC.
    Aes256Cbc,
    /// AES-128-CTR.
    Aes128Ctr,
    /// HMAC-SHA256 over the token.
    Integrity,
    /// The root of the epoch salts.
    EpochRoot,
}

impl KeyUse {
    /// How long the derived key is, in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Ctr => 16,
            Self::Aes256Cbc | Self::Integrity | Self::EpochRoot => 32,
        }
    }

    const fn tag(self) -> u8 {
        match self {
            Self::Aes256Cbc => 1,
            Self::Aes128Ctr => 2,
            Self::Integrity => 3,
            Self::EpochRoot => 4,
        }
    }
}

/// One derivation: what goes into it, all of it part of the key's name.
#[derive(Debug, Clone)]
pub struct KeySpec {
    /// The password.
    pub secret: Arc<TextSecret>,
    /// The use, which decides the length.
    pub usage: KeyUse,
    /// PBKDF2 iterations.
    pub iterations: u32,
    /// The salt, used as text.
    pub salt: String,
}

impl KeySpec {
    /// Derives the key on the calling thread.
    #[must_use]
    pub fn derive(&self) -> SecretBytes {
        self.secret.derive(&self.salt, self.iterations, self.usage.key_len())
    }
}

/// A secret's name within the process, from a keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretId([u8; 32]);

/// A derived key's name within the process: 128 bits of a keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 16]);

/// The random key of the process under which secrets and keys are named.
pub struct ProcessKey(hmac::Key);

impl ProcessKey {
    /// Draws a new one.
    ///
    /// # Errors
    /// `ERR_INTERNAL` when the system has no random bytes.
    pub fn new() -> Result<Self> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| Error::Random)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// Names a secret given as text.
    #[must_use]
    pub fn secret_id(&self, text: &[u8]) -> SecretId {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"secret text");
        context.update(text);
        let mut id = [0; 32];
        id.copy_from_slice(context.sign().as_ref());
        SecretId(id)
    }

    /// Names one derivation. Every field before the salt has a fixed length, so no two derivations share an input.
    #[must_use]
    pub fn key_id(&self, secret: &SecretId, usage: KeyUse, iterations: u32, salt: &str) -> KeyId {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"derived key");
        context.update(&secret.0);
        context.update(&[usage.tag()]);
        context.update(&iterations.to_be_bytes());
        context.update(salt.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&context.sign().as_ref()[..16]);
        KeyId(id)
    }
}

impl fmt::Debug for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessKey")
    }
}

/// The least recently used derived keys of the process.
pub struct KeyCache(Mutex<LruCache<KeyId, Kept>>);

/// A key, with the name of the secret that it was derived from.
type Kept = (SecretId, Arc<SecretBytes>);

impl Default for KeyCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl KeyCache {
    /// The key of that name, if it is held.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<Arc<SecretBytes>> {
        self.entries().get(id).map(|(_, key)| Arc::clone(key))
    }

    /// Keeps a key. Call it only after a MAC verified, since the salt is the token's choice.
    pub fn insert(&self, id: KeyId, secret: SecretId, key: Arc<SecretBytes>) {
        self.entries().put(id, (secret, key));
    }

    /// Drops every key that was derived from a secret.
    pub fn forget(&self, secret: &SecretId) {
        let mut entries = self.entries();
        let gone: Vec<KeyId> = entries.iter().filter(|(_, (of, _))| of == secret).map(|(id, _)| *id).collect();
        for id in gone {
            entries.pop(&id);
        }
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, LruCache<KeyId, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} keys)", self.entries().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_in_the_name() {
        let process = ProcessKey::new().unwrap();
        let (one, two) = (process.secret_id(b"one"), process.secret_id(b"two"));
        let id = process.key_id(&one, KeyUse::Integrity, 8192, "salt");
        assert_eq!(id, process.key_id(&one, KeyUse::Integrity, 8192, "salt"));
        for other in [
            process.key_id(&two, KeyUse::Integrity, 8192, "salt"),
            process.key_id(&one, KeyUse::Aes256Cbc, 8192, "salt"),
            process.key_id(&one, KeyUse::Aes128Ctr, 8192, "salt"),
            process.key_id(&one, KeyUse::EpochRoot, 8192, "salt"),
            process.key_id(&one, KeyUse::Integrity, 8191, "salt"),
            process.key_id(&one, KeyUse::Integrity, 8192, "salt2"),
            ProcessKey::new().unwrap().key_id(&one, KeyUse::Integrity, 8192, "salt"),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let process = ProcessKey::new().unwrap();
        let secret = process.secret_id(b"one");
        let id = |number: usize| process.key_id(&secret, KeyUse::Integrity, 1, &number.to_string());
        let cache = KeyCache::default();
        for number in 0..CAPACITY.get() {
            cache.insert(id(number), secret, Arc::new(SecretBytes::new(vec![0])));
        }
        assert!(cache.get(&id(0)).is_some());
        cache.insert(id(CAPACITY.get()), secret, Arc::new(SecretBytes::new(vec![1])));
        assert!(cache.get(&id(0)).is_some());
        assert!(cache.get(&id(1)).is_none());
    }
}
