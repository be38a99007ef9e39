//! Epoch salts: one pair of salts a UTC day for a whole fleet, so that sealing derives no key.
//!
//! A salt in a Fe26.2 token is free text that the sealer chooses and every reader takes. From a strong password all
//! processes compute the same pair for a day, with no word between them; a weak one gets a random pair for the process
//! and day, since a salt computed from it would help whoever guesses at it.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::derivations::Lane;
use crate::seal::derive::TextSecret;
use crate::seal::iron::options::Rounds;
use crate::seal::key_cache::{KeySpec, KeyUse, SecretId};
use crate::seal::keyring::{Half, Password};
use crate::seal::shared::Shared;
use crate::seal::{Bound, Done};
use crate::secret::SecretBytes;

/// The salt of the root. The asterisk keeps it out of every token, whose parts cannot hold one.
const ROOT_SALT: &str = "ironkeep*epoch*v1";
/// PBKDF2 iterations of the root, the second generation's.
const ROOT_ITERATIONS: u32 = 8192;
/// How many past days' salts are known as our own.
const OWN_DAYS: u64 = 30;
/// How many ready pairs are kept: tomorrow's, today's, and two for clocks that are set back.
const MAX_PAIRS: usize = 4;
/// Tomorrow's pair is derived at a random moment of this last stretch of today, so that a fleet does not derive at once.
const LEAD_MS: f64 = 3_600_000.0;

/// The two derivations that a pair of salts is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EpochUse {
    /// The cipher of the encryption half.
    pub cipher: KeyUse,
    /// The PBKDF2 iterations of both halves.
    pub rounds: Rounds,
}

/// Names the salts of one password, session name and use. Halves given as bytes have no salts and no name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EpochId {
    encryption: Option<SecretId>,
    integrity: Option<SecretId>,
    session: String,
    usage: EpochUse,
}

/// A salt with its key. A half given as bytes has an empty salt and is its own key.
#[derive(Debug, Clone)]
pub struct Salted {
    /// The salt as it stands in the token.
    pub salt: String,
    /// The key.
    pub key: Arc<SecretBytes>,
}

/// Both salts and keys.
#[derive(Debug)]
pub struct SaltPair {
    /// The UTC day that the pair is of.
    pub day: u64,
    /// The encryption half.
    pub encryption: Salted,
    /// The integrity half.
    pub integrity: Salted,
}

/// The salts of one password, session name and use.
pub struct EpochSalts {
    encryption: Side,
    integrity: Side,
    state: Mutex<State>,
}

/// One half: what its salts come from.
struct Side {
    half: Half,
    role: &'static str,
    usage: KeyUse,
    iterations: u32,
    session: String,
    root: OnceLock<hmac::Key>,
}

/// Salts by role, with their keys once derived.
#[derive(Default)]
struct OwnSalts {
    encryption: HashMap<String, Option<Arc<SecretBytes>>>,
    integrity: HashMap<String, Option<Arc<SecretBytes>>>,
}

impl OwnSalts {
    fn of(&mut self, usage: KeyUse) -> &mut HashMap<String, Option<Arc<SecretBytes>>> {
        if usage == KeyUse::Integrity { &mut self.integrity } else { &mut self.encryption }
    }

    /// Adds the pair of a day. A half of bytes has no salt.
    fn insert(&mut self, pair: &SaltPair) {
        for (own, salted) in [(&mut self.encryption, &pair.encryption), (&mut self.integrity, &pair.integrity)] {
            if !salted.salt.is_empty() {
                own.insert(salted.salt.clone(), Some(Arc::clone(&salted.key)));
            }
        }
    }
}

#[derive(Default)]
struct State {
    pairs: Vec<Arc<SaltPair>>,
    /// Salts that are ours. The salt decides, not a MAC: nobody else can have chosen it.
    own: OwnSalts,
    own_day: Option<u64>,
    random: HashMap<u64, (String, String)>,
    preparing: Option<u64>,
    lead_ms: f64,
}

