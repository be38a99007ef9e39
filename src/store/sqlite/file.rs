//! The file beneath the connections: making it, knowing it again, and reading its first bytes.
//!
//! A process that closes any descriptor of a file drops the locks that all its other descriptors have on it; so POSIX has it, and
//! so SQLite's own would go, after which another process may remove the log in use. SQLite knows of its own descriptors alone.
//! So the one that is opened here stays open as long as any connection of this process to the file.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::mem;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::error::Result;

use super::errors::{is_folder, moved, no_folder, of_file};
use super::header;

/// Which file it is, by whatever name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// That of the file with this name now.
    pub(super) fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(path, &metadata))
    }

    #[cfg(unix)]
    fn of(_path: &Path, metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }

    /// Elsewhere an open file can be neither removed nor replaced.
    #[cfg(not(unix))]
    fn of(path: &Path, _metadata: &fs::Metadata) -> Self {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        Self(0, hasher.finish())
    }
}

/// The files that this process has open, and how many connections there are to each.
static OPEN: LazyLock<Mutex<HashMap<Identity, Open>>> = LazyLock::new(Mutex::default);

struct Open {
    file: File,
    connections: usize,
    /// It is not ours. It is never closed: another SQLite in this process may have locks on it.
    refused: bool,
}

/// A file that stays open until this is dropped, which is after the connection to it.
pub(super) struct Held(Identity);

impl Held {
    /// Opens the file, and makes it when it is missing. Refuses one that is not ours.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Err(is_folder(path));
        }
        if !path.parent().is_some_and(Path::is_dir) {
            return Err(no_folder(path));
        }
        let mut files = files();
        let identity = identity_in(&mut files, path).map_err(|error| of_file(path, &error))?;
        let open = files.get_mut(&identity).ok_or_else(|| moved(path))?;
        if let Err(error) = header::check(path, &mut open.file) {
            open.refused = true;
            return Err(error);
        }
        open.refused = false;
        open.connections += 1;
        Ok(Self(identity))
    }

    /// Whether this is the file of that name now.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        Identity::at(path) == Some(self.0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut files = files();
        if let Some(open) = files.get_mut(&self.0) {
            open.connections -= 1;
            if open.connections == 0 && !open.refused {
                files.remove(&self.0);
            }
        }
    }
}

fn files() -> MutexGuard<'static, HashMap<Identity, Open>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file of this name, which is among the open ones then.
fn identity_in(files: &mut HashMap<Identity, Open>, path: &Path) -> io::Result<Identity> {
    if let Some(identity) = Identity::at(path)
        && files.contains_key(&identity)
    {
        return Ok(identity);
    }
    let file = match new_file(path) {
        Ok(file) => {
            keep_name(path)?;
            file
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::open(path)?,
        Err(error) => return Err(error),
    };
    let identity = Identity::of(path, &file.metadata()?);
    match files.entry(identity) {
        // It was moved here just now, and may not be closed.
        Entry::Occupied(_) => mem::forget(file),
        Entry::Vacant(place) => {
            place.insert(Open { file, connections: 0, refused: false });
        }
    }
    Ok(identity)
}

/// A file for its owner alone. SQLite makes the files beside it with the same permissions.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Has the name of a new file survive a power loss.
fn keep_name(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
