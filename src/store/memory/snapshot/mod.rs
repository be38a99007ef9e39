//! A file that a store can begin from again.
//!
//! It is written shard by shard, so that no lock is held for longer than one shard takes. What then happens in several shards at
//! once is noted, and written again behind them: a session that moved is in the snapshot once.

#![forbid(unsafe_code)]

mod file;
mod format;

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use super::part::{Pair, Part};
use super::room::Full;
use super::session::Session;
use super::shard::{Call, Shard, TOMBSTONE};
use super::users::NEVER;
use super::{MemoryOptions, MemoryStore, shard_of};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::StoreKey;
use crate::store::record::ImportKey;
#[cfg(test)]
pub(super) use file::draft_of;
use format::{Entries, Entry, Reader, Unreadable, Writer};

/// How often what has moved is written again while more may move.
const ROUNDS: u32 = 4;

/// The snapshots of a store.
pub(super) struct Snapshots {
    path: PathBuf,
    /// Held while one is written; whether it was the last one.
    writing: Mutex<bool>,
    is_writing: AtomicBool,
    /// The last one that was begun was not written to its end, and the parts have forgotten what it was to hold.
    is_owed: AtomicBool,
    /// What happened in several parts at once since this one was begun.
    moves: Mutex<Vec<Move>>,
    /// Held for reading by who moves a session, and for writing by a snapshot whose end they would put off for ever.
    gate: RwLock<()>,
}

/// Sessions that began and ended in one step. The first has begun; only the last may be in another shard than it.
struct Move {
    keys: Vec<StoreKey>,
    import: Option<ImportKey>,
}

