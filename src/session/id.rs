//! Ids of stored sessions, and what a store is given instead of them.
//!
//! ```text
//! id  = tag 2 | random 32
//! tag = SHA-256(lp("shard") | lp(user id))[0..2], random for a session without a user
//! key = tag | SHA-256(id)
//! ```
//!
//! All sessions of a user share a tag, so that a backend of many nodes holds them on one. So 16 bits of a hash of the user's
//! id can be read from a session's id. A store never sees an id: who reads a store can present no session.

#![forbid(unsafe_code)]

use std::fmt;

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::seal::{base64url, lp};

const TAG: usize = 2;
const RANDOM: usize = 32;
const HASH: usize = 32;

/// What all sessions of one user share: the first two bytes of their ids and of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub [u8; TAG]);

impl Tag {
    /// The tag of a user.
    #[must_use]
    pub fn of_user(user: &str) -> Self {
        let hash = digest(&SHA256, &lp::join(&["shard", user]));
        let mut tag = [0; TAG];
        tag.copy_from_slice(&hash.as_ref()[..TAG]);
        Self(tag)
    }

    /// A random tag, for a session without a user.
    ///
    /// # Errors
    /// `ERR_INTERNAL` when the system has no random bytes.
    pub fn random() -> Result<Self> {
        let mut tag = [0; TAG];
        SystemRandom::new().fill(&mut tag).map_err(|_| Error::Random)?;
        Ok(Self(tag))
    }
}

/// The id of a stored session: a credential once it is signed, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId(Zeroizing<[u8; TAG + RANDOM]>);

impl SessionId {
    /// The id with these parts. `unique` is random, or names the seal that the session is imported from.
    #[must_use]
    pub fn from_parts(tag: Tag, unique: &[u8; RANDOM]) -> Self {
        let mut id = Zeroizing::new([0; TAG + RANDOM]);
        id[..TAG].copy_from_slice(&tag.0);
        id[TAG..].copy_from_slice(unique);
        Self(id)
    }

    /// A new id.
    ///
    /// # Errors
    /// `ERR_INTERNAL` when the system has no random bytes.
    pub fn random(tag: Tag) -> Result<Self> {
        let mut unique = Zeroizing::new([0; RANDOM]);
        SystemRandom::new().fill(unique.as_mut_slice()).map_err(|_| Error::Random)?;
        Ok(Self::from_parts(tag, &unique))
    }

    /// Reads what [`SessionId::encode`] wrote. `None` for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        base64url::decode_array(text).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// base64url, 46 characters.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        base64url::encode(self.0.as_slice(), &mut text);
        text
    }

    /// The 34 bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Tag {
        Tag([self.0[0], self.0[1]])
    }

    /// The key that stands for this id in a store.
    #[must_use]
    pub fn key(&self) -> StoreKey {
        let mut key = [0; TAG + HASH];
        key[..TAG].copy_from_slice(&self.0[..TAG]);
        key[TAG..].copy_from_slice(digest(&SHA256, self.0.as_slice()).as_ref());
        StoreKey(key)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// What a session is stored under: 34 bytes, a tag and a hash. No credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey(pub [u8; TAG + HASH]);

impl StoreKey {
    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Tag {
        Tag([self.0[0], self.0[1]])
    }

    /// Reads what [`StoreKey::encode`] wrote. `None` for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        base64url::decode_array(text).map(Self)
    }

    /// base64url, 46 characters.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        base64url::encode(&self.0, &mut text);
        text
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKey({})", self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_a_user_share_a_tag_which_is_a_hash_of_the_user() {
        // printf '\0\0\0\5shard\0\0\0\5alice' | sha256sum
        assert_eq!(Tag::of_user("alice"), Tag([0x82, 0x78]));
        let tag = Tag::of_user("alice");
        assert_ne!(tag, Tag::of_user("bob"));
        assert_eq!(SessionId::random(tag).unwrap().tag(), tag);
    }

    #[test]
    fn a_key_has_the_tag_of_its_id_and_nothing_else_of_it() {
        let id = SessionId::from_parts(Tag([1, 2]), &[7; RANDOM]);
        let key = id.key();
        assert_eq!(key.tag(), Tag([1, 2]));
        assert_eq!(&key.0[TAG..], digest(&SHA256, id.expose()).as_ref());
        assert!(!key.0[TAG..].windows(4).any(|window| window == [7; 4]));
    }

    #[test]
    fn ids_and_keys_are_read_back_and_nothing_else_is_read() {
        let id = SessionId::random(Tag::random().unwrap()).unwrap();
        assert_eq!(SessionId::decode(&id.encode()), Some(id.clone()));
        assert_eq!(StoreKey::decode(&id.key().encode()), Some(id.key()));
        assert_eq!(id.encode().len(), 46);
        for odd in ["", "AA", &"A".repeat(45), &"A".repeat(47), &format!("{}=", id.encode())] {
            assert_eq!(SessionId::decode(odd), None, "{odd}");
        }
        // The last character has four bits that stand for nothing.
        assert_eq!(SessionId::decode(&format!("{}B", "A".repeat(45))), None);
    }

    #[test]
    fn an_id_is_not_printed() {
        let id = SessionId::from_parts(Tag([1, 2]), &[7; RANDOM]);
        assert_eq!(format!("{id:?}"), "SessionId(..)");
    }
}
