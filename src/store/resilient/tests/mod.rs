//! A store on a clock that the tests move: nothing waits, and nothing is random.

#![forbid(unsafe_code)]

mod breaker;
mod clauses;
mod counting;
mod proving;
mod repeating;
mod world;