impl EpochSalts {
    /// The salts of `password` for a session name, shared by all who use them in this process.
    ///
    /// # Errors
    /// `ERR_KEY_WEAK` when a half is empty, `ERR_INTERNAL` when the system has no random bytes.
    pub fn of(password: &Password, bound: &Bound, usage: EpochUse, shared: &Shared) -> Result<Arc<Self>> {
        let (encryption, integrity) = password.halves()?;
        let secret_id = |half: &Half| match half {
            Half::Text(secret) => Some(*secret.id()),
            Half::Bytes(_) => None,
        };
        let side = |half: &Half, role, usage, iterations| Side {
            half: half.clone(),
            role,
            usage,
            iterations,
            session: bound.name.clone(),
            root: OnceLock::new(),
        };
        let lead_ms = random_lead()?;
        let make = || Self {
            encryption: side(encryption, "encryption", usage.cipher, usage.rounds.encryption),
            integrity: side(integrity, "integrity", KeyUse::Integrity, usage.rounds.integrity),
            state: Mutex::new(State { lead_ms, ..State::default() }),
        };
        let id = EpochId {
            encryption: secret_id(encryption),
            integrity: secret_id(integrity),
            session: bound.name.clone(),
            usage,
        };
        // With a half of bytes the id does not hold the whole password, and a pair would be shared by two of them.
        if id.encryption.is_none() || id.integrity.is_none() {
            return Ok(Arc::new(make()));
        }
        Ok(shared.epoch_salts(id, make))
    }

    /// The pair to seal with, and the day whose pair should be prepared meanwhile.
    ///
    /// A day whose pair is not ready seals with the last ready one; with none at all the caller has to wait.
    #[must_use]
    pub fn pair(&self, now: Timestamp) -> (Option<Arc<SaltPair>>, Option<u64>) {
        let today = now.utc_day();
        let mut state = self.state();
        let pair_of = |state: &State, day| state.pairs.iter().find(|pair| pair.day == day).cloned();
        let (pair, wanted) = match pair_of(&state, today) {
            Some(pair) => {
                let due = now.until_next_day() <= state.lead_ms && pair_of(&state, today + 1).is_none();
                (Some(pair), due.then_some(today + 1))
            }
            None => (state.pairs.last().cloned(), Some(today)),
        };
        let wanted = wanted.filter(|day| state.preparing != Some(*day));
        if wanted.is_some() && pair.is_some() {
            state.preparing = wanted;
        }
        (pair, wanted)
    }

    /// The key of a derivation whose salt is our own: `None` for a stranger's, `Some(None)` for one not derived yet.
    ///
    /// The salt alone decides nothing: the secret, the use and the iterations have to be those of these salts too.
    #[must_use]
    pub fn own_key(&self, spec: &KeySpec) -> Option<Option<Arc<SecretBytes>>> {
        if !self.side(spec.usage).derives(spec) {
            return None;
        }
        self.state().own.of(spec.usage).get(&spec.salt).cloned()
    }

    /// Keeps the key of a derivation whose salt is our own.
    pub fn keep_own(&self, spec: &KeySpec, key: &Arc<SecretBytes>) {
        if self.side(spec.usage).derives(spec)
            && let Some(place) = self.state().own.of(spec.usage).get_mut(&spec.salt)
        {
            *place = Some(Arc::clone(key));
        }
    }

    fn side(&self, usage: KeyUse) -> &Side {
        if usage == KeyUse::Integrity { &self.integrity } else { &self.encryption }
    }

    /// Derives what tells our own salts from a stranger's, and lists those of the last 30 days.
    pub fn recognise_own(self: &Arc<Self>, now: Timestamp, shared: &Arc<Shared>, done: Done) {
        let salts = Arc::clone(self);
        self.ensure_roots(
            shared,
            Box::new(move |outcome| {
                if outcome.is_ok() {
                    salts.list_own(now.utc_day());
                }
                done(outcome);
            }),
        );
    }

