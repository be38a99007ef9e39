//! What all seals of the process share: the names of secrets, the derived keys, the queue that derives them.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::clock::Monotonic;
use crate::error::Result;
use crate::seal::derivations::{Derivations, Lane, Spawn, Waiter};
use crate::seal::derive::{MAX_INLINE_ITERATIONS, TextSecret};
use crate::seal::epoch::{EpochId, EpochSalts};
use crate::seal::key_cache::{KeyCache, KeyId, KeySpec, ProcessKey};
use crate::secret::SecretBytes;

/// Process-wide state. Workers of one process share it; tests make their own.
#[derive(Debug)]
pub struct Shared {
    process: ProcessKey,
    keys: KeyCache,
    derivations: Arc<Derivations>,
    epochs: Mutex<HashMap<EpochId, Weak<EpochSalts>>>,
}

impl Shared {
    /// New state whose derivations run on threads that `spawn` gives, at most `max_running` at once, and wait by `clock`.
    ///
    /// # Errors
    /// `ERR_INTERNAL` when the system has no random bytes.
    pub fn new(max_running: usize, spawn: Spawn, clock: Monotonic) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            process: ProcessKey::new()?,
            keys: KeyCache::default(),
            derivations: Derivations::new(max_running, spawn, clock),
            epochs: Mutex::default(),
        }))
    }

    /// The key that names secrets and derived keys.
    #[must_use]
    pub fn process(&self) -> &ProcessKey {
        &self.process
    }

    /// The name of a derivation.
    #[must_use]
    pub fn key_id(&self, spec: &KeySpec) -> KeyId {
        self.process.key_id(spec.secret.id(), spec.usage, spec.iterations, &spec.salt)
    }

    /// The derived key if it costs nothing: cached, or of few iterations.
    #[must_use]
    pub fn key_now(&self, spec: &KeySpec) -> Option<Arc<SecretBytes>> {
        if spec.iterations <= MAX_INLINE_ITERATIONS {
            return Some(Arc::new(spec.derive()));
        }
        self.keys.get(&self.key_id(spec))
    }

    /// Keeps a derived key, after a MAC verified.
    pub fn keep(&self, spec: &KeySpec, key: Arc<SecretBytes>) {
        if spec.iterations > MAX_INLINE_ITERATIONS {
            self.keys.insert(self.key_id(spec), *spec.secret.id(), key);
            // Looked at afterwards: a secret that is retired at this moment is forgotten here or by who retires it.
            if spec.secret.is_retired() {
                self.keys.forget(spec.secret.id());
            }
        }
    }

    /// Drops every key that was derived from a secret, and keeps none that is derived from now on.
    pub fn retire(&self, secret: &TextSecret) {
        secret.retire();
        self.keys.forget(secret.id());
    }

    /// Derives a key off the calling thread and hands it to `waiter`; see [`Derivations::derive`].
    pub fn derive(&self, spec: KeySpec, lane: Lane, waiter: Waiter) {
        let id = self.key_id(&spec);
        self.derivations.derive(id, spec, lane, waiter);
    }

    /// The epoch salts of that name, shared by every seal and worker that uses them, or `make`'s if there are none yet.
    pub fn epoch_salts(&self, id: EpochId, make: impl FnOnce() -> EpochSalts) -> Arc<EpochSalts> {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(salts) = epochs.get(&id).and_then(Weak::upgrade) {
            return salts;
        }
        epochs.retain(|_, salts| salts.strong_count() > 0);
        let salts = Arc::new(make());
        epochs.insert(id, Arc::downgrade(&salts));
        salts
    }
}
