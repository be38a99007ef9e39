//! One password: two halves, each a text to stretch or a key as it is.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use ring::hmac;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::seal::derive::TextSecret;
use crate::seal::ik1::Ik1Key;
use crate::seal::key_cache::ProcessKey;
use crate::seal::mac_key::mac_key;
use crate::secret::SecretBytes;

/// One secret as it is configured. It is zeroed when it is dropped, and has no `Debug`.
pub enum RawSecret {
    /// A password, stretched by PBKDF2.
    Text(Zeroizing<String>),
    /// A key, used as it is.
    Bytes(SecretBytes),
}

/// One password as it is configured. A missing half is refused when it is used.
#[derive(Default)]
pub struct RawPassword {
    /// The id written into tokens; empty for none.
    pub id: String,
    /// The secret that encrypts.
    pub encryption: Option<RawSecret>,
    /// The secret of the MAC.
    pub integrity: Option<RawSecret>,
}

/// One half of a password, ready to use.
#[derive(Debug, Clone)]
pub enum Half {
    /// A password: keys are derived from it.
    Text(Arc<TextSecret>),
    /// A key.
    Bytes(Arc<SecretBytes>),
}

/// A password, ready to use.
#[derive(Debug)]
pub struct Password {
    /// The id written into tokens; empty for none.
    pub id: String,
    /// Tells it from the other passwords of its keyring.
    pub position: usize,
    /// The half that encrypts, if it is there and not empty.
    pub encryption: Option<Half>,
    /// The half of the MAC, if it is there and not empty.
    pub integrity: Option<Half>,
    /// How often it was used.
    pub uses: Uses,
    /// What ik1 derives from it, once it is asked for.
    ik1: OnceLock<Ik1Key>,
    /// What signs the ids of stored sessions, once it is asked for.
    session_ids: OnceLock<Option<hmac::Key>>,
}

/// How often a password sealed and opened a token, in this process.
#[derive(Debug, Default)]
pub struct Uses {
    sealed: AtomicU64,
    opened: AtomicU64,
}

impl Uses {
    /// Counts a token that was sealed.
    pub fn count_sealed(&self) {
        self.sealed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a token that was opened.
    pub fn count_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// How many tokens were sealed.
    #[must_use]
    pub fn sealed(&self) -> u64 {
        self.sealed.load(Ordering::Relaxed)
    }

    /// How many tokens were opened.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Half {
    /// The secret's bytes, for keys that are not stretched.
    #[must_use]
    pub fn secret(&self) -> &SecretBytes {
        match self {
            Self::Text(text) => text.bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl Password {
    /// Makes a configured password ready.
    #[must_use]
    pub fn new(raw: RawPassword, position: usize, process: &ProcessKey) -> Arc<Self> {
        let half = |secret: Option<RawSecret>| match secret? {
            RawSecret::Text(text) if !text.is_empty() => Some(Half::Text(Arc::new(TextSecret::new(&text, process)))),
            RawSecret::Bytes(bytes) if !bytes.is_empty() => Some(Half::Bytes(Arc::new(bytes))),
            _ => None,
        };
        Arc::new(Self {
            id: raw.id,
            position,
            encryption: half(raw.encryption),
            integrity: half(raw.integrity),
            uses: Uses::default(),
            ik1: OnceLock::new(),
            session_ids: OnceLock::new(),
        })
    }

    /// The key of ik1. For the keys of a ring alone: what can be guessed must not be a key.
    ///
    /// # Errors
    /// `ERR_KEY_WEAK` when there is none.
    pub fn ik1(&self) -> Result<&Ik1Key> {
        let (half, _) = self.halves()?;
        Ok(self.ik1.get_or_init(|| Ik1Key::new(half.secret().expose())))
    }

    /// The key that signs the ids of stored sessions. `None` when the half that signs is missing or guessable.
    #[must_use]
    pub fn session_ids(&self) -> Option<&hmac::Key> {
        let make = || self.integrity.as_ref().and_then(|half| mac_key(half, b"ironkeep sid", b"v1"));
        self.session_ids.get_or_init(make).as_ref()
    }

    /// Both halves.
    ///
    /// # Errors
    /// `ERR_KEY_WEAK` when one is missing or empty.
    pub fn halves(&self) -> Result<(&Half, &Half)> {
        self.encryption.as_ref().zip(self.integrity.as_ref()).ok_or(Error::EmptyPassword)
    }
}
