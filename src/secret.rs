//! Bytes that must not be seen: zeroed when dropped, compared in constant time, never printed.

#![forbid(unsafe_code)]

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Secret bytes.
///
/// `Debug` prints only the length, there is no `Display` and no serialisation, and the memory is zeroed on drop.
/// Copies that a cipher keeps while it works are the cipher's.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes ownership of `bytes`, which is zeroed when the value is dropped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Shows the bytes, to the primitive that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Equal in time that depends on the lengths alone.
impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_alone() {
        let secret = SecretBytes::new(b"hunter2".to_vec());
        assert_eq!(format!("{secret:?}"), "SecretBytes(7 bytes)");
    }

    #[test]
    fn equality_is_of_content() {
        let secret = SecretBytes::new(b"abc".to_vec());
        assert_eq!(secret, SecretBytes::new(b"abc".to_vec()));
        assert_ne!(secret, SecretBytes::new(b"abd".to_vec()));
        assert_ne!(secret, SecretBytes::new(b"ab".to_vec()));
        assert!(SecretBytes::new(Vec::new()).is_empty());
    }
}
