//! The form of a token: it is taken apart into what it is put together from, and every text of that form is.

#![forbid(unsafe_code)]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironkeep::error::ErrorCode;
use ironkeep::seal::iron::options::{IronOptions, MAX_SALT_CHARS};
use ironkeep::seal::iron::token::Token;
use ironkeep::seal::key_cache::KeyUse;

use super::readers::{MAX_TOKEN, now, options};

/// [`super::readers::NOW`] less the skew: what expires then has expired.
const EXPIRED: &str = "1794999940000";

static OPTIONS: LazyLock<IronOptions> = LazyLock::new(|| options(KeyUse::Aes256Cbc, 1, &[]));

/// Checks any bytes.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let parts: Vec<&str> = text.split('*').collect();
    match Token::parse(text, &OPTIONS, now()) {
        Err(error) => {
            assert!(!is_token(&parts, text.len()), "a token is refused: {error}");
            let code = error.code();
            assert!(matches!(code, ErrorCode::SealInvalid | ErrorCode::SealExpired), "{code:?}");
        }
        Ok(token) => {
            assert!(is_token(&parts, text.len()), "what is no token is taken apart");
            let mac = URL_SAFE_NO_PAD.encode(token.mac);
            assert_eq!(format!("{}*{}*{mac}", token.signed, token.integrity_salt), text);
            assert_eq!([token.id, token.encryption_salt, token.integrity_salt], [parts[1], parts[2], parts[6]]);
            match token.encrypted() {
                Ok((iv, ciphertext)) => {
                    assert_eq!(URL_SAFE_NO_PAD.encode(iv), parts[3]);
                    assert_eq!(URL_SAFE_NO_PAD.encode(ciphertext), parts[4]);
                }
                Err(_) => assert!(!(is_bytes(parts[3], Some(16)) && is_bytes(parts[4], None))),
            }
        }
    }
}

/// The form, written down once more and in another way.
fn is_token(parts: &[&str], length: usize) -> bool {
    let [prefix, _id, encryption_salt, _iv, _ciphertext, expiration, integrity_salt, mac] = parts else { return false };
    length <= MAX_TOKEN
        && *prefix == "Fe26.2"
        && is_current(expiration)
        && encryption_salt.len() <= MAX_SALT_CHARS
        && integrity_salt.len() <= MAX_SALT_CHARS
        && is_bytes(mac, Some(32))
}

/// Compared as decimal digits: a number without leading zeros is the greater one when it is longer.
fn is_current(expiration: &str) -> bool {
    let is_number = expiration.bytes().all(|byte| byte.is_ascii_digit()) && !expiration.starts_with('0');
    expiration.is_empty() || is_number && (expiration.len(), expiration) > (EXPIRED.len(), EXPIRED)
}

/// Whether a text is canonical base64url of so many bytes: the alphabet alone, a length that is one of bytes, and no
/// bit set that belongs to no byte.
fn is_bytes(text: &str, count: Option<usize>) -> bool {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let Some(values) = text
        .bytes()
        .map(|byte| ALPHABET.iter().position(|&other| other == byte))
        .collect::<Option<Vec<usize>>>()
    else {
        return false;
    };
    let unused = match values.len() % 4 {
        0 => 1,
        2 => 16,
        3 => 4,
        _ => return false,
    };
    values.last().is_none_or(|last| last % unused == 0) && count.is_none_or(|count| values.len() * 3 / 4 == count)
}
