//! Stores with one defect each, over the one that has none: each fails its clause, and no other.

#![forbid(unsafe_code)]

mod closed;
mod dropped;
mod ends;
mod lifetimes;
mod store;
mod users;
mod writes;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::shelf::ShelfHarness;
use super::{CLAUSES, Harness, check};
use crate::clock::Timestamp;
use crate::store::SessionStore;
use store::{Broken, Calls};

/// What is wrong with a store.
struct Defect {
    clause: &'static str,
    what: &'static str,
    breaks: fn(&mut Calls),
}

/// A table of defects: the clause, what is wrong, and the calls that are other than they should be.
macro_rules! defects {
    ($($clause:literal $what:literal { $($call:ident($($argument:pat),*) $body:block)+ })+) => {
        &[$(super::Defect {
            clause: $clause,
            what: $what,
            breaks: |calls| { $(calls.$call = |$($argument),*| Box::pin(async move $body);)+ },
        }),+]
    };
}
use defects;

const DEFECTS: [&[Defect]; 6] =
    [closed::DEFECTS, dropped::DEFECTS, ends::DEFECTS, lifetimes::DEFECTS, users::DEFECTS, writes::DEFECTS];

struct BrokenHarness {
    inner: ShelfHarness,
    store: Arc<Broken>,
}

impl BrokenHarness {
    fn new(defect: &Defect) -> Self {
        let inner = ShelfHarness::new();
        let mut calls = Calls::WHOLE;
        (defect.breaks)(&mut calls);
        let store = Arc::new(Broken::new(inner.store(), calls));
        Self { inner, store }
    }
}

impl Harness for BrokenHarness {
    fn store(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.store) as _
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn advance(&self, by: Duration) {
        self.inner.advance(by);
    }

    fn max_data(&self) -> usize {
        self.inner.max_data()
    }

    fn reopen(&self) -> Option<Arc<dyn SessionStore>> {
        let inner = self.inner.reopen()?;
        Some(Arc::new(self.store.reopened(inner)))
    }
}

/// The clauses that fail on a store with this defect.
fn failing(defect: &Defect) -> Vec<&'static str> {
    let fails = |clause| {
        let run = || check(clause, &|| Box::new(BrokenHarness::new(defect)));
        catch_unwind(AssertUnwindSafe(run)).is_err()
    };
    CLAUSES.iter().map(|(clause, _)| *clause).filter(|clause| fails(clause)).collect()
}

/// The defects of a table that another clause noticed, or none.
fn misplaced(table: &[Defect]) -> Vec<String> {
    let all = table.iter().map(|defect| (defect, failing(defect)));
    all.filter(|(defect, failing)| *failing != [defect.clause])
        .map(|(defect, failing)| format!("{} {}: {failing:?} fail", defect.clause, defect.what))
        .collect()
}

#[test]
fn a_broken_store_fails_its_own_clause_and_no_other() {
    let misplaced: Vec<_> = thread::scope(|scope| {
        let tables = DEFECTS.map(|table| scope.spawn(|| misplaced(table)));
        tables.into_iter().flat_map(|table| table.join().unwrap()).collect()
    });
    assert!(misplaced.is_empty(), "{misplaced:#?}");
}

#[test]
fn every_clause_has_a_broken_store() {
    for (clause, _) in CLAUSES {
        assert!(DEFECTS.iter().copied().flatten().any(|defect| defect.clause == clause), "{clause}");
    }
}

#[test]
fn without_a_defect_nothing_fails() {
    assert!(failing(&Defect { clause: "", what: "", breaks: |_| () }).is_empty());
}
