//! What SQLite says, as errors that tell what is wrong and what to do.

#![forbid(unsafe_code)]

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::Error;

/// A path as it is shown: in one line, whatever is in it.
fn quoted(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

/// Whether another process has locked the file, so that it is worth trying again.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether there was no space, so that nothing was written.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// Whether the connection is still good after this.
pub(super) fn leaves_the_connection(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::ConstraintViolation
                | ErrorCode::TooBig
        )
    )
}

/// What to tell the caller.
pub(super) fn explain(path: &Path, error: &rusqlite::Error) -> Error {
    let Some(failure) = error.sqlite_error() else {
        return unreadable(path);
    };
    let name = rusqlite::ffi::code_to_str(failure.extended_code);
    let shown = quoted(path);
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::StoreTimeout,
        ErrorCode::DatabaseCorrupt => damaged(path),
        ErrorCode::NotADatabase => no_database(path),
        ErrorCode::DiskFull => Error::StoreUnavailable(format!(
            "There is no space left for the session store {shown}, and nothing was written: free some"
        )),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => read_only(path),
        ErrorCode::CannotOpen => Error::StoreUnavailable(format!(
            "The session store {shown} cannot be opened: this process needs to read and write it and to make files in its \
             folder, and needs file descriptors that are free"
        )),
        ErrorCode::SystemIoFailure => Error::StoreUnavailable(format!(
            "The disk of the session store {shown} failed ({name}): look at the system's log. \
             Whether the write was done is not known"
        )),
        // A table or a column that is missing.
        ErrorCode::Unknown if failure.extended_code == rusqlite::ffi::SQLITE_ERROR => unreadable(path),
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => unreadable(path),
        _ => Error::StoreUnavailable(format!("The session store {shown} cannot be used now ({name})")),
    }
}

pub(super) fn damaged(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreCorrupt(format!(
        "The session store {path} is damaged: restore it from a backup, or move it away to begin with an empty one"
    ))
}

pub(super) fn no_database(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreCorrupt(format!(
        "The session store {path} is no SQLite database, or its beginning is damaged: correct the path, or move the file away"
    ))
}

pub(super) fn foreign(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreCorrupt(format!(
        "{path} is the database of another application, and was not touched: give the session store a file of its own"
    ))
}

pub(super) fn unreadable(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreCorrupt(format!(
        "The session store {path} holds a table or a row that Ironkeep did not write: \
         restore it from a backup, or move it away to begin with an empty one"
    ))
}

pub(super) fn newer(path: &Path, found: i64, known: i64) -> Error {
    let path = quoted(path);
    Error::StoreVersion(format!(
        "The session store {path} has the tables of a newer Ironkeep (version {found}, and this one knows {known}): \
         use that Ironkeep, or another file"
    ))
}

pub(super) fn read_only(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreUnavailable(format!(
        "The session store {path} is read-only: let this process write it, and make files in its folder"
    ))
}

pub(super) fn no_folder(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreUnavailable(format!(
        "The folder of the session store {path} does not exist: make it, or correct the path"
    ))
}

pub(super) fn is_folder(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreUnavailable(format!("The session store {path} is a folder: name a file in it"))
}

pub(super) fn moved(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreUnavailable(format!(
        "The session store {path} was removed or replaced while it was open: the next call opens what is there now"
    ))
}

pub(super) fn no_wal(path: &Path) -> Error {
    let path = quoted(path);
    Error::StoreUnavailable(format!(
        "The session store {path} is on a file system without shared memory, such as a network's: use a local disk"
    ))
}

/// What the system said about the file, before SQLite saw it.
pub(super) fn of_file(path: &Path, error: &io::Error) -> Error {
    let shown = quoted(path);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_folder(path),
        io::ErrorKind::IsADirectory => is_folder(path),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => read_only(path),
        kind => Error::StoreUnavailable(format!("The session store {shown} cannot be opened: {kind}")),
    }
}
