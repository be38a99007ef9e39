//! ik1 written once more, from docs/formats.md: it seals any plaintext, also one that is none.

#![forbid(unsafe_code)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironkeep::seal::Bound;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};

/// Always the same, so that an input means the same in every run. No other sealer may do so.
const SALT: [u8; 24] = [9; 24];
const PURPOSE: &str = "session";

struct Keys {
    cipher: LessSafeKey,
    nonce: [u8; 12],
    commitment: [u8; 32],
}

struct Okm;

impl KeyType for Okm {
    fn len(&self) -> usize {
        76
    }
}

fn lp(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

fn derived(secret: &str) -> Option<Keys> {
    let mut okm = [0; 76];
    let prk = Salt::new(HKDF_SHA256, b"ironkeep ik1").extract(secret.as_bytes());
    prk.expand(&[&[1], &lp(PURPOSE), &SALT], Okm).ok()?.fill(&mut okm).ok()?;
    Some(Keys {
        cipher: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &okm[..32]).ok()?),
        nonce: okm[32..44].try_into().ok()?,
        commitment: okm[44..].try_into().ok()?,
    })
}

/// A token of that plaintext, under the key with that id.
pub(super) fn seal((kid, secret): (&str, &str), bound: &Bound, plaintext: &[u8]) -> String {
    assert_eq!(bound.purpose, PURPOSE);
    let texts = ["ik1", kid, PURPOSE, &bound.name, &bound.audience];
    let associated = Aad::from(texts.map(lp).concat());
    let mut encrypted = plaintext.to_vec();
    let sealed = derived(secret).and_then(|keys| {
        let nonce = Nonce::assume_unique_for_key(keys.nonce);
        let tag = keys.cipher.seal_in_place_separate_tag(nonce, associated, &mut encrypted).ok()?;
        Some([&SALT[..], &keys.commitment, &encrypted, tag.as_ref()].concat())
    });
    format!("ik1.{kid}.{}", URL_SAFE_NO_PAD.encode(sealed.unwrap_or_default()))
}
