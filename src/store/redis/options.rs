//! How a store on Redis is set up.

#![forbid(unsafe_code)]

use crate::redis;

/// The options of a store on Redis. `Debug` prints nothing that could hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The servers, and how they are reached.
    pub redis: redis::Options,
    /// The most data that a session may have, in bytes.
    pub max_data: usize,
    /// Whether the end of sessions is published, as a hint to who keeps copies of them.
    pub publish: bool,
}

impl Options {
    /// The options with their defaults: sessions of at most 64 KB, their ends published.
    #[must_use]
    pub fn new(redis: redis::Options) -> Self {
        Self { redis, max_data: 64 * 1024, publish: true }
    }
}
