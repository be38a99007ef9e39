//! Sessions, apart from the seals that carry their data.

#![forbid(unsafe_code)]

pub mod cookie;
pub mod csrf;
pub mod id;
pub mod import;
pub mod keys;