    /// Derives the pair of a day off the calling thread.
    pub fn prepare(self: &Arc<Self>, day: u64, shared: &Arc<Shared>, done: Done) {
        let salts = Arc::clone(self);
        let keys = Arc::clone(shared);
        self.ensure_roots(
            shared,
            Box::new(move |outcome| match outcome.and_then(|()| salts.salts_of(day)) {
                Ok(pair) => {
                    salts.list_own(day);
                    salts.derive_pair(day, pair, &keys, done);
                }
                Err(error) => salts.prepared(day, Err(error), done),
            }),
        );
    }

    fn ensure_roots(self: &Arc<Self>, shared: &Arc<Shared>, done: Done) {
        let salts = Arc::clone(self);
        let keys = Arc::clone(shared);
        self.encryption.ensure_root(
            shared,
            Box::new(move |outcome| {
                let last = Arc::clone(&salts);
                match outcome {
                    Ok(root) => {
                        salts.encryption.keep_root(root.as_deref());
                        salts.integrity.ensure_root(
                            &keys,
                            Box::new(move |outcome| {
                                done(outcome.map(|root| last.integrity.keep_root(root.as_deref())));
                            }),
                        );
                    }
                    Err(error) => done(Err(error)),
                }
            }),
        );
    }

    fn derive_pair(self: Arc<Self>, day: u64, salts: (String, String), shared: &Arc<Shared>, done: Done) {
        let keys = Arc::clone(shared);
        let (encryption_salt, integrity_salt) = salts;
        let first = Arc::clone(&self);
        first.encryption.salted(
            encryption_salt,
            shared,
            Box::new(move |encryption| match encryption {
                Err(error) => self.prepared(day, Err(error), done),
                Ok(encryption) => {
                    let second = Arc::clone(&self);
                    second.integrity.salted(
                        integrity_salt,
                        &keys,
                        Box::new(move |integrity| {
                            let pair = integrity.map(|integrity| SaltPair { day, encryption, integrity });
                            self.prepared(day, pair, done);
                        }),
                    );
                }
            }),
        );
    }

    fn prepared(&self, day: u64, pair: Result<SaltPair>, done: Done) {
        let mut state = self.state();
        state.preparing = None;
        let outcome = pair.map(|pair| {
            if state.pairs.iter().any(|ready| ready.day == day) {
                return;
            }
            state.own.insert(&pair);
            if state.pairs.len() >= MAX_PAIRS {
                state.pairs.remove(0);
            }
            state.pairs.push(Arc::new(pair));
        });
        drop(state);
        done(outcome);
    }

    fn salts_of(&self, day: u64) -> Result<(String, String)> {
        let random = if self.encryption.is_random() || self.integrity.is_random() {
            let mut state = self.state();
            if state.random.len() > MAX_PAIRS {
                state.random.retain(|known, _| known.abs_diff(day) < 2);
            }
            match state.random.get(&day) {
                Some(pair) => pair.clone(),
                None => {
                    let pair = (random_salt(256)?, random_salt(256)?);
                    state.random.insert(day, pair.clone());
                    pair
                }
            }
        } else {
            (String::new(), String::new())
        };
        Ok((self.encryption.salt_of(day).unwrap_or(random.0), self.integrity.salt_of(day).unwrap_or(random.1)))
    }

    /// Lists the salts of the days around `today` as our own, and forgets those of other days.
    fn list_own(&self, today: u64) {
        if self.state().own_day == Some(today) {
            return;
        }
        let list = |side: &Side| -> HashMap<_, _> {
            let days = today.saturating_sub(OWN_DAYS)..=today + 1;
            days.filter_map(|day| Some((side.salt_of(day).filter(|salt| !salt.is_empty())?, None)))
                .collect()
        };
        let mut own = OwnSalts { encryption: list(&self.encryption), integrity: list(&self.integrity) };
        let mut state = self.state();
        for usage in [KeyUse::Aes256Cbc, KeyUse::Integrity] {
            let known = std::mem::take(state.own.of(usage));
            for (salt, key) in known {
                own.of(usage).entry(salt).and_modify(|place| *place = key);
            }
        }
        for pair in &state.pairs {
            own.insert(pair);
        }
        state.own = own;
        state.own_day = Some(today);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EpochSalts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochSalts")
    }
}

