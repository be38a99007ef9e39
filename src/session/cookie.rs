//! Cookies of stored sessions: an id, and a MAC by which it can be presented.
//!
//! ```text
//! value = <kid> "." base64url(id) "." base64url(MAC)
//! MAC   = HMAC-SHA256(K, lp(session name) | lp(audience) | lp(kid) | id)[0..16]
//! K     = HKDF-Expand(HKDF-Extract("ironkeep sid", key), "v1", 32)
//! ```
//!
//! `key` is the half of a password that signs, as it is: HKDF does not stretch, so a password that looks typed makes no
//! cookies. `kid` is the id that the password's seals carry, `0` for one without. An id is in one form only, so that there is
//! one cookie for each id and key.

#![forbid(unsafe_code)]

use ring::hmac;
use subtle::ConstantTimeEq;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::keyring::Keyring;
use crate::seal::password::Password;
use crate::seal::{Bound, base64url, lp};
use crate::session::id::SessionId;
use crate::session::keys::{candidates, kid_of};

const MAC: usize = 16;

/// What a cookie holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Presented {
    /// The id.
    pub id: SessionId,
    /// Whether an older key than the one that signs now made it: it should be set again, for the same id.
    pub older_key: bool,
}

/// The cookie of the session with this id, by the key that seals now.
///
/// # Errors
/// `ERR_KEY_WEAK` when that key is missing or guessable, `ERR_CONFIG` when no key of a ring may seal yet.
pub fn sign(keyring: &Keyring, bound: &Bound, id: &SessionId, now: Timestamp) -> Result<String> {
    let password = keyring.sealing(now)?;
    let kid = kid_of(password);
    let mac = mac(password, bound, kid, id).ok_or(Error::WeakForIds)?;
    let mut value = format!("{kid}.");
    base64url::encode(id.expose(), &mut value);
    value.push('.');
    base64url::encode(&mac, &mut value);
    password.uses.count_sealed();
    Ok(value)
}

/// The id of a cookie that a key made which is still there. `None` for whatever else it is.
///
/// # Errors
/// `ERR_KEY_UNKNOWN` when it has the form of a cookie and names a key that is not there.
pub fn open(keyring: &Keyring, bound: &Bound, value: &str, now: Timestamp) -> Result<Option<Presented>> {
    let mut parts = value.split('.');
    let (Some(kid), Some(id), Some(given), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Ok(None);
    };
    let (Some(id), Some(given)) = (SessionId::decode(id), base64url::decode_array::<MAC>(given)) else {
        return Ok(None);
    };
    let named = candidates(keyring, kid, now);
    if named.is_empty() {
        return keyring.opening(kid, now).map(|_| None);
    }
    let maker = named
        .into_iter()
        .find(|candidate| mac(candidate.password, bound, kid, &id).is_some_and(|mac| bool::from(mac.ct_eq(&given))));
    Ok(maker.map(|candidate| {
        candidate.password.uses.count_opened();
        Presented { id, older_key: candidate.older }
    }))
}

/// `None` by a password that is missing or guessable.
fn mac(password: &Password, bound: &Bound, kid: &str, id: &SessionId) -> Option<[u8; MAC]> {
    let mut context = hmac::Context::with_key(password.session_ids()?);
    context.update(&lp::join(&[&bound.name, &bound.audience, kid]));
    context.update(id.expose());
    let mut short = [0; MAC];
    short.copy_from_slice(&context.sign().as_ref()[..MAC]);
    Some(short)
}

#[cfg(test)]
mod tests;
