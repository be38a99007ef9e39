//! Key rings: keys with ids, which can be replaced while they are in use.
//!
//! A ring is replaced as a whole, and strictly: what is wrong with the new one leaves the old one as it is. What was
//! derived from a key that is no longer there goes in the same call.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::keyring::{Keyring, is_id_char};
use crate::seal::password::{Half, Password, RawPassword, RawSecret};
use crate::seal::shared::Shared;
use crate::seal::strength;
use crate::secret::SecretBytes;

/// The longest id of a key, in characters.
const MAX_ID_CHARS: usize = 16;
/// The most keys of a ring: what is never removed is a ring that nobody rotates.
const MAX_KEYS: usize = 64;
/// The least size of a key given as bytes, and of one given as text, in bytes and in UTF-16 units.
const MIN_BYTES: usize = 32;
/// The id under which iron looks up a token that names none.
const RESERVED_ID: &str = "default";

/// A key as it is configured. It has no `Debug`.
pub struct RingEntry {
    /// What tokens call it: 1 to 16 letters, digits and underscores.
    pub id: String,
    /// The secret, the same for both halves of a seal.
    pub secret: RawSecret,
    /// From when on it seals. It opens at once.
    pub seal_from: Timestamp,
}

/// What an operator may know of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct RingKeyInfo {
    /// What tokens call it.
    pub id: String,
    /// From when on it seals.
    pub seal_from: Timestamp,
    /// Whether it is the one that seals now.
    pub is_sealing: bool,
    /// How many tokens it sealed, in this process.
    pub sealed: u64,
    /// How many tokens it opened, in this process.
    pub opened: u64,
}

/// Who keeps something by the positions of passwords, and lets go of it when they are gone.
pub trait Forgets: Send + Sync {
    /// Drops what belongs to the passwords at these positions.
    fn forget(&self, gone: &[usize]);
}

/// Keys that can be replaced.
pub struct Ring {
    shared: Arc<Shared>,
    /// `None` once it is closed.
    keys: RwLock<Option<Arc<Keyring>>>,
    replacing: Mutex<Replacing>,
}

#[derive(Default)]
struct Replacing {
    next_position: usize,
    users: Vec<Weak<dyn Forgets>>,
}

impl Ring {
    /// A ring of these keys, newest first.
    ///
    /// # Errors
    /// `ERR_CONFIG` for no keys or more than 64, an id that is odd, reserved or there twice, a secret that is there twice;
    /// `ERR_KEY_WEAK` for one under 32 bytes or guessable.
    pub fn new(entries: Vec<RingEntry>, shared: Arc<Shared>) -> Result<Arc<Self>> {
        let ring = Self { shared, keys: RwLock::new(None), replacing: Mutex::default() };
        let keys = ring.admit(entries, &[], &mut ring.replacing())?;
        *ring.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(Keyring::of_ring(keys)));
        Ok(Arc::new(ring))
    }

    /// Puts other keys in place of those that are there. A key that stays keeps what is derived from it and its counts.
    ///
    /// # Errors
    /// As [`Ring::new`], and `ERR_KEYRING_CLOSED`. Nothing changes then.
    pub fn replace(&self, entries: Vec<RingEntry>) -> Result<()> {
        let mut replacing = self.replacing();
        let old = self.current()?;
        let keys = self.admit(entries, old.ring_keys(), &mut replacing)?;
        let new = Arc::new(Keyring::of_ring(keys));
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&new));
        self.drop_others(&old, |position| new.holds(position), &mut replacing);
        Ok(())
    }

    /// Drops all keys. Every later use is refused.
    pub fn close(&self) {
        let mut replacing = self.replacing();
        let old = self.keys.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(old) = old {
            self.drop_others(&old, |_| false, &mut replacing);
        }
    }

    /// The keys as they are now.
    ///
    /// # Errors
    /// `ERR_KEYRING_CLOSED`.
    pub fn current(&self) -> Result<Arc<Keyring>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone().ok_or(Error::RingClosed)
    }

    /// What an operator may know of the keys, in the ring's order.
    ///
    /// # Errors
    /// `ERR_KEYRING_CLOSED`.
    pub fn info(&self, now: Timestamp) -> Result<Vec<RingKeyInfo>> {
        let keys = self.current()?;
        let sealing = keys.sealing(now).ok().map(|key| key.position);
        let info = keys.ring_keys().iter().map(|(seal_from, key)| RingKeyInfo {
            id: key.id.clone(),
            seal_from: *seal_from,
            is_sealing: sealing == Some(key.position),
            sealed: key.uses.sealed(),
            opened: key.uses.opened(),
        });
        Ok(info.collect())
    }

    /// Tells `user` of the keys that go, as long as it lives.
    pub fn tell(&self, user: Weak<dyn Forgets>) {
        let mut replacing = self.replacing();
        replacing.users.retain(|known| known.strong_count() > 0);
        replacing.users.push(user);
    }

    fn admit(
        &self,
        entries: Vec<RingEntry>,
        known: &[(Timestamp, Arc<Password>)],
        replacing: &mut Replacing,
    ) -> Result<Vec<(Timestamp, Arc<Password>)>> {
        if entries.is_empty() || entries.len() > MAX_KEYS {
            return Err(Error::Config("A key ring holds 1 to 64 keys: [{ id: \"k1\", secret: \"...\" }]"));
        }
        let mut ids = HashSet::new();
        let mut secrets = HashSet::new();
        let mut keys = Vec::with_capacity(entries.len());
        for (position, RingEntry { id, secret, seal_from }) in (1..).zip(entries) {
            check_id(&id).map_err(|problem| Error::RingKey { position, problem })?;
            check_strength(&secret).map_err(|()| Error::WeakRingKey { position })?;
            if !ids.insert(id.clone()) {
                return Err(Error::RingKey { position, problem: "has the id of another" });
            }
            // A text and the same bytes count as one secret.
            let name = self.shared.process().secret_id(bytes_of(&secret));
            if !secrets.insert(name) {
                return Err(Error::RingKey { position, problem: "has the secret of another" });
            }
            let same = known.iter().find(|(_, key)| key.id == id && is_same(key, &secret));
            let key = same.map_or_else(
                || {
                    replacing.next_position += 1;
                    Password::new(raw(id, secret), replacing.next_position, self.shared.process())
                },
                |(_, key)| Arc::clone(key),
            );
            keys.push((seal_from, key));
        }
        Ok(keys)
    }

    /// Lets go of everything that was derived from keys that do not stay.
    fn drop_others(&self, old: &Keyring, stays: impl Fn(usize) -> bool, replacing: &mut Replacing) {
        let gone: Vec<_> = old.ring_keys().iter().filter(|(_, key)| !stays(key.position)).collect();
        if gone.is_empty() {
            return;
        }
        for (_, key) in &gone {
            for half in [&key.encryption, &key.integrity] {
                if let Some(Half::Text(secret)) = half {
                    self.shared.retire(secret);
                }
            }
        }
        let positions: Vec<usize> = gone.iter().map(|(_, key)| key.position).collect();
        replacing.users.retain(|user| {
            let Some(user) = user.upgrade() else { return false };
            user.forget(&positions);
            true
        });
    }

    fn replacing(&self) -> std::sync::MutexGuard<'_, Replacing> {
        self.replacing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ring")
    }
}

