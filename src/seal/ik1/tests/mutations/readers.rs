//! The keys of a reader, the tokens that open under them, and what refuses everything else.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::seal::seeded::Random;

/// The longest token that is read, in characters.
pub(super) const LONGEST_TOKEN: usize = 2000;

/// Some keys by id, as a ring has them.
pub(super) struct Readers {
    pub(super) keys: Vec<(&'static str, Ik1Key)>,
    /// What opens; everything else has to be refused.
    pub(super) authentic: Vec<String>,
    /// Authentic tokens of the same keys for another purpose, session name or audience.
    pub(super) elsewhere: Vec<String>,
    options: Ik1Options,
}

/// What refused a text, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Length,
    Form,
    /// The id of no key.
    Kid,
    Base64,
    Short,
    Commitment,
    Tag,
}

impl Stage {
    pub(super) const ALL: [Self; 7] =
        [Self::Length, Self::Form, Self::Kid, Self::Base64, Self::Short, Self::Commitment, Self::Tag];
}

/// Why a text was not refused as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hole {
    /// It opened.
    Opened,
    /// It passed the tag, and was refused for what is in it.
    Verified(Refusal),
    /// A panic.
    Panicked,
}

impl Readers {
    /// The same keys and tokens in every run.
    pub(super) fn new() -> Self {
        let keys = vec![("k1", key(1)), ("k2", key(2)), ("aZ09_aZ09_aZ09_X", key(3))];
        let payloads: [&[u8]; 4] =
            [b"", b"{}", b"{\"id\":\"6c1f\",\"data\":{\"user\":\"ann\"}}", &b"{\"id\":\"6c1f\"}".repeat(30)];
        let lasting = Times { issued_at: now(), expires_at: Some(now().plus_millis(60_000.0)) };
        let mut random = Random::new(0);
        let mut written = |bound: &Bound, payload: &[u8], times: Times| -> Vec<String> {
            let stored = deflated(payload);
            let (flags, stored) = stored.as_ref().map_or((0, payload), |shorter| (DEFLATED, shorter.as_slice()));
            let plaintext = [&times.header(flags)[..], stored];
            keys.iter()
                .map(|(kid, key)| write(key, kid, bound, &random.bytes(), &plaintext, usize::MAX).unwrap())
                .collect()
        };
        let authentic = payloads
            .iter()
            .flat_map(|payload| [never(), lasting].map(|times| written(&bound(), payload, times)))
            .flatten()
            .collect();
        let other = || "other".to_owned();
        let elsewhere = [
            Bound { purpose: other(), ..bound() },
            Bound { name: other(), ..bound() },
            Bound { audience: other(), ..bound() },
        ];
        let elsewhere = elsewhere
            .iter()
            .flat_map(|bound| payloads.map(|payload| written(bound, payload, never())))
            .flatten()
            .collect();
        Self { keys, authentic, elsewhere, options: Ik1Options { max_token_chars: LONGEST_TOKEN, ..options() } }
    }

    fn open(&self, text: &str) -> Result<Vec<u8>, Result<Stage, Hole>> {
        let stage = |refusal| match refusal {
            Refusal::Length => Ok(Stage::Length),
            Refusal::Form => Ok(Stage::Form),
            Refusal::Base64 => Ok(Stage::Base64),
            Refusal::Short => Ok(Stage::Short),
            Refusal::Commitment => Ok(Stage::Commitment),
            Refusal::Tag => Ok(Stage::Tag),
            verified => Err(Hole::Verified(verified)),
        };
        let token = Token::parse(text, &self.options).map_err(stage)?;
        let known = self.keys.iter().find(|(kid, _)| *kid == token.kid());
        let (_, key) = known.ok_or(Ok(Stage::Kid))?;
        token.open(key, &bound(), now(), &self.options).map_err(stage)
    }

    pub(super) fn stage_of(&self, text: &str) -> Result<Stage, Hole> {
        match catch_unwind(AssertUnwindSafe(|| self.open(text))) {
            Ok(Ok(_)) => Err(Hole::Opened),
            Ok(Err(refused)) => refused,
            Err(_) => Err(Hole::Panicked),
        }
    }
}
