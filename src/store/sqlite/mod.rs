//! Sessions in a file, by SQLite.
//!
//! One thread writes, and commits all calls together that wait by then; others read beside it. Several processes may have the
//! same file open: each writes when it has SQLite's lock, and none waits for a lock to read. The file opens with the first call.
//!
//! What an acknowledged write survives is chosen by [`Synchronous`]. Process kill: both. Power loss: with `Normal` the last
//! commits may vanish, with `Full` they are kept.

#![forbid(unsafe_code)]

mod backoff;
mod call;
mod create;
mod database;
mod errors;
mod file;
mod header;
mod imports;
mod options;
mod queue;
mod readers;
mod rows;
mod schema;
mod shared;
mod sweep;
#[cfg(test)]
mod tests;
mod times;
mod users;
mod writer;

use std::path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::clock::{Monotonic, Timestamp, Wall, monotonic, system};
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};

use super::record::{
    Change, Created, Import, ImportKey, Listed, Loaded, NewRecord, Regenerated, Revocation, Saved, Version,
};
use super::{SessionStore, StoreFuture};
use call::call;
use queue::Queue;
use shared::{Shared, Workers};
use times::{millis, timestamp};

pub use options::{Options, Synchronous};

/// How many keys of a call for many are looked up, or ended, in one transaction.
const MANY: usize = 500;

/// A store on SQLite.
pub struct SqliteStore {
    shared: Arc<Shared>,
    workers: Workers,
}

impl SqliteStore {
    /// A store on the file that the options name. Neither the file nor a thread is touched before the first call.
    ///
    /// # Errors
    /// `ERR_CONFIG` for a path that names no file.
    pub fn new(options: Options) -> Result<Self> {
        Self::with_clocks(options, monotonic(), system())
    }

    fn with_clocks(mut options: Options, clock: Monotonic, system: Wall) -> Result<Self> {
        let name = options.path.as_os_str();
        if name.is_empty() || name == ":memory:" || name.as_encoded_bytes().contains(&0) {
            return Err(Error::Config("The store's path has to name a file; the store without a file is another one"));
        }
        // An absolute path is no URI for SQLite, and stays what it is when the process goes elsewhere.
        options.path = path::absolute(&options.path)
            .map_err(|_| Error::Config("The store's path is not absolute, and the process has no current folder"))?;
        Ok(Self { shared: Arc::new(Shared::new(options, clock, system)), workers: Workers::default() })
    }

    async fn submit<T, W>(&self, queue: &Queue, bytes: usize, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.workers.start(&self.shared).await?;
        let (job, result) = call(work);
        queue.push(job, (self.shared.clock)(), bytes)?;
        // Without an answer only when the thread has ended.
        result.await.unwrap_or(Err(Error::StoreClosed))
    }

    async fn read<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.submit(&self.shared.reads, 0, work).await
    }

    /// `texts`: the lengths of what it writes that may be of any size.
    async fn write<T, W>(&self, texts: &[usize], work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let limit = self.shared.options.max_data;
        if let Some(&length) = texts.iter().find(|length| **length > limit) {
            return Err(Error::SessionTooLarge { length, limit });
        }
        self.submit(&self.shared.writes, texts.iter().sum(), work).await
    }
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

fn lengths(new: &NewRecord) -> [usize; 3] {
    [new.data.len(), length(new.label.as_ref()), length(new.user.as_ref())]
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.shared.reads.close();
        self.shared.writes.close();
    }
}

