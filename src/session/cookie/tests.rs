//! The published derivation, and what makes a cookie another's or nobody's.

#![forbid(unsafe_code)]

use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::clock::stopped;
use crate::error::ErrorCode;
use crate::seal::key_cache::ProcessKey;
use crate::seal::keyring::{MapRules, PasswordSpec};
use crate::seal::password::{RawPassword, RawSecret};
use crate::seal::ring::{Ring, RingEntry};
use crate::seal::shared::Shared;
use crate::secret::SecretBytes;
use crate::session::id::Tag;
use crate::session::import::{import_key, imported_id};

const SECRET: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const OTHER: &str = "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC";

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000.0)
}

fn named(name: &str, audience: &str) -> Bound {
    Bound { purpose: "session".into(), name: name.into(), audience: audience.into() }
}

fn text(secret: &str) -> RawSecret {
    RawSecret::Text(secret.to_owned().into())
}

fn of(secret: &str) -> RawPassword {
    RawPassword { id: String::new(), encryption: Some(text(secret)), integrity: Some(text(secret)) }
}

fn list(passwords: Vec<RawPassword>) -> Keyring {
    Keyring::new(PasswordSpec::Positional(passwords), MapRules::Session, &ProcessKey::new().unwrap()).unwrap()
}

fn plain(secret: &str) -> Keyring {
    list(vec![of(secret)])
}

fn ring(entries: Vec<(&str, RawSecret, f64)>) -> Arc<Ring> {
    let shared = Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok()), stopped()).unwrap();
    Ring::new(entries.into_iter().map(entry).collect(), shared).unwrap()
}

fn entry((id, secret, from): (&str, RawSecret, f64)) -> RingEntry {
    RingEntry { id: id.into(), secret, seal_from: Timestamp::from_millis(from) }
}

fn id() -> SessionId {
    SessionId::from_parts(Tag([1, 2]), &[7; 32])
}

fn made(keys: &Keyring) -> String {
    sign(keys, &named("h3", ""), &id(), now()).unwrap()
}

