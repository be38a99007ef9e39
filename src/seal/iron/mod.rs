//! Fe26.2, the seal of iron: wire-compatible both ways with @hapi/iron 7, iron-webcrypto 1 and 2, iron-session, h3 v1 and
//! every h3 v2.
//!
//! Two generations share the prefix: G1 derives keys with 1 PBKDF2 iteration, G2 (h3 from 2.0.1-rc.25) with 8192, and a
//! token does not say which. A cheap generation is tried on the spot. An expensive one is tried when its key is at hand;
//! else the caller is told so, and the derivation runs off the event loop.

#![forbid(unsafe_code)]

pub mod cipher;
pub(crate) mod mac;
mod opening;
pub mod options;
mod pending;
#[cfg(test)]
mod tests;
pub mod token;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::epoch::{EpochSalts, EpochUse};
use crate::seal::iron::options::{HalfOptions, IronOptions, Rounds, SaltPolicy};
use crate::seal::iron::token::{Token, Writer};
use crate::seal::keyring::Keyring;
use crate::seal::password::{Half, Password};
use crate::seal::ring::{Forgets, KeySource};
use crate::seal::salt::{SaltPair, Salted, random_salt};
use crate::seal::shared::Shared;
use crate::seal::{Attempt, Bound, Done, Opened, SealFormat};
use opening::Progress;

/// A Fe26.2 sealer and reader for one password and one set of options.
pub struct Iron {
    keys: KeySource,
    options: IronOptions,
    shared: Arc<Shared>,
    /// By session name: the epoch salts of each password and number of iterations.
    epochs: RwLock<HashMap<String, Vec<KnownEpoch>>>,
    /// Fresh salts whose keys are derived, each for the password at a position and the seals that asked for it.
    fresh: Mutex<VecDeque<(usize, Arc<SaltPair>)>>,
}

/// The epoch salts of the password at a position of the keyring, for a number of iterations.
type KnownEpoch = ((usize, Rounds), Arc<EpochSalts>);

impl Iron {
    /// Nothing is checked or derived before it is needed.
    #[must_use]
    pub fn new(keys: KeySource, options: IronOptions, shared: Arc<Shared>) -> Arc<Self> {
        let iron = Arc::new(Self { keys, options, shared, epochs: RwLock::default(), fresh: Mutex::default() });
        if let KeySource::Ring(ring) = &iron.keys {
            let user: Weak<Self> = Arc::downgrade(&iron);
            ring.tell(user);
        }
        iron
    }

    /// The passwords.
    ///
    /// # Errors
    /// `ERR_KEYRING_CLOSED` when they are of a ring that is closed.
    pub fn keyring(&self) -> Result<Arc<Keyring>> {
        self.keys.current()
    }

    /// Seals with fresh salts, deriving what is missing on the calling thread.
    ///
    /// # Errors
    /// Those of [`SealFormat::try_seal`].
    pub fn seal_blocking(&self, payload: &[u8], now: Timestamp) -> Result<String> {
        let keyring = self.keyring()?;
        let password = keyring.sealing(now)?;
        let (encryption, integrity) = self.check_for_sealing(password)?;
        let (first, second) = password.halves()?;
        let pair = SaltPair {
            day: now.utc_day(),
            encryption: derive_fresh(first, encryption)?,
            integrity: derive_fresh(second, integrity)?,
        };
        self.write(payload, password, &pair, now)
    }

    /// Checks the password against the options, in iron's order.
    fn check_for_sealing(&self, password: &Password) -> Result<(&HalfOptions, &HalfOptions)> {
        let (encryption, integrity) = password.halves()?;
        let check = |half: &Half, options: &HalfOptions| {
            options.check(half)?;
            if matches!(half, Half::Text(_)) { options.fresh_salt_bits().map(drop) } else { Ok(()) }
        };
        let encryption_options = self.options.encryption()?;
        check(encryption, encryption_options)?;
        let integrity_options = self.options.integrity()?;
        check(integrity, integrity_options)?;
        Ok((encryption_options, integrity_options))
    }

    fn write(&self, payload: &[u8], password: &Password, pair: &SaltPair, now: Timestamp) -> Result<String> {
        let mut iv = [0; 16];
        SystemRandom::new().fill(&mut iv).map_err(|_| Error::Random)?;
        let ciphertext = cipher::encrypt(self.options.encryption()?.usage, pair.encryption.key.expose(), &iv, payload)?;
        let writer =
            Writer::new((&password.id, &pair.encryption.salt), (&iv, &ciphertext), &self.options.expiration(now));
        let mac = mac::sign(pair.integrity.key.expose(), writer.signed().as_bytes());
        let token = writer.finish(&pair.integrity.salt, mac.as_ref(), self.options.max_token_chars)?;
        password.uses.count_sealed();
        Ok(token)
    }

