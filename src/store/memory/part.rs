//! A part of a store behind its lock, with notes outside of it: what ends first, and whether it may have changed.

#![forbid(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What holds things that end.
pub(super) trait Ends {
    /// Nothing ends before this.
    fn next_end(&self) -> u64;
}

/// A part. Its notes cost a load to read, so that hundreds of parts with nothing to do cost next to nothing.
pub(super) struct Part<T> {
    next_end: AtomicU64,
    /// Set by who may change it, whether or not anything is another then; forgotten behind the lock alone.
    has_changed: AtomicBool,
    held: Mutex<T>,
}

impl<T: Ends> Part<T> {
    pub(super) fn new(part: T) -> Self {
        Self { next_end: AtomicU64::new(u64::MAX), has_changed: AtomicBool::new(false), held: Mutex::new(part) }
    }

    pub(super) fn hold(&self) -> Held<'_, T> {
        Held { part: self, held: self.held.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Whether something may have ended.
    pub(super) fn is_due(&self, now: u64) -> bool {
        self.next_end.load(Ordering::Relaxed) <= now
    }

    /// Whether something may have changed since that was forgotten.
    pub(super) fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::Relaxed)
    }
}

/// A part that is locked.
pub(super) struct Held<'a, T: Ends> {
    part: &'a Part<T>,
    held: MutexGuard<'a, T>,
}

impl<T: Ends> Held<'_, T> {
    /// Forgets what has changed by now.
    pub(super) fn forget_changes(&self) {
        self.part.has_changed.store(false, Ordering::Relaxed);
    }
}

impl<T: Ends> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T: Ends> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.part.has_changed.store(true, Ordering::Relaxed);
        &mut self.held
    }
}

impl<T: Ends> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.part.next_end.store(self.held.next_end(), Ordering::Relaxed);
    }
}

/// Two parts of one list, which may be the same, locked in the order of the list.
pub(super) struct Pair<'a, T: Ends> {
    first: Held<'a, T>,
    second: Option<Held<'a, T>>,
    swapped: bool,
}

impl<'a, T: Ends> Pair<'a, T> {
    pub(super) fn hold(parts: &'a [Part<T>], one: usize, other: usize) -> Self {
        let first = parts[one.min(other)].hold();
        let second = (one != other).then(|| parts[one.max(other)].hold());
        Self { first, second, swapped: one > other }
    }

    pub(super) fn one(&mut self) -> &mut T {
        match &mut self.second {
            Some(second) if self.swapped => second,
            _ => &mut self.first,
        }
    }

    pub(super) fn other(&mut self) -> &mut T {
        match &mut self.second {
            Some(second) if !self.swapped => second,
            _ => &mut self.first,
        }
    }
}
