//! Each form of a password: which of its keys seals, and which open what.

#![forbid(unsafe_code)]

use super::*;
use crate::error::ErrorCode;
use crate::seal::conformance::now;
use crate::seal::password::RawSecret;

fn text(id: &str, secret: &str) -> RawPassword {
    RawPassword {
        id: id.to_owned(),
        encryption: Some(RawSecret::Text(secret.to_owned().into())),
        integrity: Some(RawSecret::Text(secret.to_owned().into())),
    }
}

fn map(ids: &[&str]) -> PasswordSpec {
    PasswordSpec::Map(ids.iter().map(|id| ((*id).to_owned(), text("", "secret"))).collect())
}

fn ring(spec: PasswordSpec) -> Keyring {
    Keyring::new(spec, MapRules::Session, &ProcessKey::new().unwrap()).unwrap()
}

#[test]
fn a_list_seals_with_the_first_and_opens_with_both() {
    let ring = ring(PasswordSpec::Positional(vec![text("", "new"), text("", "old")]));
    assert_eq!(ring.sealing(now()).unwrap().id, "");
    let older: Vec<_> = ring.opening("whatever", now()).unwrap().iter().map(|candidate| candidate.older).collect();
    assert_eq!(older, [false, true]);
}

#[test]
fn a_list_of_none_or_three_is_refused() {
    for passwords in [vec![], vec![text("", "a"), text("", "b"), text("", "c")]] {
        let error = Keyring::new(PasswordSpec::Positional(passwords), MapRules::Session, &ProcessKey::new().unwrap());
        assert_eq!(error.unwrap_err().code(), ErrorCode::Config);
    }
}

#[test]
fn an_integer_map_seals_with_the_highest_number() {
    let ring = ring(map(&["9", "10", "2"]));
    assert_eq!(ring.sealing(now()).unwrap().id, "10");
    assert!(!ring.opening("10", now()).unwrap()[0].older);
    assert!(ring.opening("9", now()).unwrap()[0].older);
}

#[test]
fn a_token_without_an_id_is_the_first_of_an_integer_map() {
    assert_eq!(ring(map(&["1", "2"])).opening("", now()).unwrap()[0].password.id, "1");
    assert_eq!(ring(map(&["2"])).opening("", now()).unwrap_err(), Error::UnknownPassword("1".into()));
}

#[test]
fn other_maps_are_refused_by_the_session_helpers() {
    for ids in [&["a"][..], &["1", "a"], &["01"], &["-1"], &["1.5"], &[]] {
        let error = Keyring::new(map(ids), MapRules::Session, &ProcessKey::new().unwrap()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Config, "{ids:?}");
    }
}

#[test]
fn irons_map_opens_by_id_and_cannot_seal() {
    let ring = Keyring::new(map(&["default", "a"]), MapRules::Iron, &ProcessKey::new().unwrap()).unwrap();
    assert_eq!(ring.sealing(now()).unwrap_err(), Error::EmptyPassword);
    assert_eq!(ring.opening("", now()).unwrap()[0].password.id, "default");
    assert_eq!(ring.opening("b", now()).unwrap_err(), Error::UnknownPassword("b".into()));
    assert_eq!(ring.opening("b\n*", now()).unwrap_err(), Error::UnknownPassword("(not an id)".into()));
}

#[test]
fn a_sealing_password_opens_what_its_object_names() {
    let ring = ring(PasswordSpec::Sealing(
        text("2", "new"),
        vec![("2".into(), text("", "new")), ("default".into(), text("", "old"))],
    ));
    assert!(!ring.opening("2", now()).unwrap()[0].older);
    assert!(ring.opening("", now()).unwrap()[0].older);
    assert_eq!(ring.opening("3", now()).unwrap_err(), Error::UnknownPassword("3".into()));
}

#[test]
fn a_guessable_password_that_only_opens_is_noticed() {
    const STRONG: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
    let list = |previous: &str| ring(PasswordSpec::Positional(vec![text("", STRONG), text("", previous)]));
    assert!(list("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").is_guessable());
    assert!(!list("qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC").is_guessable());
}

#[test]
fn empty_halves_and_odd_ids_cannot_seal() {
    let half = RawPassword { integrity: None, ..text("", "secret") };
    for (password, expected) in [
        (text("", ""), Error::EmptyPassword),
        (half, Error::EmptyPassword),
        (text("a*b", "secret"), Error::InvalidPasswordId),
    ] {
        assert_eq!(ring(PasswordSpec::Positional(vec![password])).sealing(now()).unwrap_err(), expected);
    }
}
