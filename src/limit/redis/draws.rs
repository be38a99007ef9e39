//! Draws of tokens that are under way, so that none brings back what was left behind meanwhile.
//!
//! A penalty has a key's leases left behind. An answer that was asked for before it may come after it, with tokens that were drawn
//! before the penalty was there: kept, they would be spent in spite of it.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::lease_table::Id;

/// How often a key with draws under way was left behind, and how many there are.
#[derive(Debug, Default)]
struct Draws {
    left: u64,
    count: usize,
}

/// The keys that are being drawn for.
#[derive(Debug, Default)]
pub(super) struct UnderWay(HashMap<Id, Draws>);

impl UnderWay {
    /// Notes a draw that begins. What this gives is what its end needs.
    pub(super) fn begin(&mut self, id: Id) -> u64 {
        let draws = self.0.entry(id).or_default();
        draws.count += 1;
        draws.left
    }

    /// Leaves behind what all draws of a key will bring that are under way now.
    pub(super) fn leave(&mut self, id: Id) {
        if let Some(draws) = self.0.get_mut(&id) {
            draws.left += 1;
        }
    }

    /// Whether what a draw brings may be kept.
    pub(super) fn is_current(&self, id: Id, begun: u64) -> bool {
        self.0.get(&id).is_some_and(|draws| draws.left == begun)
    }

    /// Notes the end of a draw.
    pub(super) fn end(&mut self, id: Id) {
        if let Some(draws) = self.0.get_mut(&id) {
            draws.count -= 1;
            if draws.count == 0 {
                self.0.remove(&id);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
