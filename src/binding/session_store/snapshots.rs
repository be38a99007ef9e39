//! The snapshots of a store in memory: written where they block neither JavaScript nor the runtime, never two at once, into a
//! file that no other store of this process has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::binding::runtime::{spawn_waiting, start};
use crate::binding::session_store::operation::Answer;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::panics::caught;
use crate::store::SessionStore;
use crate::store::memory::{MemoryOptions, MemoryStore};

pub(super) struct Snapshots {
    store: Arc<MemoryStore>,
    /// Until the last one is written.
    claim: Mutex<Option<Claim>>,
    is_under_way: AtomicBool,
    /// What the last one came to that failed, until somebody hears of it.
    failure: Mutex<Option<Error>>,
}

impl Snapshots {
    /// Makes a store with snapshots.
    ///
    /// # Errors
    /// As [`MemoryStore::with_snapshot`], and `ERR_CONFIG` for a file that another store of this process has.
    pub(super) fn open(options: MemoryOptions, path: String, now: Timestamp) -> Result<Self> {
        let claim = Claim::new(Path::new(&path))?;
        Ok(Self {
            store: Arc::new(MemoryStore::with_snapshot(options, path, now)?),
            claim: Mutex::new(Some(claim)),
            is_under_way: AtomicBool::new(false),
            failure: Mutex::default(),
        })
    }

    pub(super) fn store(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.store)
    }

    /// Begins one where something may have changed and none is under way.
    ///
    /// # Errors
    /// What the one before came to, once. `ERR_BUSY` where there is no thread for this one.
    pub(super) fn begin(self: &Arc<Self>) -> Result<()> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        if self.store.has_changed() && !self.is_under_way.swap(true, Ordering::SeqCst) {
            // Work that is dropped is over as well.
            let work = UnderWay(Arc::clone(self));
            start()?;
            if !spawn_waiting(move || work.0.write()) {
                return Err(Error::NoThread);
            }
        }
        failure.map_or(Ok(()), Err)
    }

    fn write(&self) {
        match caught(|| self.store.snapshot()).and_then(|written| written) {
            // Who closes the store writes the last one, and hears of that.
            Ok(()) | Err(Error::StoreClosed) => {}
            Err(error) => *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
        }
    }

    /// Closes the store, behind a snapshot that is under way, and gives the file free once it is written. The runtime has one
    /// thread for the calls of all stores, so the disk is waited for on another.
    ///
    /// # Errors
    /// As `close` of the store, which can be repeated then.
    pub(super) async fn close(self: Arc<Self>) -> Result<Answer> {
        let closed = spawn_blocking(move || {
            Handle::current().block_on(self.store.close())?;
            self.claim.lock().unwrap_or_else(PoisonError::into_inner).take();
            Ok(Answer::Done)
        });
        closed.await.unwrap_or(Err(Error::Panicked))
    }
}

struct UnderWay(Arc<Snapshots>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.is_under_way.store(false, Ordering::SeqCst);
    }
}

/// A file that one store of this process has.
struct Claim(PathBuf);

static CLAIMED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

impl Claim {
    fn new(path: &Path) -> Result<Self> {
        let place = place_of(path);
        if CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone()) {
            Ok(Self(place))
        } else {
            Err(Error::Config("snapshot: another store of this process has this file: close that one first"))
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// The entry of a folder that a path names. The file itself may be missing, and a link in its place is replaced and not
/// followed. A folder that is missing has no entries, and no store either.
fn place_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (folder.unwrap_or(Path::new(".")).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
