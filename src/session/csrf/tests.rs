//! The published derivation, and what makes a token another's.

#![forbid(unsafe_code)]

use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::clock::stopped;
use crate::error::ErrorCode;
use crate::seal::hkdf::Prk;
use crate::seal::key_cache::ProcessKey;
use crate::seal::keyring::{MapRules, PasswordSpec};
use crate::seal::password::{RawPassword, RawSecret};
use crate::seal::ring::{Ring, RingEntry};
use crate::seal::shared::Shared;
use crate::secret::SecretBytes;

const SECRET: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const OTHER: &str = "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC";
const THIRD: &str = "mN2bV4cX6zA8sD0fG1hJ3kL5pO7iU9yT";
const ID: &str = "0b7f5f3e-8a51-4a0c-9d6b-3c5a2f1e7d90";

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000.0)
}

fn bound() -> Bound {
    Bound { purpose: "session".into(), name: "h3".into(), audience: String::new() }
}

fn text(secret: &str) -> RawSecret {
    RawSecret::Text(secret.to_owned().into())
}

fn bytes(bytes: impl Into<Vec<u8>>) -> RawSecret {
    RawSecret::Bytes(SecretBytes::new(bytes.into()))
}

fn password(id: &str, encryption: RawSecret, integrity: RawSecret) -> RawPassword {
    RawPassword { id: id.into(), encryption: Some(encryption), integrity: Some(integrity) }
}

fn of(id: &str, secret: &str) -> RawPassword {
    password(id, text(secret), text(secret))
}

fn keyring(spec: PasswordSpec) -> Keyring {
    Keyring::new(spec, MapRules::Session, &ProcessKey::new().unwrap()).unwrap()
}

fn list(passwords: Vec<RawPassword>) -> Keyring {
    keyring(PasswordSpec::Positional(passwords))
}

fn plain(secret: &str) -> Keyring {
    list(vec![of("", secret)])
}

fn map(entries: &[(&str, &str)]) -> Keyring {
    keyring(PasswordSpec::Map(entries.iter().map(|(id, secret)| ((*id).to_owned(), of("", secret))).collect()))
}

fn ring(entries: Vec<(&str, RawSecret, f64)>) -> Arc<Ring> {
    let shared = Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok()), stopped()).unwrap();
    Ring::new(entries.into_iter().map(entry).collect(), shared).unwrap()
}

fn entry((id, secret, from): (&str, RawSecret, f64)) -> RingEntry {
    RingEntry { id: id.into(), secret, seal_from: Timestamp::from_millis(from) }
}

fn made(keyring: &Keyring) -> String {
    token(keyring, &bound(), ID, now()).unwrap()
}

