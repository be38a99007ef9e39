//! The time that sessions go by: the server's, so that machines whose clocks differ agree.

#![forbid(unsafe_code)]

use crate::redis::Commands;

/// Where the time comes from.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// The part of a script that sets `now`.
    pub(super) script: &'static str,
    /// A command that says the time as `TIME` does. It is given what all keys of the slot begin with.
    pub(super) ask: fn(&str) -> Commands,
}

/// The server's.
pub(super) const SERVER_CLOCK: Clock =
    Clock { script: include_str!("scripts/clock.lua"), ask: |_slot| Commands::new(&[b"TIME"]) };
