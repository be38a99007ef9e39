//! The scripts: each is one operation on one slot, done as a whole.

#![forbid(unsafe_code)]

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

/// The time that scripts go by: the server's, so that machines whose clocks differ agree.
pub(super) const SERVER_CLOCK: &str = include_str!("scripts/clock.lua");

const COMMON: &str = include_str!("scripts/common.lua");
const ADD: &str = include_str!("scripts/add.lua");

/// A script, and the hash that a server that has seen it knows it by.
pub(super) struct Script {
    /// What it does.
    pub(super) text: String,
    /// SHA-1 of that in hex. It names, and protects nothing.
    pub(super) hash: String,
    /// Whether it may run twice for one call.
    pub(super) only_reads: bool,
}

impl Script {
    fn new(clock: &str, parts: &[&str]) -> Self {
        let mut text = format!("{clock}\n{COMMON}\n");
        for part in parts {
            text.push_str(part);
        }
        let mut hash = String::with_capacity(40);
        for byte in Sha1::digest(text.as_bytes()) {
            // Writing to a string does not fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self { text, hash, only_reads: false }
    }

    fn reading(self) -> Self {
        Self { only_reads: true, ..self }
    }
}

/// All scripts, with one clock.
pub(super) struct Scripts {
    pub(super) create: Script,
    pub(super) load: Script,
    pub(super) save: Script,
    pub(super) touch: Script,
    pub(super) delete: Script,
    pub(super) regenerate: Script,
    pub(super) pending: Script,
    pub(super) remove: Script,
    pub(super) activate: Script,
    pub(super) drop: Script,
    pub(super) list: Script,
    pub(super) count: Script,
    pub(super) revoke: Script,
    pub(super) marker: Script,
    pub(super) import: Script,
}

impl Scripts {
    /// `clock` is the part of a script that sets `now`.
    pub(super) fn new(clock: &str) -> Self {
        let script = |parts: &[&str]| Script::new(clock, parts);
        Self {
            create: script(&[ADD, include_str!("scripts/create.lua")]),
            load: script(&[include_str!("scripts/load.lua")]).reading(),
            save: script(&[include_str!("scripts/save.lua")]),
            touch: script(&[include_str!("scripts/touch.lua")]),
            delete: script(&[include_str!("scripts/delete.lua")]),
            regenerate: script(&[ADD, include_str!("scripts/regenerate.lua")]),
            pending: script(&[ADD, include_str!("scripts/pending.lua")]),
            remove: script(&[include_str!("scripts/remove.lua")]),
            activate: script(&[include_str!("scripts/activate.lua")]),
            drop: script(&[include_str!("scripts/drop.lua")]),
            list: script(&[include_str!("scripts/list.lua")]).reading(),
            count: script(&[include_str!("scripts/count.lua")]).reading(),
            revoke: script(&[include_str!("scripts/revoke.lua")]),
            marker: script(&[include_str!("scripts/marker.lua")]),
            import: script(&[include_str!("scripts/import.lua")]),
        }
    }
}
