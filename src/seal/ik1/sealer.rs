//! ik1 with the keys of a ring.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::seal::ik1::{Ik1Options, Times, Token, seal};
use crate::seal::ring::Ring;
use crate::seal::{Attempt, Bound, Done, Opened, SealFormat};

/// Seals and opens ik1 tokens with the keys of a ring. No key is ever derived at a cost, so nothing has to be waited for.
#[derive(Debug)]
pub struct Ik1 {
    ring: Arc<Ring>,
    options: Ik1Options,
    /// The lifetime of a seal in milliseconds, none for ever.
    ttl_ms: Option<f64>,
}

impl Ik1 {
    /// `ttl_ms`: the lifetime of a seal in milliseconds, none for ever.
    #[must_use]
    pub fn new(ring: Arc<Ring>, options: Ik1Options, ttl_ms: Option<f64>) -> Arc<Self> {
        Arc::new(Self { ring, options, ttl_ms })
    }

    fn open(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Opened> {
        let token = Token::parse(token, &self.options)?;
        let keyring = self.ring.current()?;
        // A ring has one key for an id, or none.
        let candidates = keyring.opening(token.kid(), now)?;
        let [candidate] = candidates.as_slice() else { return Err(crate::error::Error::BadMac) };
        let payload = token.open(candidate.password.ik1()?, bound, now, &self.options)?;
        candidate.password.uses.count_opened();
        Ok(Opened { payload, legacy: false, older_key: candidate.older, other_format: false })
    }
}

impl SealFormat for Ik1 {
    fn try_seal(&self, payload: &[u8], bound: &Bound, now: Timestamp) -> Result<Attempt<String>> {
        let keyring = self.ring.current()?;
        let key = keyring.sealing(now)?;
        let times = Times { issued_at: now, expires_at: self.ttl_ms.map(|ttl| now.plus_millis(ttl)) };
        let token = seal(key.ik1()?, &key.id, bound, payload, times, &self.options)?;
        key.uses.count_sealed();
        Ok(Attempt::Ready(token))
    }

    fn try_unseal(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Attempt<Opened>> {
        self.open(token, bound, now).map(Attempt::Ready)
    }

    fn request_seal_key(self: Arc<Self>, _bound: &Bound, _now: Timestamp, done: Done) {
        done(Ok(()));
    }

    fn request_unseal_key(self: Arc<Self>, token: String, bound: &Bound, now: Timestamp, done: Done) {
        done(self.open(&token, bound, now).map(drop));
    }
}
