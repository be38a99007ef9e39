//! New keys, for whoever configures a ring.

#![forbid(unsafe_code)]

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::seal::base64url::encode;

/// How many random bytes a key has: as many as a token's own keys.
const KEY_BYTES: usize = 32;

/// A new key: 32 random bytes as 43 characters of base64url, which serve as the text of a password too.
///
/// The text is the caller's to guard: it goes to JavaScript, whose strings cannot be zeroed.
///
/// # Errors
/// `ERR_INTERNAL` when the system has no random bytes.
pub fn random_key() -> Result<String> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
    let mut text = String::new();
    encode(bytes.as_ref(), &mut text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::base64url::decode_array;
    use crate::seal::strength::is_strong;

    #[test]
    fn a_key_is_32_bytes_and_passes_the_check_of_strength() {
        for _ in 0..1000 {
            let key = random_key().unwrap();
            assert!(decode_array::<KEY_BYTES>(&key).is_some());
            assert!(is_strong(&key));
        }
    }

    #[test]
    fn every_byte_of_a_key_changes() {
        let keys: Vec<_> = (0..64).map(|_| decode_array::<KEY_BYTES>(&random_key().unwrap()).unwrap()).collect();
        for place in 0..KEY_BYTES {
            assert!(keys.iter().any(|key| key[place] != keys[0][place]), "byte {place} never changes");
        }
    }
}
