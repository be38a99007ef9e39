//! A script: one operation on one slot, done as a whole.

#![forbid(unsafe_code)]

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

/// A script, and the hash that a server that has seen it knows it by.
pub(crate) struct Script {
    /// What it does.
    pub(super) text: String,
    /// SHA-1 of that in hex. It names, and protects nothing.
    pub(super) hash: String,
    /// Whether it may run twice for one call.
    pub(super) only_reads: bool,
}

impl Script {
    pub(crate) fn new(text: String) -> Self {
        let mut hash = String::with_capacity(40);
        for byte in Sha1::digest(text.as_bytes()) {
            // Writing to a string does not fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self { text, hash, only_reads: false }
    }

    /// The same, of a script that writes nothing that matters: it is sent again when the connection breaks.
    pub(crate) fn reading(self) -> Self {
        Self { only_reads: true, ..self }
    }
}