    /// The salts and keys to seal with, if they are at hand.
    fn pair(&self, password: &Password, bound: &Bound, now: Timestamp) -> Result<Option<Arc<SaltPair>>> {
        if let Some(epoch) = self.epoch(password, self.options.written()?, bound)? {
            let (pair, prepare) = epoch.pair(now);
            if let (Some(_), Some(day)) = (&pair, prepare) {
                // Nobody waits for it, and a day that fails is tried again by the next seal.
                epoch.prepare(day, &self.shared, Box::new(drop));
            }
            return Ok(pair);
        }
        if self.options.written()?.are_cheap() {
            let (encryption, integrity) = password.halves()?;
            return Ok(Some(Arc::new(SaltPair {
                day: now.utc_day(),
                encryption: derive_fresh(encryption, self.options.encryption()?)?,
                integrity: derive_fresh(integrity, self.options.integrity()?)?,
            })));
        }
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let of_password = fresh.iter().position(|(position, _)| *position == password.position);
        Ok(of_password.and_then(|index| fresh.remove(index)).map(|(_, pair)| pair))
    }

    /// The epoch salts of a password for a session name, where they are used: where a derivation is expensive.
    fn epoch(&self, password: &Password, rounds: Rounds, bound: &Bound) -> Result<Option<Arc<EpochSalts>>> {
        if self.options.salts == SaltPolicy::Fresh || rounds.are_cheap() {
            return Ok(None);
        }
        let key = (password.position, rounds);
        let find = |epochs: &HashMap<String, Vec<KnownEpoch>>| {
            let of_name = epochs.get(&bound.name)?;
            of_name.iter().find(|(known, _)| *known == key).map(|(_, salts)| Arc::clone(salts))
        };
        let known = find(&self.epochs.read().unwrap_or_else(PoisonError::into_inner));
        if known.is_some() {
            return Ok(known);
        }
        let usage = EpochUse { cipher: self.options.encryption()?.usage, rounds };
        let salts = EpochSalts::of(password, bound, usage, &self.shared)?;
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = find(&epochs) {
            return Ok(Some(known));
        }
        let of_name = epochs.entry(bound.name.clone()).or_default();
        of_name.push((key, Arc::clone(&salts)));
        // A key that was removed since the caller looked is told to nobody any more.
        if !self.keyring().is_ok_and(|keyring| keyring.holds(password.position)) {
            of_name.pop();
        }
        Ok(Some(salts))
    }
}

impl SealFormat for Iron {
    fn try_seal(&self, payload: &[u8], bound: &Bound, now: Timestamp) -> Result<Attempt<String>> {
        let keyring = self.keyring()?;
        let password = keyring.sealing(now)?;
        self.check_for_sealing(password)?;
        match self.pair(password, bound, now)? {
            Some(pair) => self.write(payload, password, &pair, now).map(Attempt::Ready),
            None => Ok(Attempt::NeedsKey),
        }
    }

    fn try_unseal(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Attempt<Opened>> {
        let token = Token::parse(token, &self.options, now)?;
        match self.progress(&token, bound, now)? {
            Progress::Opened(opened) => Ok(Attempt::Ready(opened)),
            Progress::Verify(_) | Progress::Decrypt(_) => Ok(Attempt::NeedsKey),
        }
    }

    fn request_seal_key(self: Arc<Self>, bound: &Bound, now: Timestamp, done: Done) {
        self.request_pair(bound, now, done);
    }

    fn request_unseal_key(self: Arc<Self>, token: String, bound: &Bound, now: Timestamp, done: Done) {
        self.request_opening(token, bound.clone(), now, done);
    }
}

impl Forgets for Iron {
    fn forget(&self, gone: &[usize]) {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        for of_name in epochs.values_mut() {
            of_name.retain(|((position, _), _)| !gone.contains(position));
        }
        drop(epochs);
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.retain(|(position, _)| !gone.contains(position));
    }
}

impl fmt::Debug for Iron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iron")
    }
}

/// A fresh salt and its key, derived on the calling thread.
fn derive_fresh(half: &Half, options: &HalfOptions) -> Result<Salted> {
    match half {
        Half::Bytes(key) => Ok(Salted { salt: String::new(), key: Arc::clone(key) }),
        Half::Text(secret) => {
            let salt = random_salt(options.fresh_salt_bits()?)?;
            let key = secret.derive(&salt, options.iterations, options.usage.key_len());
            Ok(Salted { salt, key: Arc::new(key) })
        }
    }
}
