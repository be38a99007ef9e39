//! A token taken apart, and opened.

#![forbid(unsafe_code)]

use std::fmt;
use std::mem;

use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::seal::Bound;
use crate::seal::base64url::decode;
use crate::seal::ik1::content::{HEADER, Header};
use crate::seal::ik1::deflate::inflate;
use crate::seal::ik1::keys::{SALT, TokenKeys};
use crate::seal::ik1::{Ik1Key, Ik1Options, LEAD, LEAST, MAX_KID_CHARS, PREFIX, associated_data, is_kid};

/// What refused a token, in the order of the checks. For counters and debug logs: outside there is [`Error`], which tells
/// an authentic token that is too old from everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// More characters than a token may have.
    Length,
    /// Another prefix, or no key id of the right form.
    Form,
    /// Not canonical base64url.
    Base64,
    /// Fewer bytes than a token with an empty payload has.
    Short,
    /// Made with another key, or for another purpose.
    Commitment,
    /// Changed, or bound to another key id, session name or audience.
    Tag,
    /// Authentic, with flags that this version does not know.
    Flags,
    /// Authentic, and too old.
    Expired,
    /// Authentic, and does not inflate to one payload within the limit.
    Inflation {
        /// How many bytes were inflated before it was given up.
        produced: usize,
    },
    /// Authentic, and over the limit for payloads.
    Payload,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::Expired { Self::Expired } else { Self::BadMac }
    }
}

/// A token of which the form is right. Nothing in it is authentic before it is opened.
pub struct Token<'a> {
    kid: &'a str,
    sealed: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a token apart, with every check that needs no key. What it allocates is shorter than the text.
    ///
    /// # Errors
    /// `ERR_SEAL_INVALID`, as a [`Refusal`].
    pub fn parse(text: &'a str, options: &Ik1Options) -> Result<Self, Refusal> {
        if text.len() > options.max_token_chars {
            return Err(Refusal::Length);
        }
        let named = text.strip_prefix(PREFIX).ok_or(Refusal::Form)?;
        let dot = named.bytes().take(MAX_KID_CHARS + 1).position(|byte| byte == b'.').ok_or(Refusal::Form)?;
        let (kid, encoded) = (&named[..dot], &named[dot + 1..]);
        if !is_kid(kid) {
            return Err(Refusal::Form);
        }
        let sealed = decode(encoded).ok_or(Refusal::Base64)?;
        if sealed.len() < LEAST {
            return Err(Refusal::Short);
        }
        Ok(Self { kid, sealed })
    }

    /// The id of the key that the token claims to be sealed with.
    #[must_use]
    pub fn kid(&self) -> &'a str {
        self.kid
    }

    /// The bytes that the token's base64url stands for.
    #[must_use]
    pub fn sealed_len(&self) -> usize {
        self.sealed.len()
    }

    /// The bytes of the payload as it is stored, which may be deflated.
    #[must_use]
    pub fn stored_len(&self) -> usize {
        self.sealed.len() - LEAST
    }

    /// Verifies and opens the token, and gives the payload.
    ///
    /// # Errors
    /// `ERR_SEAL_EXPIRED` for an authentic token that is too old, else `ERR_SEAL_INVALID`, as a [`Refusal`].
    pub fn open(self, key: &Ik1Key, bound: &Bound, now: Timestamp, options: &Ik1Options) -> Result<Vec<u8>, Refusal> {
        let mut sealed = self.sealed;
        let (lead, encrypted) = sealed.split_at_mut_checked(LEAD).ok_or(Refusal::Short)?;
        let (salt, commitment) = lead.split_first_chunk::<SALT>().ok_or(Refusal::Short)?;
        let commitment = commitment.first_chunk().ok_or(Refusal::Short)?;
        let keys = TokenKeys::derive(key, &bound.purpose, salt).ok_or(Refusal::Commitment)?;
        if !keys.are_committed_to(commitment) {
            return Err(Refusal::Commitment);
        }
        let length = keys.open(&associated_data(self.kid, bound), encrypted).ok_or(Refusal::Tag)?;
        sealed.truncate(LEAD + length);

        let mut opened = Zeroizing::new(sealed);
        let header = Header::read(&opened[LEAD..])?;
        if header.has_expired(now) {
            return Err(Refusal::Expired);
        }
        let stored = LEAD + HEADER;
        if header.is_deflated {
            return inflate(&opened[stored..], options.max_payload);
        }
        if opened.len() - stored > options.max_payload {
            return Err(Refusal::Payload);
        }
        opened.drain(..stored);
        Ok(mem::take(&mut opened))
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.sealed.len())
    }
}
