//! The form of a Fe26.2 token: `Fe26.2*id*salt*iv*ciphertext*expiration*salt*mac`.

#![forbid(unsafe_code)]

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::base64url::{decode, decode_array, decode_authentic, encode};
use crate::seal::iron::options::{IronOptions, MAX_SALT_CHARS};

/// The first part of every token.
pub const PREFIX: &str = "Fe26.2";
const PARTS: usize = 8;

/// A token taken apart. Nothing in it is authentic before the MAC verified.
pub struct Token<'a> {
    /// The password id, empty for none.
    pub id: &'a str,
    /// The salt of the encryption key, empty for a key given as bytes.
    pub encryption_salt: &'a str,
    /// The salt of the MAC's key, empty for a key given as bytes.
    pub integrity_salt: &'a str,
    /// What the MAC is over.
    pub signed: &'a str,
    /// The MAC.
    pub mac: [u8; 32],
    iv: &'a str,
    ciphertext: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart, with every check that needs no key.
    ///
    /// # Errors
    /// `ERR_SEAL_INVALID` for a form that no sealer writes, `ERR_SEAL_EXPIRED` for one that is too old. The expiration
    /// is not authentic yet: a forger can choose between the two answers, and gains nothing.
    pub fn parse(text: &'a str, options: &IronOptions, now: Timestamp) -> Result<Self> {
        let mut parts = [""; PARTS];
        let mut count = 0;
        for part in text.split('*') {
            *parts.get_mut(count).ok_or(Error::Components)? = part;
            count += 1;
        }
        if count != PARTS {
            return Err(Error::Components);
        }
        let [prefix, id, encryption_salt, iv, ciphertext, expiration, integrity_salt, mac] = parts;
        if prefix != PREFIX {
            return Err(Error::Prefix);
        }
        check_expiration(expiration, options, now)?;
        let too_long = |salt: &str| salt.len() > MAX_SALT_CHARS;
        if text.len() > options.max_token_chars || too_long(encryption_salt) || too_long(integrity_salt) {
            return Err(Error::BadMac);
        }
        let signed = &text[..text.len() - integrity_salt.len() - mac.len() - 2];
        Ok(Self {
            id,
            encryption_salt,
            integrity_salt,
            signed,
            mac: decode_array(mac).ok_or(Error::BadMac)?,
            iv,
            ciphertext,
        })
    }

    /// The initialisation vector and the ciphertext of a token whose MAC verified.
    ///
    /// # Errors
    /// `ERR_SEAL_INVALID` when one is not canonical base64url.
    pub fn encrypted(&self) -> Result<([u8; 16], Vec<u8>)> {
        let iv = decode_array(self.iv).ok_or(Error::InvalidBase64)?;
        let ciphertext = decode_authentic(self.ciphertext).ok_or(Error::InvalidBase64)?;
        Ok((iv, ciphertext))
    }

    /// Whether [`encrypted`](Self::encrypted) would succeed, for a token that may be forged.
    #[must_use]
    pub fn can_be_decrypted(&self) -> bool {
        decode_array::<16>(self.iv).is_some() && decode(self.ciphertext).is_some()
    }
}

fn check_expiration(expiration: &str, options: &IronOptions, now: Timestamp) -> Result<()> {
    if expiration.is_empty() {
        return Ok(());
    }
    if expiration.starts_with('0') || !expiration.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::Expiration);
    }
    // Compared as doubles, as JavaScript wrote it and compares it.
    let expires: f64 = expiration.parse().map_err(|_| Error::Expiration)?;
    if expires <= options.now(now).as_millis() - options.skew_ms { Err(Error::Expired) } else { Ok(()) }
}

/// A token that is being written.
pub struct Writer(String);

impl Writer {
    /// Writes everything that the MAC is over.
    #[must_use]
    pub fn new((id, salt): (&str, &str), (iv, ciphertext): (&[u8; 16], &[u8]), expiration: &str) -> Self {
        let encoded = ciphertext.len().div_ceil(3) * 4;
        let mut text = String::with_capacity(id.len() + salt.len() + encoded + MAX_SALT_CHARS + 128);
        for part in [PREFIX, id, salt] {
            text.push_str(part);
            text.push('*');
        }
        encode(iv, &mut text);
        text.push('*');
        encode(ciphertext, &mut text);
        text.push('*');
        text.push_str(expiration);
        Self(text)
    }

    /// What the MAC is over.
    #[must_use]
    pub fn signed(&self) -> &str {
        &self.0
    }

    /// Ends the token with the MAC and its salt.
    ///
    /// # Errors
    /// `ERR_COOKIE_TOO_LARGE` when it is longer than `limit`.
    pub fn finish(mut self, salt: &str, mac: &[u8], limit: usize) -> Result<String> {
        self.0.push('*');
        self.0.push_str(salt);
        self.0.push('*');
        encode(mac, &mut self.0);
        let length = self.0.len();
        if length > limit { Err(Error::TooLarge { length, limit }) } else { Ok(self.0) }
    }
}
