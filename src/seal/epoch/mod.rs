//! Epoch salts: one pair of salts a UTC day for a whole fleet, so that sealing derives no key.
//!
//! A salt in a Fe26.2 token is free text that the sealer chooses and every reader takes. From a strong password all
//! processes compute the same pair for a day, with no word between them; a weak one gets a random pair for the process
//! and day, since a salt computed from it would help whoever guesses at it.

#![forbid(unsafe_code)]

mod own_salts;
mod side;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::epoch::own_salts::{Keys, OwnSalts};
use crate::seal::epoch::side::Side;
use crate::seal::iron::options::Rounds;
use crate::seal::key_cache::{KeySpec, KeyUse, SecretId};
use crate::seal::password::{Half, Password};
use crate::seal::salt::{SaltPair, random_salt};
use crate::seal::shared::Shared;
use crate::seal::{Bound, Done};
use crate::secret::SecretBytes;

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

/// The salts of one password, session name and use.
pub struct EpochSalts {
    encryption: Side,
    integrity: Side,
    state: Mutex<State>,
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
        let lead_ms = random_lead()?;
        let make = || Self {
            encryption: Side::new(encryption, "encryption", usage.cipher, usage.rounds.encryption, &bound.name),
            integrity: Side::new(integrity, "integrity", KeyUse::Integrity, usage.rounds.integrity, &bound.name),
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
        let preparation = Preparation { salts: Arc::clone(self), day };
        let keys = Arc::clone(shared);
        self.ensure_roots(
            shared,
            Box::new(move |outcome| match outcome.and_then(|()| preparation.salts.salts_of(day)) {
                Ok(pair) => {
                    preparation.salts.list_own(day);
                    preparation.derive_pair(pair, &keys, done);
                }
                Err(error) => preparation.finish(Err(error), done),
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

    fn keep_pair(&self, pair: SaltPair) {
        let mut state = self.state();
        if state.pairs.iter().any(|ready| ready.day == pair.day) {
            return;
        }
        state.own.insert(&pair);
        if state.pairs.len() >= MAX_PAIRS {
            state.pairs.remove(0);
        }
        state.pairs.push(Arc::new(pair));
    }

    fn salts_of(&self, day: u64) -> Result<(String, String)> {
        let random = if self.encryption.is_random() || self.integrity.is_random() {
            let mut state = self.state();
            if state.random.len() > MAX_PAIRS {
                state.random.retain(|known, _| known.abs_diff(day) < 2);
            }
            if let Some(pair) = state.random.get(&day) {
                pair.clone()
            } else {
                let pair = (random_salt(256)?, random_salt(256)?);
                state.random.insert(day, pair.clone());
                pair
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
        let list = |side: &Side| -> Keys {
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

/// The pair of a day on its way. However that ends, by a panic too, the day can be prepared again.
struct Preparation {
    salts: Arc<EpochSalts>,
    day: u64,
}

impl Preparation {
    fn derive_pair(self, salts: (String, String), shared: &Arc<Shared>, done: Done) {
        let keys = Arc::clone(shared);
        let (encryption_salt, integrity_salt) = salts;
        let first = Arc::clone(&self.salts);
        first.encryption.salted(
            encryption_salt,
            shared,
            Box::new(move |encryption| match encryption {
                Err(error) => self.finish(Err(error), done),
                Ok(encryption) => {
                    let second = Arc::clone(&self.salts);
                    second.integrity.salted(
                        integrity_salt,
                        &keys,
                        Box::new(move |integrity| {
                            let day = self.day;
                            self.finish(integrity.map(|integrity| SaltPair { day, encryption, integrity }), done);
                        }),
                    );
                }
            }),
        );
    }

    fn finish(self, pair: Result<SaltPair>, done: Done) {
        let outcome = pair.map(|pair| self.salts.keep_pair(pair));
        drop(self);
        done(outcome);
    }
}

impl Drop for Preparation {
    fn drop(&mut self) {
        let mut state = self.salts.state();
        if state.preparing == Some(self.day) {
            state.preparing = None;
        }
    }
}

impl fmt::Debug for EpochSalts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochSalts")
    }
}

fn random_lead() -> Result<f64> {
    let mut bytes = [0; 4];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX) * LEAD_MS)
}