fn opened(keys: &Keyring, value: &str) -> Option<Presented> {
    open(keys, &named("h3", ""), value, now()).unwrap_or_default()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn cookies_and_imports_are_those_of_the_published_derivations() {
    let file: Value = serde_json::from_str(include_str!("../../../__test__/vectors/stored-ids.json")).unwrap();
    let cookies = file["cookies"].as_array().unwrap();
    for vector in cookies {
        let field = |name: &str| vector[name].as_str().unwrap();
        let secret = || match vector["secret"]["hex"].as_str() {
            Some(hex) => RawSecret::Bytes(SecretBytes::new(unhex(hex))),
            None => text(vector["secret"]["text"].as_str().unwrap()),
        };
        let keys = match field("kid") {
            "0" => {
                Arc::new(list(vec![RawPassword { encryption: Some(secret()), integrity: Some(secret()), ..of("") }]))
            }
            kid => ring(vec![(kid, secret(), 0.0)]).current().unwrap(),
        };
        let bound = named(field("name"), field("audience"));
        let id = SessionId::decode(field("id")).unwrap();
        assert_eq!(sign(&keys, &bound, &id, now()).unwrap(), field("cookie"), "{}", field("title"));
        let presented = Presented { id, older_key: false };
        assert_eq!(open(&keys, &bound, field("cookie"), now()).unwrap(), Some(presented), "{}", field("title"));
    }
    let imports = file["imports"].as_array().unwrap();
    for vector in imports {
        let field = |name: &str| vector[name].as_str().unwrap();
        let created_at = Timestamp::from_millis(vector["createdAt"].as_f64().unwrap());
        let key = import_key(&named(field("name"), field("audience")), field("sealedId"), created_at);
        assert_eq!(key.0.to_vec(), unhex(field("keyHex")), "{}", field("title"));
        let tag = Tag(unhex(field("tagHex")).try_into().unwrap());
        assert_eq!(imported_id(tag, &key).encode(), field("id"), "{}", field("title"));
    }
    assert_eq!((cookies.len(), imports.len()), (7, 5));
}

#[test]
fn another_session_name_audience_or_key_has_other_cookies() {
    let keys = plain(SECRET);
    let value = made(&keys);
    assert!(opened(&keys, &value).is_some());
    for bound in [named("admin", ""), named("h3", "shop"), named("h", "3")] {
        assert_eq!(open(&keys, &bound, &value, now()), Ok(None));
    }
    assert_eq!(opened(&plain(OTHER), &value), None);
}

#[test]
fn no_character_can_change() {
    let keys = plain(SECRET);
    let value = made(&keys);
    for at in 0..value.len() {
        for wrong in ['A', 'B', 'g', '0', '1', '.', '=', '+', '\u{e9}'] {
            if value[at..].starts_with(wrong) {
                continue;
            }
            let changed = format!("{}{wrong}{}", &value[..at], &value[at + 1..]);
            assert_eq!(opened(&keys, &changed), None, "{wrong} at {at}");
        }
    }
    let odd = ["", ".", "..", "...", "0..", &value[1..], &format!("{value}A"), &format!("{value}."), &value[..49]];
    for odd in odd {
        assert_eq!(open(&keys, &named("h3", ""), odd, now()), Ok(None), "{odd}");
    }
}

#[test]
fn a_name_that_no_key_has_is_unknown() {
    let keys = ring(vec![("k1", text(SECRET), 0.0)]);
    let value = made(&keys.current().unwrap());
    keys.replace(vec![entry(("k2", text(OTHER), 0.0))]).unwrap();
    let error = open(&keys.current().unwrap(), &named("h3", ""), &value, now()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyUnknown);
    // What is no cookie names no key.
    assert_eq!(open(&keys.current().unwrap(), &named("h3", ""), "k1.AA.AA", now()), Ok(None));
}

#[test]
fn the_cookie_of_an_older_key_says_so() {
    let both = list(vec![of(SECRET), of(OTHER)]);
    assert_eq!(opened(&both, &made(&plain(OTHER))), Some(Presented { id: id(), older_key: true }));
    assert_eq!(opened(&both, &made(&both)), Some(Presented { id: id(), older_key: false }));

    let at = now().as_millis();
    let keys = ring(vec![("b", text(SECRET), at), ("a", text(OTHER), 0.0)]).current().unwrap();
    let old = sign(&keys, &named("h3", ""), &id(), now().plus_millis(-1.0)).unwrap();
    assert!(old.starts_with("a."));
    assert!(opened(&keys, &old).unwrap().older_key);
    assert!(!opened(&keys, &made(&keys)).unwrap().older_key);
}

#[test]
fn cookies_count_as_uses_of_their_key() {
    let keys = ring(vec![("a", text(OTHER), 0.0)]);
    let value = made(&keys.current().unwrap());
    assert!(opened(&keys.current().unwrap(), &value).is_some());
    assert!(opened(&keys.current().unwrap(), &value[1..]).is_none());
    let uses: Vec<_> = keys.info(now()).unwrap().iter().map(|key| (key.sealed, key.opened)).collect();
    assert_eq!(uses, [(1, 1)]);
}

#[test]
fn a_guessable_password_signs_nothing_and_opens_nothing() {
    let typed = "a-password-of-at-least-32-characters";
    for weak in [typed, &SECRET[1..]] {
        let error = sign(&plain(weak), &named("h3", ""), &id(), now()).unwrap_err();
        assert_eq!(error, Error::WeakForIds);
        assert_eq!(error.code(), ErrorCode::KeyWeak);
    }
    // What whoever guessed the password would send.
    let mut key = [0; 32];
    crate::seal::hkdf::Prk::extract(b"ironkeep sid", typed.as_bytes())
        .expand(&[b"v1"], &mut key)
        .unwrap();
    let message = [lp::join(&["h3", "", "0"]), id().expose().to_vec()].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
    let mut short = String::new();
    base64url::encode(&mac.as_ref()[..MAC], &mut short);
    let forged = format!("0.{}.{short}", id().encode());
    assert_eq!(opened(&plain(typed), &forged), None);
    assert_eq!(opened(&list(vec![of(SECRET), of(typed)]), &forged), None);
}
