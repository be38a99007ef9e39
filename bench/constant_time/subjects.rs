//! What compares secrets, each through the call that others make. None has a way to be called with less around it.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has to stop")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironkeep::clock::{Timestamp, stopped};
use ironkeep::seal::ik1::{Ik1Key, Ik1Options, Times, Token, seal};
use ironkeep::seal::iron::Iron;
use ironkeep::seal::iron::options::{HalfOptions, IronOptions, SaltPolicy};
use ironkeep::seal::key_cache::{KeyUse, ProcessKey};
use ironkeep::seal::keyring::{Keyring, MapRules, PasswordSpec};
use ironkeep::seal::password::{RawPassword, RawSecret};
use ironkeep::seal::ring::KeySource;
use ironkeep::seal::shared::Shared;
use ironkeep::seal::{Attempt, Bound, SealFormat};
use ironkeep::secret::SecretBytes;
use ironkeep::session::csrf;

/// Bytes of a MAC, and of a commitment.
pub(crate) const MAC: usize = 32;
/// Where the commitment of ik1 stands in the bytes of a token, and the MAC in those of a CSRF token.
const COMMITMENT: usize = 24;
const CSRF_MAC: usize = 16;

const KEY: [u8; 32] = *b"Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const PAYLOAD: &[u8] = b"{\"id\":\"3f0c\",\"createdAt\":1768478400000,\"data\":{\"user\":\"grace\"}}";

type Make = Box<dyn Fn() -> Authentic>;
type With = Box<dyn Fn(&[u8; MAC]) -> Vec<u8>>;
type Accepts = Box<dyn Fn(&[u8]) -> bool>;

/// An input that is right: another one each time, or a parser that has learned its characters tells it from others.
pub(crate) struct Authentic {
    input: Vec<u8>,
    pub(crate) mac: [u8; MAC],
    with: With,
}

impl Authentic {
    pub(crate) fn input(&self) -> &[u8] {
        &self.input
    }

    /// The same with another MAC.
    pub(crate) fn with(&self, mac: &[u8; MAC]) -> Vec<u8> {
        (self.with)(mac)
    }
}

/// One comparison.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// How often it is called in one measurement, where it is faster than a clock can tell.
    pub(crate) repeats: u32,
    make: Make,
    accepts: Accepts,
}

impl Subject {
    pub(crate) fn authentic(&self) -> Authentic {
        (self.make)()
    }

    pub(crate) fn accepts(&self, input: &[u8]) -> bool {
        (self.accepts)(input)
    }

    /// What is right is accepted, and nothing else: otherwise something else would be measured than the comparison.
    pub(crate) fn check(&self) {
        let right = self.authentic();
        assert!(self.accepts(right.input()), "{}: what is authentic is refused", self.name);
        assert_eq!(right.with(&right.mac), right.input(), "{}: its MAC stands elsewhere", self.name);
        for at in 0..MAC {
            let mut other = right.mac;
            other[at] ^= 1;
            assert!(!self.accepts(&right.with(&other)), "{}: a forgery is accepted", self.name);
        }
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_768_478_400_000.0)
}

fn bound() -> Bound {
    Bound { purpose: "session".into(), name: "h3".into(), audience: String::new() }
}

fn spec() -> PasswordSpec {
    let half = || Some(RawSecret::Bytes(SecretBytes::new(KEY.to_vec())));
    PasswordSpec::Positional(vec![RawPassword { id: String::new(), encryption: half(), integrity: half() }])
}

fn text(input: &[u8]) -> &str {
    std::str::from_utf8(input).unwrap()
}

/// A token whose last part is base64url of bytes with a MAC in them.
fn token(token: String, separator: char, at: usize) -> Authentic {
    let (head, encoded) = token.rsplit_once(separator).unwrap();
    let (head, bytes) = (format!("{head}{separator}"), URL_SAFE_NO_PAD.decode(encoded).unwrap());
    let mac = bytes[at..at + MAC].try_into().unwrap();
    let with = move |mac: &[u8; MAC]| {
        let mut bytes = bytes.clone();
        bytes[at..at + MAC].copy_from_slice(mac);
        format!("{head}{}", URL_SAFE_NO_PAD.encode(bytes)).into_bytes()
    };
    Authentic { input: token.into_bytes(), mac, with: Box::new(with) }
}

pub(crate) fn secret_bytes() -> Subject {
    let secret = SecretBytes::new(KEY.to_vec());
    Subject {
        name: "SecretBytes",
        repeats: 16,
        make: Box::new(|| Authentic { input: KEY.to_vec(), mac: KEY, with: Box::new(|mac| mac.to_vec()) }),
        accepts: Box::new(move |input| secret == SecretBytes::new(input.to_vec())),
    }
}

pub(crate) fn ik1() -> Subject {
    let key = Arc::new(Ik1Key::new(&KEY));
    let options = Ik1Options::default();
    let times = Times { issued_at: now(), expires_at: None };
    let sealing = Arc::clone(&key);
    let make = move || token(seal(&sealing, "k1", &bound(), PAYLOAD, times, &options).unwrap(), '.', COMMITMENT);
    let accepts = move |input: &[u8]| {
        let token = Token::parse(text(input), &options).unwrap();
        token.open(&key, &bound(), now(), &options).is_ok()
    };
    Subject { name: "the commitment of ik1", repeats: 1, make: Box::new(make), accepts: Box::new(accepts) }
}

pub(crate) fn iron() -> Subject {
    let inline = |job: Box<dyn FnOnce() + Send>| {
        job();
        true
    };
    let shared = Shared::new(1, Box::new(inline), stopped()).unwrap();
    let keyring = Keyring::new(spec(), MapRules::Session, shared.process()).unwrap();
    let half = |usage| Ok(HalfOptions { usage, salt_bits: 256, iterations: 1, min_password_len: 32 });
    let options = IronOptions {
        encryption: half(KeyUse::Aes256Cbc),
        integrity: half(KeyUse::Integrity),
        ttl_ms: 0.0,
        skew_ms: 60_000.0,
        offset_ms: 0.0,
        also_opens: Vec::new(),
        salts: SaltPolicy::Fresh,
        max_token_chars: 4096,
    };
    let iron = Arc::new(Iron::new(KeySource::Fixed(Arc::new(keyring)), options, shared));
    let sealing = Arc::clone(&iron);
    let make = move || {
        let Attempt::Ready(sealed) = sealing.try_seal(PAYLOAD, &bound(), now()).unwrap() else {
            unreachable!("a key given as bytes is at hand")
        };
        token(sealed, '*', 0)
    };
    let accepts = move |input: &[u8]| iron.try_unseal(text(input), &bound(), now()).is_ok();
    Subject { name: "the MAC of Fe26.2", repeats: 1, make: Box::new(make), accepts: Box::new(accepts) }
}

pub(crate) fn csrf() -> Subject {
    let keyring = Arc::new(Keyring::new(spec(), MapRules::Session, &ProcessKey::new().unwrap()).unwrap());
    let sealing = Arc::clone(&keyring);
    let make = move || token(csrf::token(&sealing, &bound(), "3f0c", now()).unwrap(), '.', CSRF_MAC);
    let accepts = move |input: &[u8]| csrf::verify(&keyring, &bound(), "3f0c", text(input));
    Subject { name: "the MAC of a CSRF token", repeats: 1, make: Box::new(make), accepts: Box::new(accepts) }
}
