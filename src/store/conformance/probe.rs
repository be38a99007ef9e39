//! A store under test, called without waiting for anything: what a check is written in.

#![forbid(unsafe_code)]

use std::future::{Future, poll_fn};
use std::sync::{Arc, Barrier, Mutex};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use super::Harness;
use crate::clock::Timestamp;
use crate::error::{ErrorCode, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{
    Change, Created, Import, ImportKey, Lifetime, Listed, Loaded, NewRecord, Record, Regenerated, Revocation, Saved,
    Version, WriteToken,
};
use crate::store::{SessionStore, StoreFuture};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// How long tombstones stay, where nothing else is said.
pub(super) const TOMBSTONE: Duration = Duration::from_mins(5);

/// The session `n` of nobody.
pub(super) fn key(n: u8) -> StoreKey {
    tagged(Tag([n, n.wrapping_mul(31)]), n)
}

/// The session `n` of a user.
pub(super) fn key_of(user: &str, n: u8) -> StoreKey {
    tagged(Tag::of_user(user), n)
}

/// The session `n` with this tag.
pub(super) fn tagged(tag: Tag, n: u8) -> StoreKey {
    let mut key = [n; 34];
    key[..2].copy_from_slice(&tag.0);
    StoreKey(key)
}

pub(super) fn token(n: u8) -> WriteToken {
    WriteToken([n; 16])
}

/// A session of nobody that lives for an hour. Its data and its token say which one it is.
pub(super) fn session(n: u8) -> NewRecord {
    NewRecord {
        data: format!("session {n}").into_bytes(),
        write_token: token(n),
        user: None,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: HOUR, idle: None },
        label: None,
        cap: None,
        import: None,
    }
}

/// The same of a user.
pub(super) fn session_of(user: &str, n: u8) -> NewRecord {
    NewRecord { user: Some(user.to_owned()), ..session(n) }
}

/// The same of nobody, that ends when nobody comes for ten minutes.
pub(super) fn idle_session(n: u8) -> NewRecord {
    NewRecord { lifetime: Lifetime { max_age: HOUR, idle: Some(10 * MINUTE) }, ..session(n) }
}

/// Other data.
pub(super) fn change(n: u8) -> Change {
    Change { data: format!("change {n}").into_bytes(), write_token: token(n), lifetime: None, label: None }
}

pub(super) struct Probe {
    harness: Box<dyn Harness>,
    store: Arc<dyn SessionStore>,
}

impl Probe {
    pub(super) fn new(harness: Box<dyn Harness>) -> Self {
        let store = harness.store();
        Self { harness, store }
    }

    /// The same place with another store on it, for one that is persistent.
    pub(super) fn reopen(&mut self) -> bool {
        let reopened = self.harness.reopen();
        let persistent = reopened.is_some();
        self.store = reopened.unwrap_or_else(|| Arc::clone(&self.store));
        persistent
    }

    pub(super) fn harness(&self) -> &dyn Harness {
        &*self.harness
    }

    pub(super) fn store(&self) -> &dyn SessionStore {
        &*self.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.harness.now()
    }

    pub(super) fn advance(&self, by: Duration) {
        self.harness.advance(by);
    }

    /// Lets time pass until just before something that is this far away.
    pub(super) fn advance_close_to(&self, end: Duration) {
        self.advance(end.saturating_sub(self.edge()));
    }

    /// And from there until just after it.
    pub(super) fn advance_past(&self) {
        self.advance(2 * self.edge());
    }

    fn edge(&self) -> Duration {
        self.harness.slack() + Duration::from_millis(1)
    }

    /// Lets so much time pass that what is made now is newer than what was made before.
    pub(super) fn advance_a_little(&self) {
        self.advance(SECOND + 2 * self.harness.slack());
    }

