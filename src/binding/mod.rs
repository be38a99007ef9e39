//! The Node.js binding: convert in, call, convert out. A decision about sessions or seals belongs in the core.
//!
//! Every export may be called from several workers at once; they share one [`seals`] state and one runtime. Exports that
//! wait go through [`settle::settle`], and the body of each goes through [`guard::guard`].

#![allow(clippy::needless_pass_by_value, reason = "napi hands JavaScript's strings and objects over by value")]
#![allow(unreachable_pub, reason = "napi's macros take public items, and JavaScript is who reaches them")]

mod arguments;
mod csrf;
mod error;
mod function;
mod guard;
#[cfg(feature = "inject-panics")]
mod inject;
mod keys;
mod mailbox;
mod meta;
mod options;
mod place;
mod priority;
mod rate_limiter;
mod ring;
mod runtime;
mod sealer;
mod seals;
mod session_ids;
mod session_store;
mod settle;
mod task;
mod text;
mod texts;
mod values;
