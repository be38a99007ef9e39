//! How a store on SQLite is set up.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::time::Duration;

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Process kill: kept. Power loss: the last commits may vanish, and the file stays whole. No commit waits for the disk.
    Normal,
    /// Process kill: kept. Power loss: kept. Each commit waits for the disk, and holds all calls that wait by then.
    Full,
}

/// The options of a store on SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The file. It is made when it is missing, for its owner alone; its folder is not made. A path that is not absolute counts
    /// from the folder that the process is in when the store is made.
    pub path: PathBuf,
    /// What an acknowledged write survives.
    pub synchronous: Synchronous,
    /// The most data that a session may have, in bytes. A label or a user's id may not be longer either.
    pub max_data: usize,
    /// How long a call waits for a file that another process has locked.
    pub busy_timeout: Duration,
    /// How many threads read, beside the one that writes; at least 1.
    pub readers: usize,
}

impl Options {
    /// The options with their defaults: sessions of at most 64 KB, 5 s for a locked file, 2 readers.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, synchronous: Synchronous) -> Self {
        Self { path: path.into(), synchronous, max_data: 64 * 1024, busy_timeout: Duration::from_secs(5), readers: 2 }
    }
}
