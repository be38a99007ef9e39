//! ik1: nothing opens but what was sealed, and what is sealed of any plaintext opens to what the plaintext says.
//!
//! An input is taken three ways: as a token, as edits of the bytes in an authentic token, and as a plaintext that is sealed
//! and read. The last one is behind the tag, where no forger gets and a sealer of somebody else's may.

#![forbid(unsafe_code)]

mod edits;
mod sealer;

use std::sync::{Arc, LazyLock};

use flate2::{Decompress, FlushDecompress, Status};
use ironkeep::clock::Timestamp;
use ironkeep::error::{ErrorCode, Result};
use ironkeep::seal::formats::{Formats, Written};
use ironkeep::seal::ik1::{Ik1, Ik1Key, Ik1Options, Refusal, Token};
use ironkeep::seal::iron::Iron;
use ironkeep::seal::key_cache::KeyUse;
use ironkeep::seal::password::RawSecret;
use ironkeep::seal::ring::{KeySource, Ring, RingEntry};
use ironkeep::seal::{Attempt, Bound, SealFormat};

use super::readers::{MAX_TOKEN, OTHER, STRONG, options, process};

/// Tokens behind the name of the reader that opens them: those of `__test__/vectors/ik1.json`, and some of the ring's key.
const AUTHENTIC: &str = include_str!("authentic-ik1.txt");
/// The id of the key in all of those tokens.
const KID: &str = "2026_01";
/// The secret that `docs/formats.md` has, which no ring takes.
const PUBLISHED: &str = "docs/formats.md--example-key-0001";
/// When those tokens were sealed, in milliseconds since the epoch.
const NOW: u64 = 1_768_478_400_000;
/// How long after its expiry a token still opens, in milliseconds.
const SKEW: u64 = 5_000;
/// Flags, and two times.
const HEADER: usize = 17;
/// The longest payload, in bytes.
const LIMIT: usize = 4096;
const OPTIONS: Ik1Options = Ik1Options { compress: true, max_token_chars: MAX_TOKEN, max_payload: LIMIT };

/// A reader, and the tokens that it opens.
struct Reader {
    bound: Bound,
    key: Ik1Key,
    /// Absent for the published key.
    formats: Option<Arc<Formats>>,
    authentic: Vec<&'static str>,
}

static READERS: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let readers: Vec<_> = [Ok(published()), of_ring("ring", ""), of_ring("shop", "shop.example")]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(readers.len(), 3);
    assert_eq!(readers.iter().map(|reader| reader.authentic.len()).sum::<usize>(), AUTHENTIC.lines().count());
    readers
});

#[expect(clippy::cast_precision_loss, reason = "a number below 2^53")]
fn now() -> Timestamp {
    Timestamp::from_millis(NOW as f64)
}

fn bound(audience: &str) -> Bound {
    Bound { purpose: "session".into(), name: "h3".into(), audience: audience.to_owned() }
}

fn authentic(reader: &str) -> Vec<&'static str> {
    let lines = AUTHENTIC.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(name, _)| *name == reader).map(|(_, token)| token).collect()
}

fn published() -> Reader {
    let key = Ik1Key::new(PUBLISHED.as_bytes());
    Reader { bound: bound(""), key, formats: None, authentic: authentic("published") }
}

fn of_ring(name: &str, audience: &str) -> Result<Reader> {
    let entry = |(id, secret): (&str, &str)| RingEntry {
        id: id.to_owned(),
        secret: RawSecret::Text(secret.to_owned().into()),
        seal_from: Timestamp::from_millis(0.0),
    };
    let shared = process()?;
    let ring = Ring::new(vec![entry(("k2", OTHER)), entry((KID, STRONG))], Arc::clone(&shared))?;
    let iron = Iron::new(KeySource::Ring(Arc::clone(&ring)), options(KeyUse::Aes256Cbc, 1, &[]), shared);
    let written = Written::Ik1 { accept_iron_until: None };
    Ok(Reader {
        bound: bound(audience),
        key: Ik1Key::new(STRONG.as_bytes()),
        formats: Some(Formats::both(written, iron, Ik1::new(ring, OPTIONS, None))),
        authentic: authentic(name),
    })
}

