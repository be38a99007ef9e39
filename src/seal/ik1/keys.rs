//! The key, the nonce and the commitment of one token.

#![forbid(unsafe_code)]

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::seal::ik1::Ik1Key;
use crate::seal::ik1::gcm::{self, KEY, NONCE, TAG};
use crate::seal::lp;

/// Random bytes that stand in front of each token: so many that two tokens never share them by chance.
pub(super) const SALT: usize = 24;
pub(super) const COMMITMENT: usize = 32;

/// The first byte of the context. Another layout of what is derived would have another.
const VERSION: u8 = 1;

/// What HKDF gives for one token. It is zeroed when dropped; the key schedule that ring makes of it is ring's.
pub(super) struct TokenKeys {
    key: Zeroizing<[u8; KEY]>,
    nonce: [u8; NONCE],
    commitment: [u8; COMMITMENT],
}

impl TokenKeys {
    pub(super) fn derive(key: &Ik1Key, purpose: &str, salt: &[u8; SALT]) -> Option<Self> {
        let mut okm = Zeroizing::new([0; KEY + NONCE + COMMITMENT]);
        key.0
            .expand(&[&[VERSION], &lp::length(purpose), purpose.as_bytes(), salt], okm.as_mut_slice())?;
        let (key, rest) = okm.split_first_chunk()?;
        let (nonce, commitment) = rest.split_first_chunk()?;
        Some(Self { key: Zeroizing::new(*key), nonce: *nonce, commitment: commitment.try_into().ok()? })
    }

    /// What a token of this key and this salt carries, which tells nothing about the key.
    pub(super) fn commitment(&self) -> &[u8; COMMITMENT] {
        &self.commitment
    }

    /// Whether a token's commitment is the one of this key, in time that does not tell where they differ.
    pub(super) fn are_committed_to(&self, commitment: &[u8; COMMITMENT]) -> bool {
        self.commitment.ct_eq(commitment).into()
    }

    pub(super) fn seal(&self, associated: &[u8], data: &mut [u8]) -> Option<[u8; TAG]> {
        gcm::seal(&self.key, &self.nonce, associated, data)
    }

    pub(super) fn open(&self, associated: &[u8], data: &mut [u8]) -> Option<usize> {
        gcm::open(&self.key, &self.nonce, associated, data)
    }

    /// The key and the nonce, for a test that builds AES-GCM from its parts.
    #[cfg(test)]
    pub(super) fn parts(&self) -> ([u8; KEY], [u8; NONCE]) {
        (*self.key, self.nonce)
    }
}
