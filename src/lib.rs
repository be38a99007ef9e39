//! Sessions for H3, Nitro and Nuxt at native speed.
//!
//! The crate is a core that knows nothing of Node, and a binding over it:
//!
//! - [`error`], [`clock`], [`secret`], [`panics`]: the foundation. No I/O, no async.
//! - [`seal`]: tokens that carry a session's data, the keys that make them, and the cache of those keys.
//! - [`session`]: what belongs to a session and is no seal of it: CSRF tokens, ids.
//! - [`store`]: sessions that are kept on the server: what a store promises, and the stores.
//! - `redis` (feature `redis`): connections to Redis, for what keeps something in it.
//! - [`limit`]: token buckets: how often something may happen.
//! - `binding` (feature `binding`): the only code that names `napi`.
//!
//! `cargo test --no-default-features` builds and tests the core without Node.

// The tests of the stores include an example, which names the crate as a user does.
#[cfg(test)]
extern crate self as ironkeep;

pub mod breaker;
pub mod clock;
pub mod error;
pub mod limit;
pub mod panics;
#[cfg(feature = "redis")]
pub mod redis;
pub mod seal;
pub mod secret;
pub mod session;
pub mod store;

#[cfg(feature = "binding")]
mod binding;
