//! What is SQLite's own. The clauses of all stores are checked by the conformance suite.

#![forbid(unsafe_code)]

mod clauses;
mod folder;
mod together;