impl Snapshots {
    /// Waits where a snapshot is just about to be finished. Before any part is locked.
    pub(super) fn enter(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a step, behind the locks of its parts: so a snapshot that has passed one of them is known to be under way.
    pub(super) fn note(
        &self,
        made: &StoreKey,
        left: Option<&StoreKey>,
        evicted: &[StoreKey],
        import: Option<ImportKey>,
    ) {
        if self.is_writing.load(Ordering::SeqCst) && (left.is_some() || import.is_some()) {
            let keys = [made].into_iter().chain(evicted).chain(left).copied().collect();
            self.moves.lock().unwrap_or_else(PoisonError::into_inner).push(Move { keys, import });
        }
    }

    fn noted(&self) -> Vec<Move> {
        std::mem::take(&mut *self.moves.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl MemoryStore {
    /// A store that begins with what is in a snapshot, if there is one, and leaves one when it is closed. What had expired by
    /// `now` is left out. The file holds the data of sessions as it is, and no id; only its owner may read it. It belongs to
    /// one store at a time.
    ///
    /// # Errors
    /// `ERR_CONFIG` as [`MemoryStore::new`]. `ERR_STORE_CORRUPT` for a file that is damaged or no snapshot, `ERR_STORE_VERSION`
    /// for one of a newer Ironkeep, `ERR_STORE_UNAVAILABLE` for one that cannot be read, has no folder, or does not fit: the
    /// file stays as it is.
    pub fn with_snapshot(options: MemoryOptions, path: impl Into<PathBuf>, now: Timestamp) -> Result<Self> {
        let path = path.into();
        let mut store = Self::new(options)?;
        store.read(&path, store.call(now))?;
        store.shards.iter().for_each(|part| part.hold().forget_changes());
        store.imports.iter().for_each(|part| part.hold().forget_changes());
        store.snapshots = Some(Snapshots {
            path,
            writing: Mutex::default(),
            is_writing: AtomicBool::default(),
            is_owed: AtomicBool::default(),
            moves: Mutex::default(),
            gate: RwLock::default(),
        });
        Ok(store)
    }

    /// Whether something may have changed since the last snapshot that was written was begun. Costs a look at some hundred
    /// notes, and waits for nobody.
    pub fn has_changed(&self) -> bool {
        let is_owed = self.snapshots.as_ref().is_some_and(|snapshots| snapshots.is_owed.load(Ordering::SeqCst));
        is_owed || self.shards.iter().any(Part::has_changed) || self.imports.iter().any(Part::has_changed)
    }

    /// Writes a snapshot, which takes the place of the last one at once and as a whole. Waits for the disk.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a store without a file, `ERR_STORE_CLOSED` for a closed one, `ERR_STORE_UNAVAILABLE` when the file cannot
    /// be written: then the last one stays.
    pub fn snapshot(&self) -> Result<()> {
        let snapshots = self
            .snapshots
            .as_ref()
            .ok_or(Error::Config("This memory store has no file for snapshots"))?;
        let _writing = snapshots.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_open()?;
        self.write(snapshots)
    }

    /// Writes what no call changes any more, unless that was done.
    pub(super) fn last_snapshot(&self) -> Result<()> {
        let Some(snapshots) = &self.snapshots else { return Ok(()) };
        let mut is_last = snapshots.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_last {
            self.write(snapshots)?;
            *is_last = true;
        }
        Ok(())
    }

    fn write(&self, snapshots: &Snapshots) -> Result<()> {
        snapshots.is_writing.store(true, Ordering::SeqCst);
        snapshots.is_owed.store(true, Ordering::SeqCst);
        let written = file::replace(&snapshots.path, |out| self.write_to(out, snapshots));
        snapshots.is_writing.store(false, Ordering::SeqCst);
        snapshots.noted();
        snapshots.is_owed.store(written.is_err(), Ordering::SeqCst);
        written.map_err(|error| {
            let path = snapshots.path.display();
            Error::StoreUnavailable(format!("The snapshot {path} cannot be written, and the last one stays: {error}"))
        })
    }

    fn write_to(&self, out: &mut impl Write, snapshots: &Snapshots) -> io::Result<()> {
        let mut writer = Writer::begin(out)?;
        let mut entries = Entries::default();
        for part in &self.shards {
            let shard = part.hold();
            shard.forget_changes();
            shard.write(&mut entries);
            drop(shard);
            writer.write(&mut entries)?;
        }
        for part in &self.imports {
            let imports = part.hold();
            imports.forget_changes();
            imports
                .markers
                .iter()
                .for_each(|marker| entries.marker(&marker.key, marker.end(), marker.value));
            drop(imports);
            writer.write(&mut entries)?;
        }
        for round in 0.. {
            let _gate = (round >= ROUNDS).then(|| snapshots.gate.write().unwrap_or_else(PoisonError::into_inner));
            let moves = snapshots.noted();
            for moved in &moves {
                self.write_again(moved, &mut entries);
                writer.write(&mut entries)?;
            }
            if moves.is_empty() || round >= ROUNDS {
                break;
            }
        }
        writer.finish()
    }

    /// Writes what has moved as it is now.
    fn write_again(&self, moved: &Move, entries: &mut Entries) {
        let ([first, ..], [.., last]) = (&*moved.keys, &*moved.keys) else { return };
        let mut pair = Pair::hold(&self.shards, shard_of(first.tag()), shard_of(last.tag()));
        for key in &moved.keys {
            let is_first = shard_of(key.tag()) == shard_of(first.tag());
            let shard = if is_first { pair.one() } else { pair.other() };
            entries.void(key);
            shard.write_key(key, entries);
        }
        if let Some(import) = &moved.import {
            let part = self.import_part(import).hold();
            if let Some(slot) = part.markers.find(import) {
                let marker = part.markers.get(slot);
                entries.marker(import, marker.end(), marker.value);
            }
        }
    }

    fn read(&self, path: &Path, call: Call) -> Result<()> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return check_folder(path),
            file => file,
        };
        let file = file.map_err(|error| unreadable(path, error.into()))?;
        let mut reader = Reader::begin(BufReader::with_capacity(1 << 16, file)).map_err(|why| unreadable(path, why))?;
        while let Some(entry) = reader.next().map_err(|why| unreadable(path, why))? {
            self.restore(call, entry)?;
        }
        Ok(())
    }

    fn restore(&self, call: Call, entry: Entry) -> Result<()> {
        match entry {
            Entry::Session(key, end, session) if end > call.now => {
                let mut session = Some(session);
                self.with_room(call, None, || Ok(self.shard(key.tag())?.restore(call, key, end, &mut session)))
            }
            Entry::Tombstone(key, end) if end > call.now => {
                self.with_room(call, None, || Ok(self.shard(key.tag())?.restore_tombstone(call, key, end)))
            }
            Entry::Revocation(user, end, revoked) if end > call.now => {
                let tag = crate::session::id::Tag::of_user(&user);
                self.with_room(call, None, || Ok(self.shard(tag)?.restore_revocation(call, &user, end, revoked)))
            }
            Entry::Marker(import, end, state) if end > call.now => {
                self.with_room(call, None, || Ok(self.import(&import)?.restore(call, import, end, state)))
            }
            Entry::Void(key) => {
                self.shard(key.tag())?.void(call, &key);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Shard {
    fn write(&self, entries: &mut Entries) {
        self.sessions.iter().for_each(|slot| entries.session(&slot.key, slot.end(), &slot.value));
        self.ended.iter().for_each(|slot| entries.tombstone(&slot.key, slot.end()));
        let revoked = self.users.iter().filter(|user| user.end() != NEVER);
        revoked.for_each(|user| entries.revocation(&user.key.name, user.end(), user.value.revoked));
    }

    fn write_key(&self, key: &StoreKey, entries: &mut Entries) {
        if let Some(slot) = self.sessions.find(key) {
            let session = self.sessions.get(slot);
            entries.session(key, session.end(), &session.value);
        }
        if let Some(slot) = self.ended.find(key) {
            entries.tombstone(key, self.ended.get(slot).end());
        }
    }

    fn restore(&mut self, call: Call, key: StoreKey, end: u64, session: &mut Option<Box<Session>>) -> Result<(), Full> {
        if self.sessions.find(&key).is_some() {
            return Ok(());
        }
        if let Some(session) = session.as_deref() {
            self.take_room(call, session.body.len(), session.user.as_deref())?;
        }
        if let Some(session) = session.take() {
            let user = session.user.clone();
            self.put(call, key, end, *session, user.as_deref());
        }
        Ok(())
    }

    fn restore_tombstone(&mut self, call: Call, key: StoreKey, end: u64) -> Result<(), Full> {
        if self.ended.find(&key).is_none() {
            call.room.take(TOMBSTONE)?;
            self.ended.insert(key, end, ());
        }
        Ok(())
    }

    fn restore_revocation(&mut self, call: Call, user: &str, end: u64, revoked: u64) -> Result<(), Full> {
        let slot = self.user_or_new(call, user)?;
        self.users.value(slot).revoked = revoked;
        self.users.set_end(slot, end);
        Ok(())
    }

    /// Forgets what there is under a key.
    fn void(&mut self, call: Call, key: &StoreKey) {
        if let Some(slot) = self.sessions.find(key) {
            let size = self.remove(call, slot);
            call.room.give(size);
        }
        if let Some(slot) = self.ended.find(key) {
            self.ended.swap_remove(slot);
            call.room.give(TOMBSTONE);
        }
    }
}

/// That there is no snapshot yet is nothing wrong, where there could be one.
fn check_folder(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let folder = folder.display();
            Err(Error::StoreUnavailable(format!("The snapshot's folder {folder} does not exist: make it first")))
        }
        _ => Ok(()),
    }
}

fn unreadable(path: &Path, why: Unreadable) -> Error {
    let path = path.display();
    match why {
        Unreadable::Io(error) => Error::StoreUnavailable(format!("The snapshot {path} cannot be read: {error}")),
        Unreadable::Corrupt(what) => Error::StoreCorrupt(format!(
            "The snapshot {path} is damaged ({what}): put a copy of it back, or remove it to begin without its sessions"
        )),
        Unreadable::Newer(version) => Error::StoreVersion(format!(
            "The snapshot {path} has version {version} of its format, written by a newer Ironkeep: use that, or another path"
        )),
    }
}
