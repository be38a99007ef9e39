//! The bytes of a snapshot.
//!
//! ```text
//! snapshot = "ironkeep memory\n" | version u32 | entry* | 0 | entries u64 | SHA-256 of all before
//! entry    = 1 | key 34 | end | version | created | seen | authenticated | absolute | idle | token 16
//!              | body | label length u32 | user                                     a session
//!          | 2 | key 34 | end                                                       a tombstone
//!          | 3 | user | end | revoked                                               a revocation
//!          | 4 | import key 32 | end | state | tag 2                                a marker: open 0, done 1, never begun 2
//!          | 5 | key 34                                                             what came before of this key is void
//! body, user = length u32 | bytes                                                   no user: the length 2^32 - 1
//! ```
//!
//! Numbers are little-endian; those without a size are u64, and instants milliseconds since the epoch. 2^64 - 1 is "none", and
//! for a label length 2^32 - 1. Ids of sessions are not in it: keys are hashes of them.

#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::sync::Arc;

use ring::digest::{Context, SHA256};

use super::super::due::number;
use super::super::session::{NOBODY, Session};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Import, ImportKey};

const MAGIC: &[u8; 16] = b"ironkeep memory\n";
const VERSION: u32 = 1;
const DIGEST: usize = 32;
/// Room that is made for bytes before they were read, since a length may be a lie.
const TRUSTED: usize = 64 * 1024;

/// What a snapshot is made of.
pub(super) enum Entry {
    Session(StoreKey, u64, Box<Session>),
    Tombstone(StoreKey, u64),
    Revocation(String, u64, u64),
    Marker(ImportKey, u64, Import),
    Void(StoreKey),
}

/// Why a snapshot is not read.
pub(super) enum Unreadable {
    Io(io::Error),
    Corrupt(&'static str),
    Newer(u32),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Corrupt("it ends too early"),
            _ => Self::Io(error),
        }
    }
}

/// Entries in a buffer, as they are written.
#[derive(Default)]
pub(super) struct Entries {
    bytes: Vec<u8>,
    count: u64,
}

impl Entries {
    pub(super) fn session(&mut self, key: &StoreKey, end: u64, session: &Session) {
        self.begin(1, &key.0);
        let Session { version, created, seen, authenticated, absolute, idle, .. } = *session;
        self.numbers(&[end, version, created, seen, authenticated, absolute, idle]);
        self.bytes.extend(session.token);
        self.text(Some(&session.body));
        self.bytes.extend(session.label.to_le_bytes());
        self.text(session.user.as_deref().map(str::as_bytes));
    }

    pub(super) fn tombstone(&mut self, key: &StoreKey, end: u64) {
        self.begin(2, &key.0);
        self.numbers(&[end]);
    }

    pub(super) fn revocation(&mut self, user: &str, end: u64, revoked: u64) {
        self.begin(3, &[]);
        self.text(Some(user.as_bytes()));
        self.numbers(&[end, revoked]);
    }

    pub(super) fn marker(&mut self, import: &ImportKey, end: u64, state: Import) {
        self.begin(4, &import.0);
        self.numbers(&[end]);
        let (state, Tag(tag)) = match state {
            Import::Open(tag) => (0, tag),
            Import::Done(Some(tag)) => (1, tag),
            Import::Done(None) => (2, Tag([0; 2])),
        };
        self.bytes.push(state);
        self.bytes.extend(tag);
    }

    pub(super) fn void(&mut self, key: &StoreKey) {
        self.begin(5, &key.0);
    }

    fn begin(&mut self, kind: u8, key: &[u8]) {
        self.count += 1;
        self.bytes.push(kind);
        self.bytes.extend_from_slice(key);
    }

    fn numbers(&mut self, numbers: &[u64]) {
        self.bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn text(&mut self, text: Option<&[u8]>) {
        self.bytes.extend(text.map_or(NOBODY, |text| number(text.len())).to_le_bytes());
        self.bytes.extend_from_slice(text.unwrap_or_default());
    }
}

/// Writes a snapshot, a piece at a time.
pub(super) struct Writer<'a, W> {
    out: &'a mut W,
    digest: Context,
    count: u64,
}

impl<'a, W: Write> Writer<'a, W> {
    pub(super) fn begin(out: &'a mut W) -> io::Result<Self> {
        let mut writer = Self { out, digest: Context::new(&SHA256), count: 0 };
        writer.put(MAGIC)?;
        writer.put(&VERSION.to_le_bytes())?;
        Ok(writer)
    }

