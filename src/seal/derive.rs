//! PBKDF2-HMAC-SHA1, the key derivation of iron (RFC 8018, section 5.2).

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::seal::key_cache::{ProcessKey, SecretId};
use crate::seal::strength;
use crate::secret::SecretBytes;

/// The most iterations that are run on the calling thread: one derivation stays under some 20 us.
pub const MAX_INLINE_ITERATIONS: u32 = 100;

/// A password as text, ready to derive from.
pub struct TextSecret {
    bytes: SecretBytes,
    utf16_len: usize,
    strong: bool,
    id: SecretId,
    /// HMAC-SHA1 with the password absorbed: a derivation of one iteration costs half as much with it.
    keyed: Option<Hmac<Sha1>>,
    /// Whether the key ring that it was of has dropped it.
    retired: AtomicBool,
}

impl TextSecret {
    /// Takes a password. It may be empty: that is refused when it is used, as iron does.
    #[must_use]
    pub fn new(text: &str, process: &ProcessKey) -> Self {
        Self {
            utf16_len: text.encode_utf16().count(),
            strong: strength::is_strong(text),
            id: process.secret_id(text.as_bytes()),
            keyed: Hmac::new_from_slice(text.as_bytes()).ok(),
            bytes: SecretBytes::new(text.as_bytes().to_vec()),
            retired: AtomicBool::new(false),
        }
    }

    /// The length as JavaScript counts it.
    #[must_use]
    pub fn utf16_len(&self) -> usize {
        self.utf16_len
    }

    /// Whether it passes the strength check of key rings.
    #[must_use]
    pub fn is_strong(&self) -> bool {
        self.strong
    }

    /// A name for this secret that reveals nothing of it.
    #[must_use]
    pub fn id(&self) -> &SecretId {
        &self.id
    }

    /// The password's bytes.
    #[must_use]
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// Marks it as dropped by its key ring: what is derived from it is not kept any more.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
    }

    /// Whether it was dropped by its key ring.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::SeqCst)
    }

    /// Derives `length` bytes from `salt`. Zero iterations count as one.
    #[must_use]
    pub fn derive(&self, salt: &str, iterations: u32, length: usize) -> SecretBytes {
        let mut out = vec![0; length];
        match &self.keyed {
            Some(keyed) if iterations <= 1 => one_iteration(keyed, salt.as_bytes(), &mut out),
            _ => pbkdf2::pbkdf2_hmac::<Sha1>(self.bytes.expose(), salt.as_bytes(), iterations.max(1), &mut out),
        }
        SecretBytes::new(out)
    }
}

/// With one iteration each block is a single HMAC of the salt and the block's number. The salt is absorbed once for all.
fn one_iteration(keyed: &Hmac<Sha1>, salt: &[u8], out: &mut [u8]) {
    let mut salted = keyed.clone();
    salted.update(salt);
    for (number, block) in (1u32..).zip(out.chunks_mut(20)) {
        let mut mac = salted.clone();
        mac.update(&number.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        block.copy_from_slice(&digest[..block.len()]);
    }
}

impl fmt::Debug for TextSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::salt::hex;

    /// RFC 6070.
    #[test]
    fn published_vectors() {
        let process = ProcessKey::new().unwrap();
        for (iterations, expected) in [
            (1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            (2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
            (4096, "4b007901b765489abead49d926f721d065a429c1"),
        ] {
            let secret = TextSecret::new("password", &process);
            assert_eq!(hex(secret.derive("salt", iterations, 20).expose()), expected);
        }
    }

    #[test]
    fn the_short_cut_for_one_iteration_is_pbkdf2() {
        let secret = TextSecret::new("a password", &ProcessKey::new().unwrap());
        for length in [16, 20, 32, 41] {
            let mut expected = vec![0; length];
            pbkdf2::pbkdf2_hmac::<Sha1>(b"a password", b"the salt", 1, &mut expected);
            assert_eq!(secret.derive("the salt", 1, length).expose(), expected);
        }
    }

    #[test]
    fn length_is_counted_in_utf16_units() {
        assert_eq!(TextSecret::new("a\u{1f511}", &ProcessKey::new().unwrap()).utf16_len(), 3);
    }
}
