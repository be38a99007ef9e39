//! How many calls of the last seconds failed, in ten parts that pass one by one.

#![forbid(unsafe_code)]

use std::time::Duration;

const PARTS: u32 = 10;

/// Calls and failures by the part of the time in which they ended.
#[derive(Debug)]
pub(super) struct Window {
    part: Duration,
    parts: [Part; PARTS as usize],
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    /// Which one since the clock's start. One that is too old counts as empty.
    number: u64,
    calls: u32,
    failures: u32,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        Self { part: (length / PARTS).max(Duration::from_millis(1)), parts: [Part::default(); PARTS as usize] }
    }

    fn number(&self, now: Duration) -> u64 {
        let numbered = now.as_millis() / self.part.as_millis();
        u64::try_from(numbered).unwrap_or(u64::MAX)
    }

    pub(super) fn add(&mut self, now: Duration, failed: bool) {
        let number = self.number(now);
        let at = usize::try_from(number % u64::from(PARTS)).unwrap_or_default();
        let Some(part) = self.parts.get_mut(at) else { return };
        if part.number != number {
            *part = Part { number, ..Part::default() };
        }
        part.calls = part.calls.saturating_add(1);
        part.failures = part.failures.saturating_add(u32::from(failed));
    }

    /// Calls and failures: all of the last nine parts and what there is of this one.
    pub(super) fn counts(&self, now: Duration) -> (u64, u64) {
        let oldest = self.number(now).saturating_sub(u64::from(PARTS) - 1);
        let recent = self.parts.iter().filter(|part| part.number >= oldest);
        recent.fold((0, 0), |(calls, failures), part| {
            (calls + u64::from(part.calls), failures + u64::from(part.failures))
        })
    }

    pub(super) fn clear(&mut self) {
        self.parts = [Part::default(); PARTS as usize];
    }
}