    /// Writes these entries, and leaves none of them.
    pub(super) fn write(&mut self, entries: &mut Entries) -> io::Result<()> {
        self.put(&entries.bytes)?;
        self.count += entries.count;
        entries.bytes.clear();
        entries.count = 0;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.put(&[0])?;
        self.put(&self.count.to_le_bytes())?;
        self.out.write_all(self.digest.finish().as_ref())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.out.write_all(bytes)
    }
}

/// Reads a snapshot, an entry at a time. What it gave is true once it has given `None`.
pub(super) struct Reader<R> {
    input: R,
    digest: Context,
    count: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn begin(input: R) -> Result<Self, Unreadable> {
        let mut reader = Self { input, digest: Context::new(&SHA256), count: 0 };
        if reader.array::<16>()? != *MAGIC {
            return Err(Unreadable::Corrupt("it is no snapshot"));
        }
        match u32::from_le_bytes(reader.array()?) {
            VERSION => Ok(reader),
            0 => Err(Unreadable::Corrupt("its version is 0")),
            newer => Err(Unreadable::Newer(newer)),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Entry>, Unreadable> {
        let [kind] = self.array()?;
        self.count += 1;
        match kind {
            0 => self.finish().map(|()| None),
            1 => self.session().map(Some),
            2 => Ok(Some(Entry::Tombstone(self.key()?, self.number()?))),
            3 => {
                let user = self.user()?.ok_or(Unreadable::Corrupt("a revocation has no user"))?;
                Ok(Some(Entry::Revocation(user, self.number()?, self.number()?)))
            }
            4 => {
                let (import, end) = (ImportKey(self.array()?), self.number()?);
                let ([state], tag) = (self.array()?, Tag(self.array()?));
                let state = match state {
                    0 => Import::Open(tag),
                    1 => Import::Done(Some(tag)),
                    2 => Import::Done(None),
                    _ => return Err(Unreadable::Corrupt("a marker has no such state")),
                };
                Ok(Some(Entry::Marker(import, end, state)))
            }
            5 => Ok(Some(Entry::Void(self.key()?))),
            _ => Err(Unreadable::Corrupt("there is no such entry")),
        }
    }

    fn session(&mut self) -> Result<Entry, Unreadable> {
        let (key, end) = (self.key()?, self.number()?);
        let mut session = Session {
            version: self.number()?,
            created: self.number()?,
            seen: self.number()?,
            authenticated: self.number()?,
            absolute: self.number()?,
            idle: self.number()?,
            token: self.array()?,
            body: self.text()?.unwrap_or_default().into_boxed_slice(),
            label: u32::from_le_bytes(self.array()?),
            user: None,
            before: NOBODY,
            after: NOBODY,
        };
        session.user = self.user()?.map(Arc::from);
        if session.label != NOBODY && session.label().is_none() {
            return Err(Unreadable::Corrupt("a label is no text"));
        }
        Ok(Entry::Session(key, end, Box::new(session)))
    }

    fn finish(&mut self) -> Result<(), Unreadable> {
        if self.number()? != self.count - 1 {
            return Err(Unreadable::Corrupt("entries are missing"));
        }
        let digest = self.digest.clone().finish();
        if self.array::<DIGEST>()? != *digest.as_ref() {
            return Err(Unreadable::Corrupt("its checksum is wrong"));
        }
        match self.input.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(Unreadable::Corrupt("something is behind its end")),
        }
    }

    fn key(&mut self) -> Result<StoreKey, Unreadable> {
        self.array().map(StoreKey)
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        self.array().map(u64::from_le_bytes)
    }

    fn user(&mut self) -> Result<Option<String>, Unreadable> {
        let bytes = self.text()?;
        let text = bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| Unreadable::Corrupt("a user is no text")));
        text.transpose()
    }

    fn text(&mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        let length = u32::from_le_bytes(self.array()?);
        if length == NOBODY {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity((length as usize).min(TRUSTED));
        let read = (&mut self.input).take(length.into()).read_to_end(&mut bytes)?;
        if read < length as usize {
            return Err(Unreadable::Corrupt("it ends too early"));
        }
        self.digest.update(&bytes);
        Ok(Some(bytes))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.digest.update(&bytes);
        Ok(bytes)
    }
}
