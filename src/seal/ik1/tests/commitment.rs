//! The commitment: a ciphertext opens under one key at most, though AES-GCM alone lets one open under two.

#![forbid(unsafe_code)]

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use super::*;

/// The purpose, and so the context of the derivation, is the same for both keys.
fn derived(byte: u8, salt: [u8; SALT]) -> TokenKeys {
    TokenKeys::derive(&key(byte), &bound().purpose, &salt).unwrap()
}

fn token_of(salt: [u8; SALT], commitment: &[u8; COMMITMENT], encrypted: &[u8]) -> String {
    with_body(KID, &[&salt[..], commitment, encrypted].concat())
}

fn opened_by(byte: u8, token: &str) -> Result<Vec<u8>, Refusal> {
    Token::parse(token, &options())?.open(&key(byte), &bound(), now(), &options())
}

#[test]
fn a_ciphertext_that_is_valid_under_the_key_is_refused_by_another_keys_commitment() {
    let salt = [5; SALT];
    let token = write(&key(1), KID, &bound(), &salt, &[&never().header(0), b"{}"], usize::MAX).unwrap();
    let encrypted = &body(&token)[LEAD..];
    // Its GCM is beyond reproach.
    assert!(derived(1, salt).open(&associated_data(KID, &bound()), &mut encrypted.to_vec()).is_some());
    assert_eq!(opened_by(1, &token_of(salt, derived(1, salt).commitment(), encrypted)), Ok(b"{}".to_vec()));
    assert_eq!(opened_by(1, &token_of(salt, derived(2, salt).commitment(), encrypted)), Err(Refusal::Commitment));
}

#[test]
fn one_ciphertext_under_two_keys_opens_under_the_one_that_it_commits_to() {
    let salt = [6; SALT];
    let associated = associated_data(KID, &bound());
    let payload = b"{\"user\":\"ann\"}.";
    let plaintext = [&never().header(0)[..], payload].concat();
    let encrypted = colliding([&derived(1, salt), &derived(2, salt)], &associated, &plaintext);
    for byte in [1, 2] {
        assert!(derived(byte, salt).open(&associated, &mut encrypted.clone()).is_some(), "AES-GCM takes it for both");
    }

    let to_first = token_of(salt, derived(1, salt).commitment(), &encrypted);
    assert_eq!(&opened_by(1, &to_first).unwrap()[..payload.len()], payload);
    assert_eq!(opened_by(2, &to_first), Err(Refusal::Commitment));

    let to_second = token_of(salt, derived(2, salt).commitment(), &encrypted);
    assert_eq!(opened_by(1, &to_second), Err(Refusal::Commitment));
    assert!(!matches!(opened_by(2, &to_second), Err(Refusal::Commitment | Refusal::Tag)));
}

#[test]
fn every_bit_of_the_commitment_is_compared() {
    let token = sealed(b"{}", never(), &options());
    for bit in 0..COMMITMENT * 8 {
        let mut bytes = body(&token);
        bytes[SALT + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened_by(1, &with_body(KID, &bytes)), Err(Refusal::Commitment), "bit {bit}");
    }
}

#[test]
fn no_two_tokens_share_a_key_a_nonce_or_a_commitment() {
    let of = |byte, salt: u8, purpose: &str| {
        let keys = TokenKeys::derive(&key(byte), purpose, &[salt; SALT]).unwrap();
        (keys.parts().0, keys.parts().1, *keys.commitment())
    };
    let first = of(1, 1, "session");
    assert_eq!(first, of(1, 1, "session"));
    for (byte, salt, purpose) in [(2, 1, "session"), (1, 2, "session"), (1, 1, "csrf")] {
        let other = of(byte, salt, purpose);
        assert!(first.0 != other.0 && first.1 != other.1 && first.2 != other.2, "{byte} {salt} {purpose}");
    }
}

/// A ciphertext with a tag that AES-GCM takes under both keys. `plaintext`, of two blocks, is what the first one finds.
///
/// The hash of GCM is linear in the ciphertext: a third block can be chosen such that both keys come to one tag.
fn colliding(keys: [&TokenKeys; 2], associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let [first, second] = keys.map(Gcm::new);
    let stream: Vec<u8> = (2..4u32).flat_map(|counter| first.block(counter).to_be_bytes()).collect();
    let mut ciphertext: Vec<u8> = plaintext.iter().zip(&stream).map(|(text, pad)| text ^ pad).collect();
    assert_eq!(ciphertext.len(), 32);

    let with = |ciphertext: &[u8], block: u128| [ciphertext, &block.to_be_bytes()].concat();
    let without = with(&ciphertext, 0);
    let difference = first.tag(associated, &without) ^ second.tag(associated, &without);
    let weight = multiply(first.hash_key, first.hash_key) ^ multiply(second.hash_key, second.hash_key);
    ciphertext = with(&ciphertext, multiply(difference, inverse(weight)));
    let tag = first.tag(associated, &ciphertext);
    assert_eq!(tag, second.tag(associated, &ciphertext));
    with(&ciphertext, tag)
}

/// AES-GCM from its parts (NIST SP 800-38D).
struct Gcm {
    cipher: Aes256,
    nonce: [u8; gcm::NONCE],
    hash_key: u128,
}

impl Gcm {
    fn new(keys: &TokenKeys) -> Self {
        let (key, nonce) = keys.parts();
        let cipher = Aes256::new(&key.into());
        let mut zero = [0; 16].into();
        cipher.encrypt_block(&mut zero);
        Self { cipher, nonce, hash_key: u128::from_be_bytes(zero.into()) }
    }

    fn block(&self, counter: u32) -> u128 {
        let mut block = [0; 16];
        block[..gcm::NONCE].copy_from_slice(&self.nonce);
        block[gcm::NONCE..].copy_from_slice(&counter.to_be_bytes());
        let mut block = block.into();
        self.cipher.encrypt_block(&mut block);
        u128::from_be_bytes(block.into())
    }

    fn tag(&self, associated: &[u8], ciphertext: &[u8]) -> u128 {
        let mut hash = 0;
        for chunk in associated.chunks(16).chain(ciphertext.chunks(16)) {
            let mut block = [0; 16];
            block[..chunk.len()].copy_from_slice(chunk);
            hash = multiply(hash ^ u128::from_be_bytes(block), self.hash_key);
        }
        let bits = |bytes: &[u8]| u128::try_from(bytes.len() * 8).unwrap();
        let lengths = (bits(associated) << 64) | bits(ciphertext);
        multiply(hash ^ lengths, self.hash_key) ^ self.block(1)
    }
}

/// In GF(2^128), with the bits in the order of GCM.
fn multiply(left: u128, right: u128) -> u128 {
    let (mut product, mut shifted) = (0, right);
    for bit in (0..128).rev() {
        if (left >> bit) & 1 == 1 {
            product ^= shifted;
        }
        shifted = (shifted >> 1) ^ if shifted & 1 == 1 { 0xe1 << 120 } else { 0 };
    }
    product
}

/// The power to 2^128 - 2.
fn inverse(number: u128) -> u128 {
    let (mut power, mut square) = (1 << 127, number);
    for _ in 0..127 {
        square = multiply(square, square);
        power = multiply(power, square);
    }
    power
}
