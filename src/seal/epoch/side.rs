//! One half of the epoch salts: encryption or integrity.

#![forbid(unsafe_code)]

use std::sync::{Arc, OnceLock};

use ring::hmac;

use crate::error::Result;
use crate::seal::derivations::Lane;
use crate::seal::derive::TextSecret;
use crate::seal::key_cache::{KeySpec, KeyUse};
use crate::seal::lp;
use crate::seal::password::Half;
use crate::seal::salt::{Salted, hex};
use crate::seal::shared::Shared;
use crate::secret::SecretBytes;

/// The salt of the root. The asterisk keeps it out of every token, whose parts cannot hold one.
const ROOT_SALT: &str = "ironkeep*epoch*v1";
/// PBKDF2 iterations of the root, the second generation's.
const ROOT_ITERATIONS: u32 = 8192;

/// Called once, with what a half needed.
pub(super) type Got<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// One half: what its salts come from.
pub(super) struct Side {
    half: Half,
    role: &'static str,
    usage: KeyUse,
    iterations: u32,
    session: String,
    root: OnceLock<hmac::Key>,
}

impl Side {
    pub(super) fn new(half: &Half, role: &'static str, usage: KeyUse, iterations: u32, session: &str) -> Self {
        Self { half: half.clone(), role, usage, iterations, session: session.to_owned(), root: OnceLock::new() }
    }

    fn strong(&self) -> Option<&Arc<TextSecret>> {
        match &self.half {
            Half::Text(secret) if secret.is_strong() => Some(secret),
            _ => None,
        }
    }

    /// Whether a derivation is one of this half. The two halves never share a salt, since the role is part of it.
    pub(super) fn derives(&self, spec: &KeySpec) -> bool {
        let same_secret = matches!(&self.half, Half::Text(secret) if secret.id() == spec.secret.id());
        same_secret && self.usage == spec.usage && self.iterations == spec.iterations
    }

    pub(super) fn is_random(&self) -> bool {
        matches!(&self.half, Half::Text(secret) if !secret.is_strong())
    }

    /// Gets the root derived, where there is one to derive and it is not there yet.
    pub(super) fn ensure_root(&self, shared: &Shared, done: Got<Option<Arc<SecretBytes>>>) {
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

    pub(super) fn keep_root(&self, root: Option<&SecretBytes>) {
        if let Some(root) = root {
            self.root.get_or_init(|| hmac::Key::new(hmac::HMAC_SHA256, root.expose()));
        }
    }

    /// The salt of a day: empty for a half of bytes, none where it is random or the root is not derived yet.
    pub(super) fn salt_of(&self, day: u64) -> Option<String> {
        if matches!(self.half, Half::Bytes(_)) {
            return Some(String::new());
        }
        let mut context = hmac::Context::with_key(self.root.get()?);
        for text in [self.role, &self.session] {
            context.update(&lp::length(text));
            context.update(text.as_bytes());
        }
        context.update(&day.to_be_bytes());
        Some(hex(context.sign().as_ref()))
    }

    pub(super) fn salted(&self, salt: String, shared: &Shared, done: Got<Salted>) {
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
