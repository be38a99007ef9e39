//! The clauses of all stores.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::folder::Folder;
use crate::clock::Timestamp;
use crate::store::SessionStore;
use crate::store::conformance::{Harness, ManualClock, suite};

struct OnFile {
    clock: ManualClock,
    store: Arc<dyn SessionStore>,
    folder: Folder,
}

impl OnFile {
    fn new() -> Self {
        let folder = Folder::new();
        Self { clock: ManualClock::new(), store: Arc::new(folder.store()), folder }
    }
}

impl Harness for OnFile {
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
        self.folder.options().max_data
    }

    fn reopen(&self) -> Option<Arc<dyn SessionStore>> {
        Some(Arc::new(self.folder.store()))
    }
}

suite!(OnFile::new);