impl Side {
    fn strong(&self) -> Option<&Arc<TextSecret>> {
        match &self.half {
            Half::Text(secret) if secret.is_strong() => Some(secret),
            _ => None,
        }
    }

    /// Whether a derivation is one of this half. The two halves never share a salt, since the role is part of it.
    fn derives(&self, spec: &KeySpec) -> bool {
        let same_secret = matches!(&self.half, Half::Text(secret) if secret.id() == spec.secret.id());
        same_secret && self.usage == spec.usage && self.iterations == spec.iterations
    }

    fn is_random(&self) -> bool {
        matches!(&self.half, Half::Text(secret) if !secret.is_strong())
    }

    /// Gets the root derived, where there is one to derive and it is not there yet.
    fn ensure_root(&self, shared: &Shared, done: Box<dyn FnOnce(Result<Option<Arc<SecretBytes>>>) + Send>) {
        match self.strong() {
            Some(secret) if self.root.get().is_none() => {
                let spec = KeySpec {
                    secret: Arc::clone(secret),
                    usage: KeyUse::EpochRoot,
                    iterations: ROOT_ITERATIONS,
                    salt: ROOT_SALT.to_owned(),
                };
                shared.derive(spec, Lane::Own, Box::new(move |root| done(root.map(Some))));
            }
            _ => done(Ok(None)),
        }
    }

    fn keep_root(&self, root: Option<&SecretBytes>) {
        if let Some(root) = root {
            self.root.get_or_init(|| hmac::Key::new(hmac::HMAC_SHA256, root.expose()));
        }
    }

    /// The salt of a day: empty for a half of bytes, none where it is random or the root is not derived yet.
    fn salt_of(&self, day: u64) -> Option<String> {
        if matches!(self.half, Half::Bytes(_)) {
            return Some(String::new());
        }
        let mut context = hmac::Context::with_key(self.root.get()?);
        update_prefixed(&mut context, self.role);
        update_prefixed(&mut context, &self.session);
        context.update(&day.to_be_bytes());
        Some(hex(context.sign().as_ref()))
    }

    fn salted(&self, salt: String, shared: &Shared, done: Box<dyn FnOnce(Result<Salted>) + Send>) {
        match &self.half {
            Half::Bytes(key) => done(Ok(Salted { salt: String::new(), key: Arc::clone(key) })),
            Half::Text(secret) => {
                let (secret, usage, iterations) = (Arc::clone(secret), self.usage, self.iterations);
                let spec = KeySpec { secret, usage, iterations, salt: salt.clone() };
                shared.derive(spec, Lane::Own, Box::new(move |key| done(key.map(|key| Salted { salt, key }))));
            }
        }
    }
}

/// `lp(text)`: the length as a 32-bit big-endian number, then the bytes.
fn update_prefixed(context: &mut hmac::Context, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    context.update(&length.to_be_bytes());
    context.update(text.as_bytes());
}

/// A random salt of `bits` bits in lower-case hex; a part of a byte counts as a whole one, as in iron.
///
/// # Errors
/// `ERR_INTERNAL` when the system has no random bytes.
pub fn random_salt(bits: u32) -> Result<String> {
    let mut salt = vec![0; bits.div_ceil(8) as usize];
    SystemRandom::new().fill(&mut salt).map_err(|_| Error::Random)?;
    Ok(hex(&salt))
}

fn random_lead() -> Result<f64> {
    let mut bytes = [0; 4];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX) * LEAD_MS)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
