//! A store keeps its clauses when it is made resilient.

#![forbid(unsafe_code)]

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Options, Resilient, Surroundings};
use crate::clock::{Timestamp, stopped};
use crate::store::SessionStore;
use crate::store::conformance::{Harness, ManualClock, suite};
use crate::store::memory::{MemoryOptions, MemoryStore};

struct OnMemory {
    clock: ManualClock,
    store: Arc<Resilient>,
}

impl OnMemory {
    fn new() -> Self {
        let memory = Arc::new(MemoryStore::new(MemoryOptions::default()).unwrap());
        let around =
            Surroundings { clock: stopped(), sleep: Box::new(|_| Box::pin(ready(()))), random: Box::new(|| 0.5) };
        let store = Arc::new(Resilient::new(memory, Options::default(), around));
        Self { clock: ManualClock::new(), store }
    }
}

impl Harness for OnMemory {
    fn store(&self) -> Arc<dyn SessionStore> {
        self.store.clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn max_data(&self) -> usize {
        MemoryOptions::default().max_data
    }
}

suite!(OnMemory::new);
