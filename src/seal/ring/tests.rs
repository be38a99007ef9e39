//! What a ring refuses, which of its keys seals, and what replacing it does.

#![forbid(unsafe_code)]

use super::*;
use crate::clock::stopped;
use crate::error::ErrorCode;
use crate::seal::conformance::now;

const SECRETS: [&str; 3] =
    ["Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU", "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC", "mN2bV4cX6zA8sD0fG1hJ3kL5pO7iU9yT"];

fn shared() -> Arc<Shared> {
    Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok()), stopped()).unwrap()
}

fn entry(id: &str, secret: &str, seal_from: f64) -> RingEntry {
    let secret = RawSecret::Text(secret.to_owned().into());
    RingEntry { id: id.to_owned(), secret, seal_from: Timestamp::from_millis(seal_from) }
}

fn bytes(id: &str, secret: Vec<u8>) -> RingEntry {
    let secret = RawSecret::Bytes(SecretBytes::new(secret));
    RingEntry { id: id.to_owned(), secret, seal_from: Timestamp::from_millis(0.0) }
}

fn sealing(ring: &Ring, now: Timestamp) -> String {
    ring.current().unwrap().sealing(now).unwrap().id.clone()
}

#[test]
fn the_newest_key_whose_instant_has_passed_seals() {
    let at = now().as_millis();
    let ring = Ring::new(
        vec![entry("c", SECRETS[0], at + 1.0), entry("b", SECRETS[1], at), entry("a", SECRETS[2], 0.0)],
        shared(),
    )
    .unwrap();
    assert_eq!(sealing(&ring, now().plus_millis(-1.0)), "a");
    assert_eq!(sealing(&ring, now()), "b");
    assert_eq!(sealing(&ring, now().plus_millis(1.0)), "c");
}

#[test]
fn of_equal_instants_the_first_key_seals_and_the_others_are_older() {
    let ring = Ring::new(vec![entry("b", SECRETS[0], 0.0), entry("a", SECRETS[1], 0.0)], shared()).unwrap();
    assert_eq!(sealing(&ring, now()), "b");
    let keys = ring.current().unwrap();
    assert!(keys.opening("a", now()).unwrap()[0].older);
    assert!(!keys.opening("b", now()).unwrap()[0].older);
}

#[test]
fn a_key_that_may_not_seal_yet_opens_and_is_not_older() {
    let at = now().as_millis();
    let ring = Ring::new(vec![entry("b", SECRETS[0], at + 1.0), entry("a", SECRETS[1], 0.0)], shared()).unwrap();
    assert!(!ring.current().unwrap().opening("b", now()).unwrap()[0].older);
}

#[test]
fn a_ring_of_keys_that_may_not_seal_yet_opens_alone() {
    let ring = Ring::new(vec![entry("a", SECRETS[0], now().as_millis() + 1.0)], shared()).unwrap();
    assert_eq!(ring.current().unwrap().sealing(now()).unwrap_err(), Error::NoSealingKey);
    assert!(ring.current().unwrap().opening("a", now()).is_ok());
}

#[test]
fn a_token_is_opened_by_the_key_that_it_names_alone() {
    let ring = Ring::new(vec![entry("b", SECRETS[0], 0.0), entry("a", SECRETS[1], 0.0)], shared()).unwrap();
    let keys = ring.current().unwrap();
    for id in ["", "default", "1", "c", "A", "__proto__"] {
        assert_eq!(keys.opening(id, now()).unwrap_err().code(), ErrorCode::KeyUnknown, "{id}");
    }
    assert_eq!(keys.opening("a", now()).unwrap().len(), 1);
}

#[test]
fn odd_ids_and_keys_that_are_there_twice_are_refused_without_a_word_of_them() {
    let long = "a".repeat(17);
    for id in ["", "a b", "a.b", "a-b", "\u{e9}", "default", &long, SECRETS[1]] {
        let error = Ring::new(vec![entry(id, SECRETS[0], 0.0)], shared()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Config, "{id}");
        assert!(id.len() < 2 || id == "default" || !error.to_string().contains(id), "{error}");
    }
    let twice = [
        vec![entry("a", SECRETS[0], 0.0), entry("a", SECRETS[1], 0.0)],
        vec![entry("a", SECRETS[0], 0.0), entry("b", SECRETS[0], 0.0)],
        vec![entry("a", SECRETS[0], 0.0), bytes("b", SECRETS[0].as_bytes().to_vec())],
    ];
    for entries in twice {
        let error = Ring::new(entries, shared()).unwrap_err();
        assert!(matches!(error, Error::RingKey { position: 2, .. }), "{error}");
    }
}

#[test]
fn weak_keys_are_refused() {
    let weak = [
        entry("a", "short", 0.0),
        entry("a", &SECRETS[0][1..], 0.0),
        entry("a", &"a".repeat(40), 0.0),
        entry("a", &"\u{1f511}\u{e9}x9Q".repeat(4), 0.0),
        entry("a", "80d42cfb-1cd2-462c-8f17-e3237d9027e9", 0.0),
        bytes("a", vec![0; 32]),
        bytes("a", SECRETS[0].as_bytes()[..31].to_vec()),
    ];
    for entry in weak {
        assert_eq!(Ring::new(vec![entry], shared()).unwrap_err(), Error::WeakRingKey { position: 1 });
    }
    Ring::new(vec![bytes("a", SECRETS[0].as_bytes().to_vec())], shared()).unwrap();
}

#[test]
fn what_is_wrong_with_new_keys_leaves_the_old_ones() {
    let ring = Ring::new(vec![entry("a", SECRETS[0], 0.0)], shared()).unwrap();
    for entries in [vec![], vec![entry("b", SECRETS[1], 0.0), entry("b", SECRETS[2], 0.0)]] {
        assert_eq!(ring.replace(entries).unwrap_err().code(), ErrorCode::Config);
        assert_eq!(sealing(&ring, now()), "a");
    }
}

#[test]
fn a_key_that_stays_keeps_its_counts_and_another_secret_is_another_key() {
    let ring = Ring::new(vec![entry("a", SECRETS[0], 0.0), entry("b", SECRETS[1], 0.0)], shared()).unwrap();
    let count = |ring: &Ring| ring.info(now()).unwrap().iter().map(|key| key.sealed).collect::<Vec<_>>();
    for (_, key) in ring.current().unwrap().ring_keys() {
        key.uses.count_sealed();
    }
    ring.replace(vec![entry("a", SECRETS[0], 5.0), entry("b", SECRETS[2], 0.0)]).unwrap();
    assert_eq!(count(&ring), [1, 0]);
    assert!(ring.info(now()).unwrap()[0].is_sealing);
}

#[test]
fn a_closed_ring_refuses_and_closing_it_again_is_nothing() {
    let ring = Ring::new(vec![entry("a", SECRETS[0], 0.0)], shared()).unwrap();
    ring.close();
    ring.close();
    assert_eq!(ring.current().unwrap_err(), Error::RingClosed);
    assert_eq!(ring.info(now()).unwrap_err(), Error::RingClosed);
    assert_eq!(ring.replace(vec![entry("a", SECRETS[0], 0.0)]).unwrap_err(), Error::RingClosed);
}

#[test]
fn nothing_shows_a_secret() {
    let ring = Ring::new(vec![entry("a", SECRETS[0], 0.0)], shared()).unwrap();
    let shown = format!("{ring:?} {:?} {:?}", ring.current().unwrap(), ring.info(now()).unwrap());
    assert!(!shown.contains(SECRETS[0]), "{shown}");
}
