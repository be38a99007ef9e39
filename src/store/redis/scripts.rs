//! The scripts: each is one operation on one slot, done as a whole.

#![forbid(unsafe_code)]

use crate::redis::Script;

/// The time that scripts go by: the server's, so that machines whose clocks differ agree.
pub(super) const SERVER_CLOCK: &str = include_str!("scripts/clock.lua");

const COMMON: &str = include_str!("scripts/common.lua");
const ADD: &str = include_str!("scripts/add.lua");

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
    /// `clock` is the part of a script that sets `now`, `publish` the command that tells of ends.
    pub(super) fn new(clock: &str, publish: Option<&str>) -> Self {
        let publish = publish.map_or("nil".to_owned(), |command| format!("'{command}'"));
        let head = format!("{clock}\nlocal PUBLISH = {publish}\n{COMMON}\n");
        let script = |parts: &[&str]| Script::new(format!("{head}{}", parts.concat()));
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