/// Where a sealer's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A configuration, which does not change.
    Fixed(Arc<Keyring>),
    /// A ring, which may.
    Ring(Arc<Ring>),
}

impl KeySource {
    /// The keys as they are now.
    ///
    /// # Errors
    /// `ERR_KEYRING_CLOSED`.
    pub fn current(&self) -> Result<Arc<Keyring>> {
        match self {
            Self::Fixed(keyring) => Ok(Arc::clone(keyring)),
            Self::Ring(ring) => ring.current(),
        }
    }
}

fn check_id(id: &str) -> Result<(), &'static str> {
    if id.is_empty() || id.len() > MAX_ID_CHARS || !id.chars().all(is_id_char) {
        return Err("needs an id of 1 to 16 letters, digits or underscores");
    }
    if id == RESERVED_ID { Err("cannot have the id \"default\": iron gives it to tokens without one") } else { Ok(()) }
}

fn check_strength(secret: &RawSecret) -> Result<(), ()> {
    let is_strong = match secret {
        RawSecret::Text(text) => strength::is_strong(text) && text.encode_utf16().count() >= MIN_BYTES,
        RawSecret::Bytes(bytes) => bytes.len() >= MIN_BYTES && !strength::are_guessable(bytes.expose()),
    };
    if is_strong { Ok(()) } else { Err(()) }
}

fn bytes_of(secret: &RawSecret) -> &[u8] {
    match secret {
        RawSecret::Text(text) => text.as_bytes(),
        RawSecret::Bytes(bytes) => bytes.expose(),
    }
}

fn is_same(key: &Password, secret: &RawSecret) -> bool {
    match (&key.encryption, secret) {
        (Some(Half::Text(known)), RawSecret::Text(text)) => {
            *known.bytes() == SecretBytes::new(text.as_bytes().to_vec())
        }
        (Some(Half::Bytes(known)), RawSecret::Bytes(bytes)) => **known == *bytes,
        _ => false,
    }
}

fn raw(id: String, secret: RawSecret) -> RawPassword {
    let copy = match &secret {
        RawSecret::Text(text) => RawSecret::Text(text.clone()),
        RawSecret::Bytes(bytes) => RawSecret::Bytes(bytes.clone()),
    };
    RawPassword { id, encryption: Some(secret), integrity: Some(copy) }
}

#[cfg(test)]
mod tests;
