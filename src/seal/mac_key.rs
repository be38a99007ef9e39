//! Keys of MACs that are made from a secret as it is.

#![forbid(unsafe_code)]

use ring::hmac;
use zeroize::Zeroizing;

use crate::seal::hkdf::Prk;
use crate::seal::password::Half;
use crate::seal::strength;

const KEY: usize = 32;
/// The least size of a key given as bytes.
const MIN_KEY_BYTES: usize = 32;

/// The HMAC-SHA256 key of one use of a secret: Extract under `label`, Expand under `context`.
///
/// `None` for a secret that is guessable: what is made with the key shows a MAC, which guesses can be tried on at full speed.
#[must_use]
pub fn mac_key(half: &Half, label: &[u8], context: &[u8]) -> Option<hmac::Key> {
    let is_strong = match half {
        Half::Text(text) => text.is_strong(),
        Half::Bytes(bytes) => bytes.len() >= MIN_KEY_BYTES && !strength::are_guessable(bytes.expose()),
    };
    if !is_strong {
        return None;
    }
    let mut key = Zeroizing::new([0; KEY]);
    Prk::extract(label, half.secret().expose()).expand(&[context], key.as_mut_slice())?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
}
