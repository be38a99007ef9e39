//! The scripts: each decides by the server's clock, on buckets as they are there.

#![forbid(unsafe_code)]

use crate::redis::Script;

/// The part of a script that sets `now` and `told`.
pub(super) const SERVER_CLOCK: &str = include_str!("scripts/clock.lua");

const PLAIN: &str = include_str!("scripts/plain.lua");
const BUCKET: &str = include_str!("scripts/bucket.lua");
const JUDGE: &str = include_str!("scripts/judge.lua");

/// All scripts, with one clock.
pub(super) struct Scripts {
    pub(super) consume: Script,
    pub(super) peek: Script,
    pub(super) refund: Script,
    pub(super) penalize: Script,
    pub(super) reset: Script,
}

impl Scripts {
    pub(super) fn new(clock: &str) -> Self {
        let script = |parts: &[&str]| Script::new([&[clock, BUCKET], parts].concat().join("\n"));
        Self {
            consume: Script::new([clock, PLAIN, BUCKET, JUDGE, include_str!("scripts/consume.lua")].join("\n")),
            peek: script(&[JUDGE, include_str!("scripts/peek.lua")]).reading(),
            refund: script(&[include_str!("scripts/refund.lua")]),
            penalize: script(&[include_str!("scripts/penalize.lua")]),
            reset: script(&[include_str!("scripts/reset.lua")]),
        }
    }
}