fn is_good(keyring: &Keyring, token: &str) -> bool {
    verify(keyring, &bound(), ID, token)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_token_is_that_of_the_published_derivation() {
    let file: Value = serde_json::from_str(include_str!("../../../__test__/vectors/csrf.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    for vector in vectors {
        let field = |name: &str| vector[name].as_str().unwrap();
        let secret = || match vector["secret"]["hex"].as_str() {
            Some(hex) => bytes(unhex(hex)),
            None => text(vector["secret"]["text"].as_str().unwrap()),
        };
        let keys = match field("kid") {
            "0" => Arc::new(list(vec![password("", secret(), secret())])),
            kid => ring(vec![(kid, secret(), 0.0)]).current().unwrap(),
        };
        let bound = Bound { name: field("name").into(), audience: field("audience").into(), ..bound() };
        let nonce = unhex(field("nonceHex")).try_into().unwrap();
        let token = token_with(keys.sealing(now()).unwrap(), &bound, field("sessionId"), nonce).unwrap();
        assert_eq!(token, field("token"), "{}", field("title"));
        assert!(verify(&keys, &bound, field("sessionId"), field("token")), "{}", field("title"));
    }
    assert_eq!(vectors.len(), 7);
}

#[test]
fn every_token_is_another_and_each_is_good() {
    let keys = plain(SECRET);
    let (first, second) = (made(&keys), made(&keys));
    assert_ne!(first, second);
    assert!(is_good(&keys, &first) && is_good(&keys, &second) && is_good(&keys, &first));
    assert_eq!(first.len(), "0.".len() + 64);
}

#[test]
fn another_session_name_or_audience_has_other_tokens() {
    let keys = plain(SECRET);
    let token = made(&keys);
    let named = |name: &str, audience: &str| Bound { name: name.into(), audience: audience.into(), ..bound() };
    assert!(verify(&keys, &named("h3", ""), ID, &token));
    assert!(!verify(&keys, &named("h3", ""), "another", &token));
    assert!(!verify(&keys, &named("h3", ""), "", &token));
    assert!(!verify(&keys, &named("admin", ""), ID, &token));
    assert!(!verify(&keys, &named("h3", "shop"), ID, &token));
    assert!(!is_good(&plain(OTHER), &token));
}

#[test]
fn no_character_can_change() {
    let keys = plain(SECRET);
    let token = made(&keys);
    for at in 0..token.len() {
        for wrong in ['A', 'B', '0', '1', '.', '=', '+', '\u{e9}'] {
            if token[at..].starts_with(wrong) {
                continue;
            }
            let changed = format!("{}{wrong}{}", &token[..at], &token[at + 1..]);
            assert!(!is_good(&keys, &changed), "{wrong} at {at}");
        }
    }
    let (_, encoded) = token.split_once('.').unwrap();
    let odd =
        ["", ".", "0.", encoded, "0.AAAA", "00.", &token[1..], &format!("{token}A"), &format!("{token}.{encoded}")];
    for odd in odd {
        assert!(!is_good(&keys, odd), "{odd}");
    }
    assert!(!is_good(&keys, &format!("1.{encoded}")), "another key's name");
}

#[test]
fn the_previous_password_still_opens() {
    let both = list(vec![of("", SECRET), of("", OTHER)]);
    assert!(is_good(&both, &made(&plain(OTHER))));
    assert!(is_good(&plain(SECRET), &made(&both)));
    assert!(!is_good(&both, &made(&plain(THIRD))));
}

#[test]
fn a_maps_keys_have_their_ids() {
    let keys = map(&[("1", OTHER), ("2", SECRET)]);
    let token = made(&keys);
    assert!(token.starts_with("2."));
    assert!(is_good(&keys, &token));
    assert!(is_good(&keys, &made(&map(&[("1", OTHER)]))));
    assert!(!is_good(&map(&[("1", OTHER)]), &token));
    let zero = map(&[("0", SECRET), ("1", OTHER)]);
    assert!(is_good(&zero, &made(&map(&[("0", SECRET)]))));
}

#[test]
fn an_object_verifies_what_it_makes() {
    let object = || keyring(PasswordSpec::Sealing(of("k1", SECRET), vec![("k0".into(), of("", OTHER))]));
    let token = made(&object());
    assert!(token.starts_with("k1."));
    assert!(is_good(&object(), &token));
    assert!(!is_good(&plain(SECRET), &token));
}

#[test]
fn a_ring_verifies_by_name_until_the_key_is_gone() {
    let at = now().as_millis();
    let keys = ring(vec![("c", text(THIRD), at + 1.0), ("b", text(SECRET), at), ("a", text(OTHER), 0.0)]);
    let old = token(&keys.current().unwrap(), &bound(), ID, now().plus_millis(-1.0)).unwrap();
    let current = made(&keys.current().unwrap());
    let ahead = token(&keys.current().unwrap(), &bound(), ID, now().plus_millis(1.0)).unwrap();
    assert_eq!([&old[..2], &current[..2], &ahead[..2]], ["a.", "b.", "c."]);
    let good = |token: &str| is_good(&keys.current().unwrap(), token);
    assert!(good(&old) && good(&current) && good(&ahead));

    keys.replace(vec![entry(("b", text(SECRET), at))]).unwrap();
    assert_eq!([good(&old), good(&current), good(&ahead)], [false, true, false]);
    keys.replace(vec![entry(("b", text(OTHER), at))]).unwrap();
    assert!(!good(&current), "another secret under the same name");
}

#[test]
fn tokens_count_as_uses_of_their_key() {
    let keys = ring(vec![("b", text(SECRET), now().as_millis()), ("a", text(OTHER), 0.0)]);
    let old = token(&keys.current().unwrap(), &bound(), ID, now().plus_millis(-1.0)).unwrap();
    assert!(is_good(&keys.current().unwrap(), &old));
    assert!(!is_good(&keys.current().unwrap(), &old[1..]));
    let uses: Vec<_> = keys.info(now()).unwrap().iter().map(|key| (key.sealed, key.opened)).collect();
    assert_eq!(uses, [(0, 0), (1, 1)]);
}

#[test]
fn the_half_that_signs_is_the_one() {
    let keys = list(vec![password("", text(OTHER), text(SECRET))]);
    assert!(is_good(&plain(SECRET), &made(&keys)));
    assert!(!is_good(&plain(OTHER), &made(&keys)));
}

#[test]
fn a_guessable_password_makes_no_tokens_and_verifies_none() {
    let weak =
        || [text("a-password-of-at-least-32-characters"), text(&SECRET[1..]), bytes([7; 32]), bytes(&SECRET[1..])];
    for (secret, same) in weak().into_iter().zip(weak()) {
        let keys = list(vec![password("", secret, same)]);
        let error = token(&keys, &bound(), ID, now()).unwrap_err();
        assert_eq!(error, Error::WeakForCsrf);
        assert_eq!(error.code(), ErrorCode::KeyWeak);
    }
    // What whoever guessed the password would send.
    let typed = "a-password-of-at-least-32-characters";
    let key = hmac::Key::new(hmac::HMAC_SHA256, &{
        let mut key = [0; 32];
        Prk::extract(EXTRACT_LABEL, typed.as_bytes()).expand(&[EXPAND_LABEL], &mut key).unwrap();
        key
    });
    let mac = hmac::sign(&key, &message(&bound(), "0", ID, &[0; NONCE]));
    let mut forged = "0.".to_owned();
    base64url::encode(&[&[0; NONCE], mac.as_ref()].concat(), &mut forged);
    assert!(!is_good(&plain(typed), &forged));
    assert!(!is_good(&list(vec![of("", SECRET), of("", typed)]), &forged));
}

#[test]
fn a_missing_half_is_the_sealers_error() {
    let keys = list(vec![RawPassword { integrity: None, ..of("", SECRET) }]);
    assert_eq!(token(&keys, &bound(), ID, now()).unwrap_err(), Error::EmptyPassword);
    assert!(!is_good(&keys, &made(&plain(SECRET))));
}
