//! What the fuzz targets check. The replay of the corpus in `npm test` calls the same functions.
//!
//! Each takes any bytes, and panics when a law is broken.

#![forbid(unsafe_code)]

pub mod ik1;
pub mod opening;
pub mod passwords;
pub mod readers;
pub mod signed;
pub mod token;

/// A target's name, which is that of its folder in the corpus too, and what it checks.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [
    ("token", token::check),
    ("opening", opening::check),
    ("signed", signed::check),
    ("ik1", ik1::check),
    ("passwords", passwords::check),
];
