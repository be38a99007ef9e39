//! What is SQLite's own. The clauses of all stores are checked by the conformance suite.

#![forbid(unsafe_code)]

mod clauses;
mod closing;
mod files;
mod folder;
mod full;
mod killed;
mod locked;
mod migrating;
mod removed;
mod sizes;
mod sweeping;
mod together;
