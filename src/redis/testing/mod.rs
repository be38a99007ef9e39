//! Servers that tests start.

#![forbid(unsafe_code)]

mod server;

pub(crate) use server::{PASSWORD, Server};
