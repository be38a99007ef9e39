//! Getting keys derived off the calling thread, as chains of continuations: nothing waits, on any thread.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::derivations::Lane;
use crate::seal::epoch::EpochSalts;
use crate::seal::iron::Iron;
use crate::seal::iron::opening::{Progress, verifies};
use crate::seal::iron::options::HalfOptions;
use crate::seal::iron::token::Token;
use crate::seal::key_cache::KeySpec;
use crate::seal::password::Half;
use crate::seal::salt::{SaltPair, Salted, random_salt};
use crate::seal::shared::Shared;
use crate::seal::{Bound, Done};
use crate::secret::SecretBytes;

/// How many pairs of fresh salts may wait for seals that asked for them and did not come back.
const MAX_FRESH_PAIRS: usize = 128;

/// A token on its way to being opened.
struct Opening {
    iron: Arc<Iron>,
    token: String,
    bound: Bound,
    now: Timestamp,
    epochs: Vec<Arc<EpochSalts>>,
}

impl Iron {
    /// Gets the salts and keys for one seal ready.
    pub(super) fn request_pair(self: Arc<Self>, bound: &Bound, now: Timestamp, done: Done) {
        let epoch = self.keyring().and_then(|keyring| {
            let password = keyring.sealing(now)?;
            self.check_for_sealing(password)?;
            self.epoch(password, self.options.written()?, bound)
        });
        match epoch {
            Err(error) => done(Err(error)),
            Ok(Some(epoch)) => epoch.prepare(now.utc_day(), &self.shared, done),
            Ok(None) => self.request_fresh_pair(now, done),
        }
    }

    fn request_fresh_pair(self: Arc<Self>, now: Timestamp, done: Done) {
        let halves = self.keyring().and_then(|keyring| {
            let password = keyring.sealing(now)?;
            let (encryption, integrity) = password.halves()?;
            let (first, second) = self.check_for_sealing(password)?;
            Ok((password.position, (encryption.clone(), first.clone()), (integrity.clone(), second.clone())))
        });
        let (position, first, (second_half, second_options)) = match halves {
            Ok(halves) => halves,
            Err(error) => return done(Err(error)),
        };
        let shared = Arc::clone(&self.shared);
        derive_fresh(
            &self.shared.clone(),
            &first.0,
            &first.1,
            Box::new(move |encryption| match encryption {
                Err(error) => done(Err(error)),
                Ok(encryption) => derive_fresh(
                    &shared,
                    &second_half,
                    &second_options,
                    Box::new(move |integrity| {
                        done(integrity.map(|integrity| {
                            self.keep_fresh(position, SaltPair { day: now.utc_day(), encryption, integrity });
                        }));
                    }),
                ),
            }),
        );
    }

    fn keep_fresh(&self, position: usize, pair: SaltPair) {
        // Of a key that was removed meanwhile nothing is kept.
        if !self.keyring().is_ok_and(|keyring| keyring.holds(position)) {
            return;
        }
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.len() < MAX_FRESH_PAIRS {
            fresh.push_back((position, Arc::new(pair)));
        }
    }

    /// Gets the keys of one token ready, if it is authentic.
    pub(super) fn request_opening(self: Arc<Self>, token: String, bound: Bound, now: Timestamp, done: Done) {
        let parsed = Token::parse(&token, &self.options, now);
        let epochs = parsed.and_then(|parsed| {
            let keyring = self.keyring()?;
            self.reading_epochs(&keyring.opening(parsed.id, now)?, &bound)
        });
        match epochs {
            Ok(epochs) => Opening { iron: self, token, bound, now, epochs }.recognise(0, done),
            Err(error) => done(Err(error)),
        }
    }
}

