//! The calls of a store as values, so that they can cross and wait.

use std::sync::Arc;
use std::time::Duration;

use crate::binding::session_store::backend::Backend;
use crate::binding::session_store::snapshots::Snapshots;
use crate::binding::task::Call;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::SessionStore;
use crate::store::record::{
    Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version,
};

/// A call with all that it needs.
pub(super) enum Operation {
    Create { key: StoreKey, new: Box<NewRecord> },
    Load { key: StoreKey },
    Save { key: StoreKey, expected: Version, change: Box<Change> },
    Touch { key: StoreKey },
    Delete { key: StoreKey, tombstone: Duration },
    Regenerate { from: StoreKey, expected: Version, to: StoreKey, new: Box<NewRecord>, tombstone: Duration },
    List { user: String },
    Count { user: String },
    Revoke { user: String, revocation: Revocation },
    BeginImport { import: ImportKey, tag: Tag, keep: Duration },
    EndImport { import: ImportKey, keep: Duration },
    DeleteExpired { limit: u32 },
    LoadMany { keys: Vec<StoreKey> },
    DeleteMany { keys: Vec<StoreKey>, tombstone: Duration },
    Close,
}

/// What a call came to.
pub(super) enum Answer {
    Created(Created),
    Loaded(Loaded),
    Saved(Saved),
    Regenerated(Regenerated),
    Listed(Vec<Listed>),
    Import(Import),
    LoadedMany(Vec<Loaded>),
    Instant(Option<Timestamp>),
    Flag(bool),
    Count(u64),
    Done,
}

/// A call that is to be made: to the store, or to what closes it behind its snapshots.
pub(super) enum Asked {
    OfStore {
        backend: Backend,
        deadline: Option<Duration>,
        now: Timestamp,
        operation: Operation,
    },
    OfSnapshots(Arc<Snapshots>),
    /// What is wrong with it is known.
    Refused(Error),
}

impl Call for Asked {
    type Answer = Answer;

    async fn make(self) -> Result<Answer> {
        match self {
            Self::OfStore { backend, deadline, now, operation } => operation.run(backend.within(deadline), now).await,
            Self::OfSnapshots(snapshots) => snapshots.close().await,
            Self::Refused(error) => Err(error),
        }
    }
}

impl Operation {
    /// Makes the call.
    async fn run(self, store: Arc<dyn SessionStore>, now: Timestamp) -> Result<Answer> {
        Ok(match self {
            Self::Create { key, new } => Answer::Created(store.create(now, key, *new).await?),
            Self::Load { key } => Answer::Loaded(store.load(now, key).await?),
            Self::Save { key, expected, change } => Answer::Saved(store.save(now, key, expected, *change).await?),
            Self::Touch { key } => Answer::Instant(store.touch(now, key).await?),
            Self::Delete { key, tombstone } => Answer::Flag(store.delete(now, key, tombstone).await?),
            Self::Regenerate { from, expected, to, new, tombstone } => {
                Answer::Regenerated(store.regenerate(now, from, expected, to, *new, tombstone).await?)
            }
            Self::List { user } => Answer::Listed(store.list(now, &user).await?),
            Self::Count { user } => Answer::Count(store.count(now, &user).await?),
            Self::Revoke { user, revocation } => Answer::Count(store.revoke(now, &user, revocation).await?),
            Self::BeginImport { import, tag, keep } => {
                Answer::Import(store.begin_import(now, import, tag, keep).await?)
            }
            Self::EndImport { import, keep } => {
                store.end_import(now, import, keep).await?;
                Answer::Done
            }
            Self::DeleteExpired { limit } => Answer::Count(store.delete_expired(now, limit).await?),
            Self::LoadMany { keys } => Answer::LoadedMany(store.load_many(now, keys).await?),
            Self::DeleteMany { keys, tombstone } => Answer::Count(store.delete_many(now, keys, tombstone).await?),
            Self::Close => {
                store.close().await?;
                Answer::Done
            }
        })
    }
}