impl Reader {
    /// What the key at hand says to a token, and no more than the limit is inflated.
    fn opened_by_key(&self, text: &str) -> Result<Vec<u8>> {
        let opened = Token::parse(text, &OPTIONS).and_then(|token| token.open(&self.key, &self.bound, now(), &OPTIONS));
        if let Err(Refusal::Inflation { produced }) = opened {
            assert!(produced <= LIMIT + 1, "inflated past the limit");
        }
        Ok(opened?)
    }

    /// What a sealer says to a token.
    fn opened(&self, text: &str) -> Result<Vec<u8>> {
        let Some(formats) = &self.formats else { return self.opened_by_key(text) };
        let attempt = formats.try_unseal(text, &self.bound, now())?;
        let Attempt::Ready(opened) = attempt else { unreachable!("ik1 derives nothing at a cost") };
        Ok(opened.payload)
    }

    /// Any text opens if it is a token of this reader's, to the character.
    fn check(&self, text: &str) {
        let is_authentic = self.authentic.contains(&text);
        match self.opened(text) {
            Ok(payload) => {
                assert!(is_authentic, "a forged token opens");
                assert!(payload.len() <= LIMIT, "a payload is over the limit");
            }
            Err(error) => {
                assert!(!is_authentic, "an authentic token is refused: {error}");
                let code = error.code();
                assert!(matches!(code, ErrorCode::SealInvalid | ErrorCode::KeyUnknown), "{code:?}");
            }
        }
    }

    /// A plaintext that is sealed is read as what it says.
    fn check_sealed(&self, plaintext: &[u8]) {
        let secret = if self.formats.is_some() { STRONG } else { PUBLISHED };
        let sealed = sealer::seal((KID, secret), &self.bound, plaintext);
        let expected = if sealed.len() > MAX_TOKEN { Err(ErrorCode::SealInvalid) } else { meaning(plaintext) };
        assert_eq!(self.opened_by_key(&sealed).map_err(|error| error.code()), expected);
        assert_eq!(self.opened(&sealed).map_err(|error| error.code()), expected);
    }
}

/// What a plaintext says, read once more: one call of the inflater, into room for the limit and one byte.
fn meaning(plaintext: &[u8]) -> std::result::Result<Vec<u8>, ErrorCode> {
    let (header, stored) = plaintext.split_at_checked(HEADER).ok_or(ErrorCode::SealInvalid)?;
    let expiry = header[9..].iter().fold(0u128, |expiry, byte| expiry << 8 | u128::from(*byte));
    match header[0] {
        0 | 1 if expiry != 0 && u128::from(NOW) >= expiry + u128::from(SKEW) => Err(ErrorCode::SealExpired),
        0 if stored.len() <= LIMIT => Ok(stored.to_vec()),
        1 => inflated(stored).ok_or(ErrorCode::SealInvalid),
        _ => Err(ErrorCode::SealInvalid),
    }
}

fn inflated(stream: &[u8]) -> Option<Vec<u8>> {
    let mut room = vec![0; LIMIT + 1];
    let mut inflater = Decompress::new(false);
    let status = inflater.decompress(stream, &mut room, FlushDecompress::Finish).ok()?;
    let is_whole = status == Status::StreamEnd && inflater.total_in() == stream.len() as u64;
    room.truncate(usize::try_from(inflater.total_out()).ok()?);
    (is_whole && room.len() <= LIMIT).then_some(room)
}

/// Checks any bytes.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let edited = edits::edited(data, AUTHENTIC.lines().filter_map(|line| Some(line.split_once(' ')?.1)));
    for reader in READERS.iter() {
        if let Ok(text) = std::str::from_utf8(data) {
            reader.check(text);
        }
        reader.check(&edited);
        reader.check_sealed(data);
    }
}
