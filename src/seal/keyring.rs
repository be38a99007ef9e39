//! Passwords in all the forms that iron, h3 and iron-session take, reduced to one shape.
//!
//! Which key opens a token is decided by the token's id or by position, never by trial beyond `[current, previous]`.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::key_cache::ProcessKey;
use crate::seal::password::{Half, Password, RawPassword};

/// The id under which iron looks up a token that names none.
const UNNAMED: &str = "default";
/// The id that iron-session gives to a token that names none.
const UNNAMED_INTEGER: &str = "1";

/// A password option as it is configured.
pub enum PasswordSpec {
    /// One password, or the current and the previous: each opens any token, whatever id it names.
    Positional(Vec<RawPassword>),
    /// A password that seals, beside the own properties of the object that it came in.
    Sealing(RawPassword, Vec<(String, RawPassword)>),
    /// A map from id to password.
    Map(Vec<(String, RawPassword)>),
}

/// Whose rules a map follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapRules {
    /// iron's: a map opens by id, and cannot seal.
    Iron,
    /// The session helpers': integer ids alone, the highest seals, a token without an id is `1`'s.
    Session,
}

/// The passwords that open a token, most likely first.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The password.
    pub password: &'a Arc<Password>,
    /// Whether it is another than the one that seals.
    pub older: bool,
}

/// A password option, ready to use.
#[derive(Debug)]
pub struct Keyring {
    sealing: Sealing,
    opening: Opening,
}

/// Which password seals.
#[derive(Debug)]
enum Sealing {
    Always(Option<Arc<Password>>),
    /// Of those whose instant has passed, the one whose instant is the latest; of equal ones, the first.
    Newest(Vec<(Timestamp, Arc<Password>)>),
}

#[derive(Debug)]
enum Opening {
    Positional(Vec<Arc<Password>>),
    ByKid(HashMap<String, (Timestamp, Arc<Password>)>),
    ById { unnamed: &'static str, passwords: HashMap<String, Arc<Password>> },
}

impl Keyring {
    /// Reduces a configured password.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a list of none or more than two, and under the session helpers' rules for a map whose ids are
    /// not all integers. Everything that iron refuses on use is refused on use.
    pub fn new(spec: PasswordSpec, rules: MapRules, process: &ProcessKey) -> Result<Self> {
        match spec {
            PasswordSpec::Positional(raw) => {
                if raw.is_empty() || raw.len() > 2 {
                    return Err(Error::Config(
                        "password: a list holds the current password and at most one previous one; with more, give them \
                         ids: { 1: oldest, 2: older, 3: current }",
                    ));
                }
                let passwords: Vec<_> = raw
                    .into_iter()
                    .enumerate()
                    .map(|(position, raw)| Password::new(raw, position, process))
                    .collect();
                Ok(Self {
                    sealing: Sealing::Always(passwords.first().cloned()),
                    opening: Opening::Positional(passwords),
                })
            }
            PasswordSpec::Sealing(sealing, map) => Ok(Self {
                sealing: Sealing::Always(Some(Password::new(sealing, 0, process))),
                opening: Opening::ById { unnamed: UNNAMED, passwords: by_id(map, process) },
            }),
            PasswordSpec::Map(map) if rules == MapRules::Iron => {
                let opening = Opening::ById { unnamed: UNNAMED, passwords: by_id(map, process) };
                Ok(Self { sealing: Sealing::Always(None), opening })
            }
            PasswordSpec::Map(map) => {
                let newest = newest_integer_id(&map)?;
                let passwords = by_id(map, process);
                Ok(Self {
                    sealing: Sealing::Always(passwords.get(&newest).cloned()),
                    opening: Opening::ById { unnamed: UNNAMED_INTEGER, passwords },
                })
            }
        }
    }

    /// The keys of a ring, each with the instant from which it may seal. A token is opened by the key that it names alone.
    #[must_use]
    pub fn of_ring(keys: Vec<(Timestamp, Arc<Password>)>) -> Self {
        let by_kid = keys.iter().map(|(from, key)| (key.id.clone(), (*from, Arc::clone(key)))).collect();
        Self { sealing: Sealing::Newest(keys), opening: Opening::ByKid(by_kid) }
    }

    /// The password that seals.
    ///
    /// # Errors
    /// `ERR_KEY_WEAK` when there is none, a half of it is empty, or its id cannot stand in a token; `ERR_CONFIG` when no key
    /// of a ring may seal yet.
    pub fn sealing(&self, now: Timestamp) -> Result<&Arc<Password>> {
        let password = match &self.sealing {
            Sealing::Always(password) => password.as_ref().ok_or(Error::EmptyPassword)?,
            Sealing::Newest(keys) => newest(keys, now).map(|(_, key)| key).ok_or(Error::NoSealingKey)?,
        };
        password.halves()?;
        if !password.id.chars().all(is_id_char) {
            return Err(Error::InvalidPasswordId);
        }
        Ok(password)
    }

