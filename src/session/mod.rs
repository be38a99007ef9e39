//! Sessions, apart from the seals that carry their data.

#![forbid(unsafe_code)]

pub mod csrf;
pub mod id;
