//! Servers that tests start.

#![forbid(unsafe_code)]

mod cluster;
mod process;
mod proxy;
mod scripted;
mod sentinel;
mod server;

pub(crate) use cluster::Cluster;
pub(crate) use proxy::Proxy;
pub(crate) use scripted::{Scripted, all_slots};
pub(crate) use sentinel::{SENTINELS_PASSWORD, Watched};
pub(crate) use server::{PASSWORD, Server, until};
