//! A part of a store behind its lock, with a note outside of it of what ends first.

#![forbid(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What holds things that end.
pub(super) trait Ends {
    /// Nothing ends before this.
    fn next_end(&self) -> u64;
}

/// A part. Its note costs a load to read, so that hundreds of parts with nothing to sweep cost next to nothing.
pub(super) struct Part<T> {
    next_end: AtomicU64,
    held: Mutex<T>,
}

impl<T: Ends> Part<T> {
    pub(super) fn new(part: T) -> Self {
        Self { next_end: AtomicU64::new(u64::MAX), held: Mutex::new(part) }
    }

    pub(super) fn hold(&self) -> Held<'_, T> {
        Held { next_end: &self.next_end, held: self.held.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Whether something may have ended.
    pub(super) fn is_due(&self, now: u64) -> bool {
        self.next_end.load(Ordering::Relaxed) <= now
    }
}

/// A part that is locked.
pub(super) struct Held<'a, T: Ends> {
    next_end: &'a AtomicU64,
    held: MutexGuard<'a, T>,
}

impl<T: Ends> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T: Ends> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.held
    }
}

impl<T: Ends> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.next_end.store(self.held.next_end(), Ordering::Relaxed);
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
