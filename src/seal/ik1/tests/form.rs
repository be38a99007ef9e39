//! The conformance suite, and the form of a token.

#![forbid(unsafe_code)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorCode;
use crate::seal::{Attempt, Done, Opened, SealFormat, conformance};

/// One key of one id, as a format.
struct OneKey {
    key: Ik1Key,
    options: Ik1Options,
}

impl SealFormat for OneKey {
    fn try_seal(&self, payload: &[u8], bound: &Bound, now: Timestamp) -> Result<Attempt<String>> {
        let times = Times { issued_at: now, expires_at: Some(now.plus_millis(60_000.0)) };
        seal(&self.key, KID, bound, payload, times, &self.options).map(Attempt::Ready)
    }

    fn try_unseal(&self, token: &str, bound: &Bound, now: Timestamp) -> Result<Attempt<Opened>> {
        let token = Token::parse(token, &self.options)?;
        if token.kid() != KID {
            return Err(Error::BadMac);
        }
        let payload = token.open(&self.key, bound, now, &self.options)?;
        Ok(Attempt::Ready(Opened { payload, legacy: false, older_key: false, other_format: false }))
    }

    fn request_seal_key(self: Arc<Self>, _: &Bound, _: Timestamp, done: Done) {
        done(Ok(()));
    }

    fn request_unseal_key(self: Arc<Self>, _: String, _: &Bound, _: Timestamp, done: Done) {
        done(Ok(()));
    }
}

#[test]
fn it_conforms() {
    for options in [options(), compressing()] {
        let format = |byte| Arc::new(OneKey { key: key(byte), options });
        conformance::check(&format(1), &format(2));
    }
}

#[test]
fn a_token_tells_its_form_without_a_key() {
    let token = sealed(b"{\"user\":1}", never(), &options());
    assert!(is_ik1(&token));
    let parsed = Token::parse(&token, &options()).unwrap();
    assert_eq!((parsed.kid(), parsed.sealed_len(), parsed.stored_len()), (KID, 24 + 32 + 17 + 10 + 16, 10));
    for other in ["", "ik1", "IK1.a.b", "ik2.a.b", " ik1.a.b", "Fe26.2**0*1*2**3*4"] {
        assert!(!is_ik1(other), "{other}");
    }
}

#[test]
fn only_ids_of_sixteen_word_characters_are_written_and_read() {
    let seal = |kid: &str| seal(&key(1), kid, &bound(), b"{}", never(), &options());
    for kid in ["a", "0", "_", "aZ09_aZ09_aZ09_X"] {
        let token = seal(kid).unwrap();
        assert_eq!(Token::parse(&token, &options()).unwrap().kid(), kid);
    }
    let bytes = body(&seal("a").unwrap());
    for kid in ["", "aZ09_aZ09_aZ09_Xx", "a-b", "a b", "\u{e9}", "a\0", "a=", "*"] {
        assert_eq!(seal(kid).unwrap_err(), Error::InvalidPasswordId, "{kid}");
        assert_eq!(Token::parse(&with_body(kid, &bytes), &options()).unwrap_err(), Refusal::Form, "{kid}");
    }
}

#[test]
fn what_is_sealed_is_read_and_nothing_longer_is_either() {
    let token = sealed(&[b'x'; 1000], never(), &options());
    let exact = Ik1Options { max_token_chars: token.len(), max_payload: 1000, ..options() };
    assert_eq!(sealed(&[b'x'; 1000], never(), &exact).len(), token.len());
    assert_eq!(opened(&token, now(), &exact), Ok(vec![b'x'; 1000]));

    let shorter = Ik1Options { max_token_chars: token.len() - 1, ..options() };
    assert_eq!(
        seal(&key(1), KID, &bound(), &[b'x'; 1000], never(), &shorter),
        Err(Error::TooLarge { length: token.len(), limit: token.len() - 1 })
    );
    assert_eq!(opened(&token, now(), &shorter), Err(Refusal::Length));

    let smaller = Ik1Options { max_payload: 999, ..options() };
    assert_eq!(
        seal(&key(1), KID, &bound(), &[b'x'; 1000], never(), &smaller),
        Err(Error::PayloadTooLarge { length: 1000, limit: 999 })
    );
    assert_eq!(opened(&token, now(), &smaller), Err(Refusal::Payload));
}

#[test]
fn a_token_has_one_spelling() {
    // All three lengths that base64 tells apart.
    for payload in [&b"1"[..], b"12", b"123"] {
        let token = sealed(payload, never(), &options());
        let last = token.chars().last().unwrap();
        let spellings = (0x20..0x7f_u8)
            .filter(|&byte| char::from(byte) != last)
            .map(|byte| format!("{}{}", &token[..token.len() - 1], char::from(byte)))
            .chain(["=", "==", " ", "\n", "\0"].map(|behind| format!("{token}{behind}")))
            .chain(
                [token.replace('-', "+"), token.replace('_', "/")]
                    .into_iter()
                    .filter(|other| *other != token),
            );
        for spelling in spellings {
            assert!(opened(&spelling, now(), &options()).is_err(), "{spelling}");
        }
    }
}

#[test]
fn outside_there_are_two_answers() {
    let refusals = [
        Refusal::Length,
        Refusal::Form,
        Refusal::Base64,
        Refusal::Short,
        Refusal::Commitment,
        Refusal::Tag,
        Refusal::Flags,
        Refusal::Inflation { produced: 1 },
        Refusal::Payload,
    ];
    for refusal in refusals {
        let error = Error::from(refusal);
        assert_eq!((error.code(), error.to_string()), (ErrorCode::SealInvalid, "Bad hmac value".to_owned()));
    }
    let expired = Error::from(Refusal::Expired);
    assert_eq!((expired.code(), expired.to_string()), (ErrorCode::SealExpired, "Expired seal".to_owned()));
}

#[test]
fn debug_shows_no_secret() {
    let token = sealed(b"hunter2", never(), &options());
    let parsed = Token::parse(&token, &options()).unwrap();
    assert_eq!(format!("{:?}, {parsed:?}", Ik1Key::new(b"hunter2")), "Ik1Key, Token(96 bytes)");
}

proptest! {
    #[test]
    fn any_payload_comes_back(payload in proptest::collection::vec(any::<u8>(), 0..1000), compress: bool, run in 1usize..20) {
        let options = Ik1Options { compress, ..options() };
        let payload = payload.repeat(run);
        let token = sealed(&payload, never(), &options);
        prop_assert_eq!(opened(&token, now(), &options), Ok(payload));
    }

    #[test]
    fn no_text_opens_or_panics(text in "(ik1\\.)?[.a-zA-Z0-9_=\u{e9}-]{0,300}") {
        prop_assert!(opened(&text, now(), &options()).is_err());
    }

    #[test]
    fn no_authentic_plaintext_panics(plaintext in proptest::collection::vec(any::<u8>(), 0..200), flags in 0u8..4) {
        let mut plaintext = plaintext;
        if let Some(first) = plaintext.first_mut() {
            *first = flags;
        }
        let outcome = opened(&crafted(&plaintext), now(), &options());
        prop_assert!(outcome != Err(Refusal::Commitment) && outcome != Err(Refusal::Tag));
    }
}