impl Opening {
    /// Gets ready what tells our own salts from a stranger's. Without it honest tokens would queue with forged ones.
    fn recognise(self, next: usize, done: Done) {
        let Some(epoch) = self.epochs.get(next).map(Arc::clone) else { return self.advance(done) };
        let shared = Arc::clone(&self.iron.shared);
        epoch.recognise_own(
            self.now,
            &shared,
            Box::new(move |outcome| match outcome {
                Ok(()) => self.recognise(next + 1, done),
                Err(error) => done(Err(error)),
            }),
        );
    }

    /// Gets one key further, until the token opens or is refused.
    fn advance(self, done: Done) {
        match self.progress() {
            Err(error) => done(Err(error)),
            Ok(Progress::Opened(_)) => done(Ok(())),
            Ok(Progress::Verify(specs)) => self.verify(specs.into(), done),
            Ok(Progress::Decrypt(spec)) => {
                // It is authentic by now, so it does not queue with forged ones a second time.
                self.derive(spec, Lane::Own, done, |opening, spec, key, done| {
                    opening.keep(spec, key);
                    done(Ok(()));
                });
            }
        }
    }

    /// Tries one key after the other. What one of them proves authentic goes on.
    fn verify(self, mut specs: VecDeque<KeySpec>, done: Done) {
        let Some(spec) = specs.pop_front() else { return done(Err(Error::BadMac)) };
        let lane = if self.own_epoch(&spec).is_some() { Lane::Own } else { Lane::Foreign };
        self.derive(spec, lane, done, move |opening, spec, key, done| {
            // Also before the MAC verified: the salt is one of ours, and there are no more of them than days.
            if let Some(epoch) = opening.own_epoch(spec) {
                epoch.keep_own(spec, &key);
            }
            let authentic = Token::parse(&opening.token, &opening.iron.options, opening.now)
                .is_ok_and(|token| verifies(&token, &key));
            if authentic {
                opening.keep(spec, key);
                opening.advance(done);
            } else {
                opening.verify(specs, done);
            }
        });
    }

    fn derive(
        self,
        spec: KeySpec,
        lane: Lane,
        done: Done,
        then: impl FnOnce(Self, &KeySpec, Arc<SecretBytes>, Done) + Send + 'static,
    ) {
        let shared = Arc::clone(&self.iron.shared);
        let asked = spec.clone();
        shared.derive(
            asked,
            lane,
            Box::new(move |key| match key {
                Ok(key) => then(self, &spec, key, done),
                Err(error) => done(Err(error)),
            }),
        );
    }

    /// Keeps a key that an authentic token asked for: with our own salts if it is one of theirs, else in the cache.
    fn keep(&self, spec: &KeySpec, key: Arc<SecretBytes>) {
        match self.own_epoch(spec) {
            Some(epoch) => epoch.keep_own(spec, &key),
            None => self.iron.shared.keep(spec, key),
        }
    }

    /// The epoch salts that a derivation's salt is of.
    fn own_epoch(&self, spec: &KeySpec) -> Option<&Arc<EpochSalts>> {
        self.epochs.iter().find(|epoch| epoch.own_key(spec).is_some())
    }

    fn progress(&self) -> Result<Progress> {
        let token = Token::parse(&self.token, &self.iron.options, self.now)?;
        self.iron.progress(&token, &self.bound, self.now)
    }
}

/// A fresh salt and its key, derived off the calling thread.
fn derive_fresh(shared: &Shared, half: &Half, options: &HalfOptions, done: Box<dyn FnOnce(Result<Salted>) + Send>) {
    let secret = match half {
        Half::Bytes(key) => return done(Ok(Salted { salt: String::new(), key: Arc::clone(key) })),
        Half::Text(secret) => Arc::clone(secret),
    };
    let salt = match options.fresh_salt_bits().and_then(random_salt) {
        Ok(salt) => salt,
        Err(error) => return done(Err(error)),
    };
    let spec = KeySpec { secret, usage: options.usage, iterations: options.iterations, salt: salt.clone() };
    shared.derive(spec, Lane::Own, Box::new(move |key| done(key.map(|key| Salted { salt, key }))));
}
