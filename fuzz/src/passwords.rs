//! Passwords and their ids: any text is judged, and no text panics.

#![forbid(unsafe_code)]

use ironkeep::error::Error;
use ironkeep::seal::derive::TextSecret;
use ironkeep::seal::key_cache::ProcessKey;
use ironkeep::seal::keyring::{Keyring, MapRules, PasswordSpec};
use ironkeep::seal::strength::{is_guessable, is_strong};

use super::readers::{now, text};

/// How many characters of a password are looked at.
const LOOKED_AT: usize = 1024;

/// Checks any bytes: a password, and in further lines ids.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else { return };
    let mut lines = data.split('\n');
    let secret = lines.next().unwrap_or_default();
    let ids: Vec<&str> = lines.collect();
    let Ok(process) = ProcessKey::new() else { return };
    check_secret(secret, &process);
    check_ids(&ids, secret, &process);
}

fn check_secret(secret: &str, process: &ProcessKey) {
    let strong = is_strong(secret);
    assert_eq!(strong, secret.len() >= 32 && !is_guessable(secret));
    let characters = secret.chars().count();
    if characters > 0 && characters * 2 <= LOOKED_AT {
        assert!(is_guessable(&secret.repeat(2)), "what is written twice is guessable");
    }
    let made = TextSecret::new(secret, process);
    assert_eq!(made.is_strong(), strong);
    assert_eq!(made.utf16_len(), secret.encode_utf16().count());
}

fn check_ids(ids: &[&str], secret: &str, process: &ProcessKey) {
    let ring_of = |ids: &[&str]| {
        let map = ids.iter().map(|&id| (id.to_owned(), text(secret))).collect();
        Keyring::new(PasswordSpec::Map(map), MapRules::Session, process)
    };
    let integer = |id: &&str| id.parse().ok().filter(|number: &u64| number.to_string() == *id);
    let newest = ids
        .iter()
        .map(integer)
        .collect::<Option<Vec<u64>>>()
        .and_then(|ids| ids.into_iter().max());
    let ring = ring_of(ids);
    assert_eq!(ring.is_ok(), newest.is_some(), "the ids of a map are integers");
    if let (Ok(ring), Some(newest)) = (ring, newest) {
        match ring.sealing(now()) {
            Ok(password) => assert_eq!(password.id, newest.to_string()),
            Err(error) => assert!(error == Error::EmptyPassword && secret.is_empty(), "{error}"),
        }
        for id in ids {
            assert!(ring.opening(id, now()).is_ok_and(|found| found.len() == 1 && found[0].password.id == *id));
        }
    }
    // The id is the sender's text: nothing but a plausible one is repeated.
    if let Err(Error::UnknownPassword(shown)) = ring_of(&["1"]).and_then(|ring| ring.opening(secret, now()).map(drop)) {
        let is_plausible = shown.len() <= 64 && shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        assert!(shown == "(not an id)" || is_plausible && (shown == secret || secret.is_empty()));
    }
}
