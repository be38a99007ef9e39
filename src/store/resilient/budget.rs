//! How many repetitions calls have earned: an outage must not be answered with several times the load.

#![forbid(unsafe_code)]

/// What a call earns, in hundredths of a repetition: 10 %.
const EARNED: u32 = 10;
const COST: u32 = 100;
/// What there is before the first call: as much as one can take, two looks at the record and two repetitions of a write.
const FIRST: u32 = 4 * COST;
/// The most that is saved up: what a thousand calls earn.
const MOST: u32 = 100 * COST;

/// Repetitions of all calls together.
#[derive(Debug)]
pub(super) struct Budget(u32);

impl Budget {
    pub(super) const fn new() -> Self {
        Self(FIRST)
    }

    /// A call was made.
    pub(super) fn earn(&mut self) {
        self.0 = (self.0 + EARNED).min(MOST);
    }

    /// Takes a repetition, if there is one.
    pub(super) fn take(&mut self) -> bool {
        let left = self.0.checked_sub(COST);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}
