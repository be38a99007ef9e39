//! The first bytes of a file, read before SQLite opens it: opening the database of another application would change the files
//! beside it.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};

use super::errors::{foreign, newer, no_database, of_file};
use super::schema::{APPLICATION_ID, VERSION};

const LENGTH: usize = 100;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Counts the changes of the tables, so that it is 0 only where there never was one.
const SCHEMA: usize = 40;
const USER_VERSION: usize = 60;
const APPLICATION: usize = 68;

/// How long a header that is refused may have been half written by another process.
const PAUSE: Duration = Duration::from_millis(5);

/// Refuses what is not a file of ours, or without tables.
///
/// Tables and our mark are made in one transaction, before the file has a write-ahead log: a file of ours with tables has it.
pub(super) fn check(path: &Path, file: &mut File) -> Result<()> {
    look(path, file).or_else(|_| {
        thread::sleep(PAUSE);
        look(path, file)
    })
}

fn look(path: &Path, file: &mut File) -> Result<()> {
    let header = read(file).map_err(|error| of_file(path, &error))?;
    // Empty, or made by a process that was killed at it: SQLite rolls that back.
    if header.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    let Ok(header) = <[u8; LENGTH]>::try_from(header) else {
        return Err(no_database(path));
    };
    if !header.starts_with(MAGIC) {
        return Err(no_database(path));
    }
    if number(&header, SCHEMA) == 0 {
        return Ok(());
    }
    if number(&header, APPLICATION) != APPLICATION_ID {
        return Err(foreign(path));
    }
    match number(&header, USER_VERSION) {
        found if found > VERSION => Err(newer(path, found, VERSION)),
        _ => Ok::<(), Error>(()),
    }
}

fn read(file: &mut File) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let mut header = Vec::with_capacity(LENGTH);
    file.take(LENGTH as u64).read_to_end(&mut header)?;
    Ok(header)
}

fn number(header: &[u8; LENGTH], at: usize) -> i64 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&header[at..at + 4]);
    i32::from_be_bytes(bytes).into()
}
