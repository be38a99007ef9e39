//! Opening a token of Fe26.2 as far as the keys at hand go.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::{Iron, cipher, mac};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::derive::MAX_INLINE_ITERATIONS;
use crate::seal::epoch::EpochSalts;
use crate::seal::iron::options::Rounds;
use crate::seal::iron::token::Token;
use crate::seal::key_cache::{KeySpec, KeyUse};
use crate::seal::keyring::Candidate;
use crate::seal::password::Half;
use crate::seal::{Bound, Opened};
use crate::secret::SecretBytes;

/// How often a call that derives on its own thread looks again. Each look gets one key further, and there are two.
const MAX_STEPS: usize = 4;

/// Where the key of a half is.
enum Located {
    /// At hand: given as bytes, our own, cached, or cheap to derive.
    Key(Arc<SecretBytes>),
    /// To be derived, at a cost.
    Derive(KeySpec),
    /// No sealer makes such a token from such a password.
    Nowhere,
}

/// How far a token can be opened with the keys at hand.
pub(super) enum Progress {
    Opened(Opened),
    /// No key at hand verifies it; these have not been tried.
    Verify(Vec<KeySpec>),
    /// It is authentic; this key decrypts it.
    Decrypt(KeySpec),
}

impl Iron {
    /// Opens, deriving what is missing on the calling thread.
    ///
    /// # Errors
    /// Those of [`SealFormat::try_unseal`].
    pub fn unseal_blocking(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Opened> {
        let token = Token::parse(token, &self.options, now)?;
        for _ in 0..MAX_STEPS {
            let (spec, key) = match self.progress(&token, bound, now)? {
                Progress::Opened(opened) => return Ok(opened),
                Progress::Decrypt(spec) => {
                    let key = Arc::new(spec.derive());
                    (spec, key)
                }
                Progress::Verify(specs) => specs
                    .into_iter()
                    .map(|spec| {
                        let key = Arc::new(spec.derive());
                        (spec, key)
                    })
                    .find(|(_, key)| verifies(&token, key))
                    .ok_or(Error::BadMac)?,
            };
            self.shared.keep(&spec, key);
        }
        Err(Error::Busy)
    }

    /// The epoch salts that may have made a token: those of every password that may open it.
    pub(super) fn reading_epochs(&self, candidates: &[Candidate<'_>], bound: &Bound) -> Result<Vec<Arc<EpochSalts>>> {
        let written = self.written_for_reading()?;
        let mut epochs = Vec::new();
        for candidate in candidates {
            for rounds in self.options.readable(written) {
                // A password or options that have none are refused where they are used.
                epochs.extend(self.epoch(candidate.password, rounds, bound).ok().flatten());
            }
        }
        Ok(epochs)
    }

    /// What is wrong with the encryption half is said once the MAC verified, as in iron.
    pub(super) fn written_for_reading(&self) -> Result<Rounds> {
        let encryption = self.options.encryption().map_or(0, |options| options.iterations);
        Ok(Rounds { encryption, integrity: self.options.integrity()?.iterations })
    }

    /// Opens a token as far as the keys at hand go.
    ///
    /// Keys at hand come first, then the cheap generations; the answer stays open only while an expensive key is untried.
    pub(super) fn progress(&self, token: &Token<'_>, bound: &Bound, now: Timestamp) -> Result<Progress> {
        let keyring = self.keyring()?;
        let candidates = keyring.opening(token.id, now)?;
        for candidate in &candidates {
            self.options.integrity()?.check(candidate.password.halves()?.1)?;
        }
        let written = self.written_for_reading()?;
        let epochs = self.reading_epochs(&candidates, bound)?;
        let mut untried = Vec::new();
        let mut is_known = false;
        for cheap in [false, true] {
            for candidate in &candidates {
                let (_, half) = candidate.password.halves()?;
                for rounds in self.options.readable(written).filter(|rounds| is_cheap(rounds.integrity) == cheap) {
                    match self.locate(half, KeyUse::Integrity, rounds.integrity, token.integrity_salt, &epochs) {
                        Located::Key(key) if verifies(token, &key) => {
                            return self.open(token, candidate, rounds, &epochs);
                        }
                        Located::Key(_) => is_known |= !cheap && matches!(half, Half::Text(_)),
                        Located::Nowhere => {}
                        Located::Derive(spec) => untried.push(spec),
                    }
                }
            }
        }
        // A salt belongs to one password. If its key is at hand the others need not be derived; if it is one of our own,
        // the password that it is of is the only one. And a form that no sealer writes is not worth a derivation.
        let is_own = |spec: &KeySpec| epochs.iter().any(|epoch| epoch.own_key(spec).is_some());
        if untried.iter().any(is_own) {
            untried.retain(is_own);
        }
        if is_known || untried.is_empty() || !token.can_be_decrypted() {
            return Err(Error::BadMac);
        }
        Ok(Progress::Verify(untried))
    }

    /// Decrypts a token whose MAC verified.
    fn open(
        &self,
        token: &Token<'_>,
        candidate: &Candidate<'_>,
        rounds: Rounds,
        epochs: &[Arc<EpochSalts>],
    ) -> Result<Progress> {
        let options = self.options.encryption()?;
        let (half, integrity) = candidate.password.halves()?;
        options.check(half)?;
        let key = match self.locate(half, options.usage, rounds.encryption, token.encryption_salt, epochs) {
            Located::Key(key) => key,
            Located::Derive(spec) => return Ok(Progress::Decrypt(spec)),
            Located::Nowhere => return Err(Error::Decrypt),
        };
        let (iv, ciphertext) = token.encrypted()?;
        let payload = cipher::decrypt(options.usage, key.expose(), &iv, ciphertext)?;
        candidate.password.uses.count_opened();
        let legacy = matches!(integrity, Half::Text(_)) && rounds.integrity < self.options.written()?.integrity;
        Ok(Progress::Opened(Opened { payload, legacy, older_key: candidate.older, other_format: false }))
    }

    fn locate(&self, half: &Half, usage: KeyUse, iterations: u32, salt: &str, epochs: &[Arc<EpochSalts>]) -> Located {
        match half {
            // The MAC is not over its own salt: one that nothing is derived from would be any text.
            Half::Bytes(_) if usage == KeyUse::Integrity && !salt.is_empty() => Located::Nowhere,
            Half::Bytes(key) => Located::Key(Arc::clone(key)),
            Half::Text(_) if salt.is_empty() => Located::Nowhere,
            Half::Text(secret) => {
                let spec = KeySpec { secret: Arc::clone(secret), usage, iterations, salt: salt.to_owned() };
                let own = epochs.iter().find_map(|epoch| epoch.own_key(&spec)).flatten();
                own.or_else(|| self.shared.key_now(&spec))
                    .map_or_else(|| Located::Derive(spec), Located::Key)
            }
        }
    }
}

/// Whether a derivation may run on the calling thread.
fn is_cheap(iterations: u32) -> bool {
    iterations <= MAX_INLINE_ITERATIONS
}

/// Verifies a token's MAC, in constant time.
pub(super) fn verifies(token: &Token<'_>, key: &SecretBytes) -> bool {
    #[cfg(test)]
    super::tests::count_verification();
    mac::verify(key.expose(), token.signed.as_bytes(), &token.mac)
}
