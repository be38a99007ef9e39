//! The salts that are known to be our own.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;

use crate::seal::key_cache::KeyUse;
use crate::seal::salt::SaltPair;
use crate::secret::SecretBytes;

/// Salts with their keys, once derived.
pub(super) type Keys = HashMap<String, Option<Arc<SecretBytes>>>;

/// Salts by role: one role's salt in the other's place is a stranger's.
#[derive(Default)]
pub(super) struct OwnSalts {
    pub(super) encryption: Keys,
    pub(super) integrity: Keys,
}

impl OwnSalts {
    pub(super) fn of(&mut self, usage: KeyUse) -> &mut Keys {
        if usage == KeyUse::Integrity { &mut self.integrity } else { &mut self.encryption }
    }

    /// Adds the pair of a day. A half of bytes has no salt.
    pub(super) fn insert(&mut self, pair: &SaltPair) {
        for (own, salted) in [(&mut self.encryption, &pair.encryption), (&mut self.integrity, &pair.integrity)] {
            if !salted.salt.is_empty() {
                own.insert(salted.salt.clone(), Some(Arc::clone(&salted.key)));
            }
        }
    }
}