impl SessionStore for SqliteStore {
    fn create(&self, now: Timestamp, key: StoreKey, new: NewRecord) -> StoreFuture<'_, Created> {
        let (now, texts) = (millis(now), lengths(&new));
        Box::pin(async move { self.write(&texts, move |db| create::create(db, now, &key, &new)).await })
    }

    fn load(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Loaded> {
        let now = millis(now);
        Box::pin(self.read(move |db| rows::load(db, now, &key)))
    }

    fn save(&self, now: Timestamp, key: StoreKey, expected: Version, change: Change) -> StoreFuture<'_, Saved> {
        let now = millis(now);
        Box::pin(async move {
            let texts = [change.data.len(), length(change.label.as_ref())];
            self.write(&texts, move |db| rows::save(db, now, &key, expected, &change)).await
        })
    }

    fn touch(&self, now: Timestamp, key: StoreKey) -> StoreFuture<'_, Option<Timestamp>> {
        let now = millis(now);
        Box::pin(self.write(&[], move |db| Ok(rows::touch(db, now, &key)?.map(timestamp))))
    }

    fn delete(&self, now: Timestamp, key: StoreKey, tombstone: Duration) -> StoreFuture<'_, bool> {
        let now = millis(now);
        Box::pin(self.write(&[], move |db| rows::delete(db, now, &key, tombstone)))
    }

    fn regenerate(
        &self,
        now: Timestamp,
        from: StoreKey,
        expected: Version,
        to: StoreKey,
        new: NewRecord,
        tombstone: Duration,
    ) -> StoreFuture<'_, Regenerated> {
        let (now, texts) = (millis(now), lengths(&new));
        Box::pin(async move {
            let regenerate =
                move |db: &Connection| create::regenerate(db, now, &from, expected, (&to, &new), tombstone);
            self.write(&texts, regenerate).await
        })
    }

    fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        let (now, user) = (millis(now), user.to_owned());
        Box::pin(self.read(move |db| users::list(db, now, &user)))
    }

    fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
        let (now, user) = (millis(now), user.to_owned());
        Box::pin(self.read(move |db| users::count(db, now, &user)))
    }

    fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
        let (now, user) = (millis(now), user.to_owned());
        Box::pin(async move { self.write(&[user.len()], move |db| users::revoke(db, now, &user, &revocation)).await })
    }

    fn begin_import(&self, now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> StoreFuture<'_, Import> {
        let now = millis(now);
        Box::pin(self.write(&[], move |db| imports::begin(db, now, &import, tag, keep)))
    }

    fn end_import(&self, now: Timestamp, import: ImportKey, keep: Duration) -> StoreFuture<'_, ()> {
        let now = millis(now);
        Box::pin(self.write(&[], move |db| imports::end(db, now, &import, keep)))
    }

    /// Removes what has expired by `now` and by the system's clock: a caller whose clock is ahead ends nobody's session.
    fn delete_expired(&self, now: Timestamp, limit: u32) -> StoreFuture<'_, u64> {
        let until = millis(now).min(millis((self.shared.system)()));
        Box::pin(async move {
            let (mut removed, mut left, mut looks) = (0, limit, sweep::LOOKS);
            while left > 0 {
                let part = left.min(sweep::PART);
                let swept = self.write(&[], move |db| sweep::sweep(db, until, part)).await?;
                removed += u64::from(swept.sessions);
                let gone = swept.sessions + swept.marks;
                left -= gone;
                looks = looks.saturating_sub(swept.later);
                if looks == 0 || (swept.later == 0 && gone < part) {
                    break;
                }
            }
            Ok(removed)
        })
    }

    fn load_many(&self, now: Timestamp, keys: Vec<StoreKey>) -> StoreFuture<'_, Vec<Loaded>> {
        let now = millis(now);
        Box::pin(async move {
            let mut loaded = Vec::with_capacity(keys.len());
            for keys in keys.chunks(MANY) {
                let keys = keys.to_vec();
                loaded.extend(
                    self.read(move |db| {
                        keys.iter().map(|key| rows::load(db, now, key)).collect::<rusqlite::Result<Vec<_>>>()
                    })
                    .await?,
                );
            }
            Ok(loaded)
        })
    }

    fn delete_many(&self, now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> StoreFuture<'_, u64> {
        let now = millis(now);
        Box::pin(async move {
            let mut deleted = 0;
            for keys in keys.chunks(MANY) {
                let keys = keys.to_vec();
                let part = move |db: &Connection| {
                    keys.iter()
                        .try_fold(0, |sum, key| Ok(sum + u64::from(rows::delete(db, now, key, tombstone)?)))
                };
                deleted += self.write(&[], part).await?;
            }
            Ok(deleted)
        })
    }

    /// Commits what was called before, and ends the threads. The last one who has the file open takes its log into it.
    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.shared.reads.close();
            self.shared.writes.close();
            self.workers.join().await;
            Ok(())
        })
    }
}