    /// Waits for one call.
    pub(super) fn wait<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        wait(self.harness(), future)
    }

    /// Waits for several calls that one task makes at once.
    pub(super) fn together<T: Send>(&self, mut futures: Vec<StoreFuture<'_, T>>) -> Vec<T> {
        let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
        self.wait(poll_fn(|context| {
            for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
                if let Poll::Ready(result) = future.as_mut().poll(context) {
                    *done = Some(result.unwrap());
                }
            }
            if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        }));
        done.into_iter().flatten().collect()
    }

    /// Polls a call this often, and drops it.
    pub(super) fn give_up<T: Send>(&self, polls: u8, mut call: StoreFuture<'_, T>) {
        self.wait(poll_fn(|context| {
            let mut left = polls;
            while left > 0 && call.as_mut().poll(context).is_pending() {
                left -= 1;
            }
            Poll::Ready(())
        }));
    }

    pub(super) fn create(&self, key: StoreKey, new: NewRecord) -> Created {
        self.wait(self.store.create(self.now(), key, new)).unwrap()
    }

    /// Makes a session that nothing is in the way of.
    pub(super) fn make(&self, key: StoreKey, new: NewRecord) {
        let created = self.create(key, new);
        assert!(matches!(&created, Created::Done { evicted, .. } if evicted.is_empty()), "{created:?}");
    }

    pub(super) fn load(&self, key: StoreKey) -> Loaded {
        self.wait(self.store.load(self.now(), key)).unwrap()
    }

    /// The record of a session that there is.
    pub(super) fn record(&self, key: StoreKey) -> Record {
        found(self.load(key))
    }

    pub(super) fn is_live(&self, key: StoreKey) -> bool {
        matches!(self.load(key), Loaded::Found(_))
    }

    pub(super) fn save(&self, key: StoreKey, expected: Version, change: Change) -> Saved {
        self.wait(self.store.save(self.now(), key, expected, change)).unwrap()
    }

    pub(super) fn touch(&self, key: StoreKey) -> Option<Timestamp> {
        self.wait(self.store.touch(self.now(), key)).unwrap()
    }

    pub(super) fn delete(&self, key: StoreKey) -> bool {
        self.wait(self.store.delete(self.now(), key, TOMBSTONE)).unwrap()
    }

    pub(super) fn regenerate(&self, from: StoreKey, expected: Version, to: StoreKey, new: NewRecord) -> Regenerated {
        self.wait(self.store.regenerate(self.now(), from, expected, to, new, TOMBSTONE)).unwrap()
    }

    pub(super) fn list(&self, user: &str) -> Vec<Listed> {
        self.wait(self.store.list(self.now(), user)).unwrap()
    }

    pub(super) fn listed_keys(&self, user: &str) -> Vec<StoreKey> {
        self.list(user).into_iter().map(|listed| listed.key).collect()
    }

    pub(super) fn count(&self, user: &str) -> u64 {
        self.wait(self.store.count(self.now(), user)).unwrap()
    }

    /// Revokes all sessions of a user but one, and remembers it for an hour.
    pub(super) fn revoke(&self, user: &str, except: Option<StoreKey>) -> u64 {
        self.revoke_for(HOUR, user, except)
    }

    pub(super) fn revoke_for(&self, keep: Duration, user: &str, except: Option<StoreKey>) -> u64 {
        let revocation = Revocation { except, tombstone: TOMBSTONE, keep };
        self.wait(self.store.revoke(self.now(), user, revocation)).unwrap()
    }

    pub(super) fn begin_import(&self, import: ImportKey, tag: Tag, keep: Duration) -> Import {
        self.wait(self.store.begin_import(self.now(), import, tag, keep)).unwrap()
    }

    pub(super) fn end_import(&self, import: ImportKey, keep: Duration) {
        self.wait(self.store.end_import(self.now(), import, keep)).unwrap();
    }

    pub(super) fn sweep(&self, limit: u32) -> u64 {
        self.wait(self.store.delete_expired(self.now(), limit)).unwrap()
    }

    pub(super) fn close(&self) {
        self.wait(self.store.close()).unwrap();
    }

    /// Asserts that one instant is another, as near as the store's clock is to the caller's.
    #[track_caller]
    pub(super) fn assert_near(&self, one: Timestamp, other: Timestamp) {
        let slack = self.harness.slack();
        assert!(one.plus(slack) >= other && other.plus(slack) >= one, "{one:?} is not {other:?}");
    }
}

/// Does one thing on several threads at once. The number is the thread's.
pub(super) fn race<T: Send>(threads: u8, act: impl Fn(u8) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::from(threads));
    let (act, barrier) = (&act, &barrier);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..threads)
            .map(|n| {
                scope.spawn(move || {
                    barrier.wait();
                    act(n)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

/// Whether this becomes true. What was dropped may still be under way, and nobody says when it is done.
pub(super) fn becomes(holds: impl Fn() -> bool) -> bool {
    (0..500).any(|_| {
        thread::yield_now();
        holds()
    })
}

/// A call of which nobody looks at the result, to stand beside calls of other kinds.
pub(super) fn unseen<T: 'static>(call: StoreFuture<'_, T>) -> StoreFuture<'_, ()> {
    Box::pin(async { call.await.map(drop) })
}

fn wait<T: Send>(harness: &dyn Harness, future: impl Future<Output = T> + Send) -> T {
    let output = Mutex::new(None);
    harness.drive(Box::pin(async {
        let done = future.await;
        *output.lock().unwrap() = Some(done);
    }));
    output.into_inner().unwrap().unwrap()
}

#[track_caller]
pub(super) fn found(loaded: Loaded) -> Record {
    match loaded {
        Loaded::Found(record) => *record,
        other => panic!("no session is there: {other:?}"),
    }
}

#[track_caller]
pub(super) fn assert_code<T: std::fmt::Debug>(result: Result<T>, code: ErrorCode) {
    assert_eq!(result.unwrap_err().code(), code);
}
