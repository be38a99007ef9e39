//! What is Redis's own, on real servers that the tests start. The clauses of all stores are checked by the conformance suite.

#![forbid(unsafe_code)]

mod clauses;
mod ends;
mod lifetimes;
mod many;
mod moving;
mod outages;
mod permissions;
mod refusals;
mod sharing;
mod sizes;
mod slots;
mod tls;
