//! A master and a replica, which a Sentinel watches.

#![forbid(unsafe_code)]

use std::fs;
use std::sync::OnceLock;

use redis::{Client, Cmd, FromRedisValue};

use super::process::{Process, free_port};
use super::server::{PASSWORD, Server, options_of, until};
use crate::redis::{Options, Topology};

/// The Sentinel's own.
pub(crate) const SENTINELS_PASSWORD: &str = "sentinels-password-that-nobody-may-see";
const NAME: &str = "sessions";

pub(crate) struct Watched {
    /// The master comes first, at first.
    pub(crate) nodes: [Server; 2],
    port: u16,
    _sentinel: Process,
}

impl Watched {
    pub(crate) fn start() -> Self {
        Self::start_as(false)
    }

    /// One for all tests that leave it as it is, and have a prefix of their own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Watched> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_as(true))
    }

    fn start_as(outlives: bool) -> Self {
        let master = Server::start_as(&[], outlives);
        let port = master.port().to_string();
        let replica = Server::start_as(&["--replicaof", &format!("127.0.0.1 {port}")], outlives);
        until("the replica is one", || replica.info("replication", "master_link_status") == "up");
        let mut sentinel = Process::new(outlives);
        let own = free_port();
        let settings = format!(
            "port {own}\nbind 127.0.0.1\ndir {folder}\nlogfile log\nrequirepass {SENTINELS_PASSWORD}\n\
             sentinel monitor {NAME} 127.0.0.1 {port} 1\nsentinel auth-pass {NAME} {PASSWORD}\n\
             sentinel down-after-milliseconds {NAME} 1000\nsentinel failover-timeout {NAME} 4000\n",
            folder = sentinel.folder().display(),
        );
        let file = sentinel.folder().join("sentinel.conf");
        fs::write(&file, settings).unwrap();
        sentinel.spawn(&[file.to_str().unwrap().to_owned(), "--sentinel".to_owned()]);
        let watched = Self { nodes: [master, replica], port: own, _sentinel: sentinel };
        until("the Sentinel knows the replica", || {
            watched
                .ask::<Vec<redis::Value>>(&["SENTINEL", "REPLICAS", NAME])
                .is_some_and(|replicas| replicas.len() == 1)
        });
        watched
    }

    /// Asks the Sentinel. `None` when that fails.
    pub(crate) fn ask<T: FromRedisValue>(&self, command: &[&str]) -> Option<T> {
        let url = format!("redis://:{SENTINELS_PASSWORD}@127.0.0.1:{}", self.port);
        let mut connection = Client::open(url).unwrap().get_connection().ok()?;
        Cmd::new().arg(command).query(&mut connection).ok()
    }

    /// Moves the master to the other node, when the Sentinel is willing to.
    pub(crate) fn fail_over(&self) {
        until("the Sentinel fails over", || self.ask::<String>(&["SENTINEL", "FAILOVER", NAME]).is_some());
    }

    /// Beside the Sentinel, one that is not there.
    pub(crate) fn options(&self) -> Options {
        let sentinels = vec!["redis://127.0.0.1:1".to_owned(), format!("redis://127.0.0.1:{}", self.port)];
        let topology = Topology::Sentinel {
            sentinels,
            master: NAME.to_owned(),
            username: None,
            password: Some(SENTINELS_PASSWORD.to_owned()),
        };
        Options { password: Some(PASSWORD.to_owned()), ..options_of(topology) }
    }
}
