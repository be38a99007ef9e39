//! A file that is written as a whole or not at all.

#![forbid(unsafe_code)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where a file is written before it takes the place of the last one: beside it, since a rename crosses no file system.
pub(in crate::store::memory) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

/// Writes a file, readable by its owner alone. Whatever ends the process, the path then holds the old file or the new one.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let draft = draft_of(path);
    let done = write_draft(&draft, write).and_then(|()| fs::rename(&draft, path));
    if done.is_err() {
        _ = fs::remove_file(&draft);
    }
    done.and_then(|()| sync_folder(path))
}

fn write_draft(draft: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    // One that a killed process left, or a link that somebody put there to have another file overwritten.
    match fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::with_capacity(1 << 16, options.open(draft)?);
    write(&mut out)?;
    out.flush()?;
    out.get_ref().sync_all()
}

/// Makes the rename itself survive a loss of power. Elsewhere folders cannot be opened, and renames are journaled.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on the other systems")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
