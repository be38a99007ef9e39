//! How keys are named: by a keyed hash, so that every key costs the same, and nobody outside can make two meet or crowd
//! one shard.

#![forbid(unsafe_code)]

use std::hash::Hasher;

use ring::rand::{SecureRandom, SystemRandom};
use siphasher::sip128::{Hasher128, SipHasher24};

use crate::error::{Error, Result};

/// 128 bits of SipHash-2-4 over the policy and the key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Name {
    /// Places it within its shard.
    pub(super) hash: u64,
    /// Chooses the shard.
    pub(super) other: u64,
}

/// Names keys, under a random key of its own.
pub(super) struct Namer(SipHasher24);

impl Namer {
    pub(super) fn new() -> Result<Self> {
        let mut key = [0; 16];
        SystemRandom::new().fill(&mut key).map_err(|_| Error::Random)?;
        Ok(Self(SipHasher24::new_with_key(&key)))
    }

    pub(super) fn name(&self, policy: u32, key: &[u8]) -> Name {
        let mut hasher = self.0;
        hasher.write(&policy.to_le_bytes());
        hasher.write(key);
        let (hash, other) = hasher.finish128().as_u64();
        Name { hash, other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_and_keys_are_in_the_name_and_so_is_the_process() {
        let namer = Namer::new().unwrap();
        let name = namer.name(1, b"192.0.2.1");
        assert_eq!(name, namer.name(1, b"192.0.2.1"));
        assert_ne!(name, namer.name(2, b"192.0.2.1"));
        assert_ne!(name, namer.name(1, b"192.0.2.2"));
        assert_ne!(name, Namer::new().unwrap().name(1, b"192.0.2.1"));
    }
}
