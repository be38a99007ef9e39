//! What is behind the MAC: any text with the MAC that is right for it. A forger does not get there, and a peer's sealer does.

#![forbid(unsafe_code)]

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironkeep::error::{Error, Result};
use ironkeep::seal::derive::TextSecret;
use ironkeep::seal::iron::options::IronOptions;
use ironkeep::seal::iron::token::{Token, Writer};
use ironkeep::seal::iron::{Iron, cipher};
use ironkeep::seal::key_cache::{KeyUse, ProcessKey};
use ironkeep::seal::keyring::PasswordSpec;
use ironkeep::seal::{Attempt, SealFormat};
use ring::hmac;

use super::readers::{KEY, STRONG, bound, bytes, now, options, reader, text};

struct Signer {
    iron: Arc<Iron>,
    options: IronOptions,
    usage: KeyUse,
    /// Absent where the key is given as bytes.
    secret: Option<TextSecret>,
}

static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(|| {
    let signer = |usage, secret: Option<&str>| -> Result<Signer> {
        let password = secret.map_or_else(|| bytes(""), text);
        let options = options(usage, 1, &[]);
        Ok(Signer {
            iron: reader(PasswordSpec::Positional(vec![password]), options.clone())?,
            options,
            usage,
            secret: secret
                .map(|secret| -> Result<TextSecret> { Ok(TextSecret::new(secret, &ProcessKey::new()?)) })
                .transpose()?,
        })
    };
    let ciphers = [KeyUse::Aes256Cbc, KeyUse::Aes128Ctr].into_iter();
    let signers = ciphers.flat_map(|usage| [signer(usage, None), signer(usage, Some(STRONG))]);
    let made: Vec<_> = signers.flatten().collect();
    assert_eq!(made.len(), 4);
    made
});

impl Signer {
    fn key(&self, salt: &str, usage: KeyUse) -> Vec<u8> {
        let derived = self.secret.as_ref().map(|secret| secret.derive(salt, 1, usage.key_len()));
        derived.map_or_else(|| KEY.to_vec(), |key| key.expose().to_vec())
    }

    /// What opens is what a sealer writes from the same parts, and what does not has a reason other than its MAC.
    fn check(&self, signed: &str, salt: &str) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key(salt, KeyUse::Integrity));
        let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
        let sealed = format!("{signed}*{salt}*{mac}");
        let outcome = self.iron.try_unseal(&sealed, &bound(), now());
        assert_ne!(outcome, Ok(Attempt::NeedsKey), "one iteration is derived at once");
        let Ok(token) = Token::parse(&sealed, &self.options, now()) else {
            return assert!(outcome.is_err(), "what is no token opens");
        };
        if salt.is_empty() != self.secret.is_none() {
            return assert_eq!(outcome, Err(Error::BadMac));
        }
        match outcome {
            Ok(Attempt::NeedsKey) => {}
            Ok(Attempt::Ready(opened)) => {
                assert_eq!(self.written(&token, signed, &opened.payload).as_deref(), Ok(signed));
            }
            Err(Error::InvalidBase64) => assert!(token.encrypted().is_err()),
            Err(error) => assert!(error == Error::Decrypt && self.may_not_decrypt(&token), "{error}"),
        }
    }

    /// Padding is wrong in CBC alone, and a password of text needs a salt.
    fn may_not_decrypt(&self, token: &Token<'_>) -> bool {
        self.usage == KeyUse::Aes256Cbc || self.secret.is_some() && token.encryption_salt.is_empty()
    }

    /// What a sealer writes before the MAC, for that payload and with that token's id, salt, iv and expiration.
    fn written(&self, token: &Token<'_>, signed: &str, payload: &[u8]) -> Result<String> {
        let (iv, _) = token.encrypted()?;
        let ciphertext = cipher::encrypt(self.usage, &self.key(token.encryption_salt, self.usage), &iv, payload)?;
        let expiration = signed.rsplit('*').next().unwrap_or_default();
        Ok(Writer::new((token.id, token.encryption_salt), (&iv, &ciphertext), expiration)
            .signed()
            .to_owned())
    }
}

/// Checks any bytes: a token without its MAC.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else { return };
    let Some((signed, salt)) = data.rsplit_once('*') else { return };
    for signer in SIGNERS.iter() {
        signer.check(signed, salt);
    }
}