    /// The passwords that may open a token with this id.
    ///
    /// # Errors
    /// `ERR_KEY_UNKNOWN` for an id that the map or the ring does not hold.
    pub fn opening(&self, id: &str, now: Timestamp) -> Result<Vec<Candidate<'_>>> {
        let unknown = || Error::UnknownPassword(printable(id));
        match &self.opening {
            Opening::Positional(passwords) => Ok(passwords
                .iter()
                .enumerate()
                .map(|(position, password)| Candidate { password, older: position > 0 })
                .collect()),
            Opening::ByKid(keys) => {
                let (from, password) = keys.get(id).ok_or_else(unknown)?;
                Ok(vec![Candidate { password, older: self.is_older(*from, password, now) }])
            }
            Opening::ById { unnamed, passwords } => {
                let id = if id.is_empty() { unnamed } else { id };
                let password = passwords.get(id).ok_or_else(|| Error::UnknownPassword(printable(id)))?;
                let sealing = match &self.sealing {
                    Sealing::Always(Some(password)) => Some(password),
                    _ => None,
                };
                let older = sealing.is_some_and(|sealing| !sealing.id.is_empty() && sealing.id != id);
                Ok(vec![Candidate { password, older }])
            }
        }
    }

    /// Whether a token of a ring's key should be sealed anew. Not one of a newer key than seals here: it comes from a
    /// process whose clock is ahead, and the two would seal it back and forth.
    fn is_older(&self, from: Timestamp, password: &Arc<Password>, now: Timestamp) -> bool {
        let Sealing::Newest(keys) = &self.sealing else { return false };
        newest(keys, now).is_some_and(|(latest, sealing)| !Arc::ptr_eq(sealing, password) && from <= *latest)
    }

    /// Whether the password at a position is still there. What is no ring never changes.
    #[must_use]
    pub fn holds(&self, position: usize) -> bool {
        match &self.sealing {
            Sealing::Newest(keys) => keys.iter().any(|(_, key)| key.position == position),
            Sealing::Always(_) => true,
        }
    }

    /// The keys of a ring, in its order.
    #[must_use]
    pub fn ring_keys(&self) -> &[(Timestamp, Arc<Password>)] {
        match &self.sealing {
            Sealing::Newest(keys) => keys,
            Sealing::Always(_) => &[],
        }
    }

    /// Whether a password looks typed rather than random; see [`crate::seal::strength`]. One that only opens counts too:
    /// whoever guesses it makes tokens that open.
    #[must_use]
    pub fn is_guessable(&self) -> bool {
        let guessable = |half: &Option<Half>| matches!(half, Some(Half::Text(secret)) if !secret.is_strong());
        let opening: Vec<&Arc<Password>> = match &self.opening {
            Opening::Positional(passwords) => passwords.iter().collect(),
            Opening::ById { passwords, .. } => passwords.values().collect(),
            // A ring refuses them.
            Opening::ByKid(_) => Vec::new(),
        };
        let sealing = match &self.sealing {
            Sealing::Always(password) => password.as_ref(),
            Sealing::Newest(_) => None,
        };
        let mut all = sealing.into_iter().chain(opening);
        all.any(|password| guessable(&password.encryption) || guessable(&password.integrity))
    }
}

fn newest(keys: &[(Timestamp, Arc<Password>)], now: Timestamp) -> Option<&(Timestamp, Arc<Password>)> {
    let mut newest: Option<&(Timestamp, Arc<Password>)> = None;
    for key in keys.iter().filter(|(from, _)| *from <= now) {
        if newest.is_none_or(|(latest, _)| key.0 > *latest) {
            newest = Some(key);
        }
    }
    newest
}

/// Positions start at 1, after a password that seals and is no entry.
fn by_id(map: Vec<(String, RawPassword)>, process: &ProcessKey) -> HashMap<String, Arc<Password>> {
    (1..)
        .zip(map)
        .map(|(position, (id, raw))| (id.clone(), Password::new(RawPassword { id, ..raw }, position, process)))
        .collect()
}

/// The highest id of a map with integer ids.
fn newest_integer_id(map: &[(String, RawPassword)]) -> Result<String> {
    let numbered: Option<Vec<(u64, &String)>> = map.iter().map(|(id, _)| Some((canonical_integer(id)?, id))).collect();
    numbered
        .and_then(|ids| ids.into_iter().max())
        .map(|(_, id)| id.clone())
        .ok_or(Error::Config(
            "password: a map of passwords needs integer ids, of which the highest seals: { 1: previous, 2: current }; \
             keys with ids of other forms are a ring, which createKeyring makes",
        ))
}

/// `"7"` but not `"07"` or `"+7"`: two spellings of one number would be two keys.
fn canonical_integer(id: &str) -> Option<u64> {
    id.parse().ok().filter(|number: &u64| number.to_string() == id)
}

/// Whether a character may stand in a password id: JavaScript's `\w`.
pub(crate) fn is_id_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// A token's id for a message: the id is the sender's text, so nothing but a plausible id is repeated.
fn printable(id: &str) -> String {
    if id.len() <= 64 && id.chars().all(is_id_char) { id.to_owned() } else { "(not an id)".to_owned() }
}

#[cfg(test)]
mod tests;
