//! CSRF tokens: a MAC over a session's id, which another site can neither read nor make.
//!
//! ```text
//! token = <kid> "." base64url(nonce 16 | MAC 32)
//! MAC   = HMAC-SHA256(K, lp(session name) | lp(audience) | lp(kid) | lp(session id) | nonce)
//! K     = HKDF-Expand(HKDF-Extract("ironkeep csrf", key), "v1", 32)
//! ```
//!
//! `key` is the half of a password that signs, as it is: HKDF does not stretch, so a password that looks typed makes no
//! tokens. `kid` is the id that the password's seals carry, `0` for one without. Each token has a nonce of its own, so that a
//! page that is compressed tells nothing about the next token in its length (BREACH). A token is good for as long as its
//! session has that id and its key is there.

#![forbid(unsafe_code)]

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::keyring::Keyring;
use crate::seal::mac_key::mac_key;
use crate::seal::password::{Half, Password};
use crate::seal::{Bound, base64url, lp};
use crate::session::keys::{candidates, kid_of};

const EXTRACT_LABEL: &[u8] = b"ironkeep csrf";
const EXPAND_LABEL: &[u8] = b"v1";
const NONCE: usize = 16;
const MAC: usize = 32;

/// A new token for the session with this id, of the key that seals now.
///
/// # Errors
/// `ERR_KEY_WEAK` when that key is missing or guessable, `ERR_CONFIG` when no key of a ring may seal yet.
pub fn token(keyring: &Keyring, bound: &Bound, session_id: &str, now: Timestamp) -> Result<String> {
    let password = keyring.sealing(now)?;
    let mut nonce = [0; NONCE];
    SystemRandom::new().fill(&mut nonce).map_err(|_| Error::Random)?;
    let made = token_with(password, bound, session_id, nonce)?;
    password.uses.count_sealed();
    Ok(made)
}

/// Whether `token` was made for the session with this id, by a key that is still there. Whatever else it is, it is not.
#[must_use]
pub fn verify(keyring: &Keyring, bound: &Bound, session_id: &str, token: &str) -> bool {
    let Some((kid, encoded)) = token.split_once('.') else { return false };
    let Some(bytes) = base64url::decode_array::<{ NONCE + MAC }>(encoded) else { return false };
    let (nonce, mac) = bytes.split_at(NONCE);
    // Age does not matter, so no time is asked for.
    let epoch = Timestamp::from_millis(0.0);
    let maker = candidates(keyring, kid, epoch).into_iter().find(|candidate| {
        let Some(key) = candidate.password.integrity.as_ref().and_then(own_key) else { return false };
        hmac::verify(&key, &message(bound, kid, session_id, nonce), mac).is_ok()
    });
    if let Some(candidate) = &maker {
        candidate.password.uses.count_opened();
    }
    maker.is_some()
}

fn token_with(password: &Password, bound: &Bound, session_id: &str, nonce: [u8; NONCE]) -> Result<String> {
    let (_, signing) = password.halves()?;
    let key = own_key(signing).ok_or(Error::WeakForCsrf)?;
    let kid = kid_of(password);
    let mac = hmac::sign(&key, &message(bound, kid, session_id, &nonce));
    let mut token = format!("{kid}.");
    base64url::encode(&[&nonce, mac.as_ref()].concat(), &mut token);
    Ok(token)
}

/// `None` for a secret that is guessable.
fn own_key(half: &Half) -> Option<hmac::Key> {
    mac_key(half, EXTRACT_LABEL, EXPAND_LABEL)
}

fn message(bound: &Bound, kid: &str, session_id: &str, nonce: &[u8]) -> Vec<u8> {
    let mut message = lp::join(&[&bound.name, &bound.audience, kid, session_id]);
    message.extend_from_slice(nonce);
    message
}

#[cfg(test)]
mod tests;
