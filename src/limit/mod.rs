//! Token buckets: how often something may happen, exactly, within bounded memory.
//!
//! A [`Quota`](quota::Quota) says how many tokens a bucket holds and how fast they come back. The algorithm is the generic
//! cell rate algorithm, which keeps one instant for a bucket, the one at which it is full again: a full bucket needs no
//! entry, and no counter has to be refilled. Times are whole microseconds with an [exact] remainder, so nothing is
//! lost to rounding, however long a bucket lives.
//!
//! - [`quota`]: what a user writes, checked, and what is announced of it.
//! - [`token_bucket`]: one bucket, pure: a state, a cost and a moment in, a decision out.
//! - [`local`]: buckets by key in this process, under a ceiling of memory.
//! - [`leased`]: tokens that were drawn from a bucket elsewhere in one go, and are spent here.
//! - [`redis`]: buckets that all processes share.
//!
//! What all of them keep, for any two moments: the tokens admitted from the one to the other are at most the capacity, and
//! what the rate gives meanwhile. No call waits or reads a clock: `now` is an argument. Whoever stores buckets elsewhere
//! brings the atomicity, and takes the arithmetic from here.

#![forbid(unsafe_code)]

pub mod exact;
pub mod leased;
pub mod local;

pub mod quota;
#[cfg(feature = "redis")]
pub mod redis;
pub mod token_bucket;

#[cfg(test)]
mod checker;
