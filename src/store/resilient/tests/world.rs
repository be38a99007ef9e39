//! A store whose calls go as they are told to, on a clock that moves only by them and by pauses.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::future::{pending, ready};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::super::{Options, Resilient, Surroundings};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::memory::{MemoryOptions, MemoryStore};
use crate::store::record::*;
use crate::store::{SessionStore, StoreFuture};

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const TOMBSTONE: Duration = Duration::from_mins(1);

/// How an attempt goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// It is done, after so long.
    Done(Duration),
    /// It fails so, and nothing was done.
    Fails(Error),
    /// So too, after so long.
    FailsLate(Duration, Error),
    /// It is done, and this is all that is heard of it.
    Lost(Error),
    /// Nothing is ever heard of it.
    Hangs,
}

pub(super) fn unreached() -> Step {
    Step::Fails(Error::StoreUnreached("nobody is there".to_owned()))
}

pub(super) fn refused() -> Step {
    Step::Fails(Error::StoreRefused("it is loading".to_owned()))
}

pub(super) fn broken() -> Step {
    Step::Fails(Error::StoreUnavailable("the connection broke".to_owned()))
}

pub(super) fn lost() -> Step {
    Step::Lost(Error::StoreUnavailable("the connection broke".to_owned()))
}

/// Nanoseconds since the start.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(super) fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    pub(super) fn pass(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::SeqCst);
    }
}

/// A store in memory, behind steps. Without one, calls are done at once.
pub(super) struct Scripted {
    pub(super) memory: MemoryStore,
    pub(super) steps: Mutex<VecDeque<Step>>,
    /// What was asked for, in this order.
    pub(super) asked: Mutex<Vec<&'static str>>,
    clock: Clock,
}

impl Scripted {
    /// The store in memory does what it is asked for before it is waited for.
    fn step<'a, T, F>(&self, name: &'static str, make: F) -> StoreFuture<'a, T>
    where
        T: Send + 'a,
        F: FnOnce() -> StoreFuture<'a, T> + Send + 'a,
    {
        self.asked.lock().unwrap().push(name);
        let clock = self.clock.clone();
        match self.steps.lock().unwrap().pop_front() {
            None => make(),
            Some(Step::Fails(error)) => Box::pin(ready(Err(error))),
            Some(Step::FailsLate(takes, error)) => Box::pin(async move {
                clock.pass(takes);
                Err(error)
            }),
            Some(Step::Hangs) => Box::pin(pending()),
            Some(Step::Done(takes)) => Box::pin(async move {
                clock.pass(takes);
                make().await
            }),
            Some(Step::Lost(error)) => Box::pin(async move {
                make().await?;
                Err(error)
            }),
        }
    }
}

/// All calls, each by its name.
macro_rules! scripted {
    ($($name:ident($($argument:ident: $type:ty),*) -> $given:ty;)*) => {
        impl SessionStore for Scripted {
            $(
                fn $name(&self, $($argument: $type),*) -> StoreFuture<'_, $given> {
                    self.step(stringify!($name), move || self.memory.$name($($argument),*))
                }
            )*

            fn list<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, Vec<Listed>> {
                self.step("list", move || self.memory.list(now, user))
            }

            fn count<'a>(&'a self, now: Timestamp, user: &'a str) -> StoreFuture<'a, u64> {
                self.step("count", move || self.memory.count(now, user))
            }

            fn revoke<'a>(&'a self, now: Timestamp, user: &'a str, revocation: Revocation) -> StoreFuture<'a, u64> {
                self.step("revoke", move || self.memory.revoke(now, user, revocation))
            }
        }
    };
}

scripted! {
    create(now: Timestamp, key: StoreKey, new: NewRecord) -> Created;
    load(now: Timestamp, key: StoreKey) -> Loaded;
    save(now: Timestamp, key: StoreKey, expected: Version, change: Change) -> Saved;
    touch(now: Timestamp, key: StoreKey) -> Option<Timestamp>;
    delete(now: Timestamp, key: StoreKey, tombstone: Duration) -> bool;
    regenerate(
        now: Timestamp, from: StoreKey, expected: Version, to: StoreKey, new: NewRecord, tombstone: Duration
    ) -> Regenerated;
    begin_import(now: Timestamp, import: ImportKey, tag: Tag, keep: Duration) -> Import;
    end_import(now: Timestamp, import: ImportKey, keep: Duration) -> ();
    delete_expired(now: Timestamp, limit: u32) -> u64;
    load_many(now: Timestamp, keys: Vec<StoreKey>) -> Vec<Loaded>;
    delete_many(now: Timestamp, keys: Vec<StoreKey>, tombstone: Duration) -> u64;
    close() -> ();
}

/// A resilient store on a scripted one.
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) below: Arc<Scripted>,
    pub(super) store: Resilient,
    /// The pauses that were waited for.
    pub(super) pauses: Arc<Mutex<Vec<Duration>>>,
}

impl World {
    /// `part`: how much of the longest pause each pause takes.
    pub(super) fn with(options: Options, part: f64) -> Self {
        let (clock, pauses) = (Clock::default(), Arc::<Mutex<Vec<Duration>>>::default());
        // Far from the start, where the window is not whole yet.
        clock.pass(100 * SECOND);
        let below = Arc::new(Scripted {
            memory: MemoryStore::new(MemoryOptions::default()).unwrap(),
            steps: Mutex::default(),
            asked: Mutex::default(),
            clock: clock.clone(),
        });
        let (of_clock, of_sleep, waited) = (clock.clone(), clock.clone(), Arc::clone(&pauses));
        let around = Surroundings {
            clock: Box::new(move || of_clock.now()),
            sleep: Box::new(move |pause| {
                waited.lock().unwrap().push(pause);
                of_sleep.pass(pause);
                Box::pin(ready(()))
            }),
            random: Box::new(move || part),
        };
        let store = Resilient::new(Arc::clone(&below) as Arc<dyn SessionStore>, options, around);
        Self { clock, below, store, pauses }
    }

    pub(super) fn new() -> Self {
        Self::with(Options::default(), 1.0)
    }

    /// How the next attempts go.
    pub(super) fn go(&self, steps: &[Step]) {
        *self.below.steps.lock().unwrap() = steps.iter().cloned().collect();
    }

    /// What was asked for since the last time.
    pub(super) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.below.asked.lock().unwrap())
    }

    /// Loads what is not there.
    pub(super) fn load(&self) -> Result<Loaded> {
        now_or_never(self.store.load(at(), key(1)))
    }

    /// So many loads that go so.
    pub(super) fn loads(&self, count: u32, step: &Step) {
        for _ in 0..count {
            self.go(std::slice::from_ref(step));
            drop(self.load());
        }
        self.go(&[]);
    }
}

/// What a call gives that waits for nothing.
pub(super) fn now_or_never<T>(mut call: StoreFuture<'_, T>) -> Result<T> {
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits"),
    }
}

pub(super) fn at() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000.0)
}

/// Of the tag (1, 0), but for the 9th and those after it.
pub(super) fn key(n: u8) -> StoreKey {
    let mut key = [n; 34];
    key[0] = 1;
    key[1] = u8::from(n >= 9);
    StoreKey(key)
}

pub(super) fn record(token: u8) -> NewRecord {
    NewRecord {
        data: b"{}".to_vec(),
        write_token: WriteToken([token; 16]),
        user: None,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: Duration::from_hours(1), idle: None },
        label: None,
        cap: None,
        import: None,
    }
}

pub(super) fn change(token: u8) -> Change {
    Change { data: vec![token], write_token: WriteToken([token; 16]), lifetime: None, label: None }
}
