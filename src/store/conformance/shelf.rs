//! The store of `examples/custom_store.rs`: it keeps every clause, so the suite and the broken stores begin from it.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::{Harness, ManualClock};
use crate::clock::Timestamp;
use crate::store::SessionStore;

#[expect(unreachable_pub, reason = "it is a library of its own")]
#[path = "../../../examples/custom_store.rs"]
mod custom_store;
use custom_store::{MAX_DATA, Shelf, ShelfStore};

/// A shelf, and a store on it.
pub(crate) struct ShelfHarness {
    clock: ManualClock,
    shelf: Shelf,
    store: Arc<dyn SessionStore>,
}

impl ShelfHarness {
    pub(crate) fn new() -> Self {
        let shelf = Shelf::default();
        let store = Arc::new(ShelfStore::open(&shelf));
        Self { clock: ManualClock::new(), shelf, store }
    }
}

impl Harness for ShelfHarness {
    fn store(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.store)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn max_data(&self) -> usize {
        MAX_DATA
    }

    fn reopen(&self) -> Option<Arc<dyn SessionStore>> {
        Some(Arc::new(ShelfStore::open(&self.shelf)))
    }
}

mod tests {
    crate::store::conformance::suite!(super::ShelfHarness::new);
}
