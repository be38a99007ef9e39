//! A Cluster of three masters with a replica each.

#![forbid(unsafe_code)]

use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use super::process::free_port;
use super::server::{PASSWORD, Server, options_of, until};
use crate::redis::{Options, Topology};

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Server>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self::start_as(false)
    }

    fn start_as(outlives: bool) -> Self {
        let starting: Vec<_> = (0..6).map(|_| thread::spawn(move || start_node(outlives))).collect();
        let nodes: Vec<Server> = starting.into_iter().map(|node| node.join().unwrap()).collect();
        let addresses: Vec<String> = nodes.iter().map(Server::address).collect();
        let mut create = vec!["--cluster", "create", "--cluster-replicas", "1", "--cluster-yes"];
        create.extend(addresses.iter().map(String::as_str));
        cli(&create);
        let cluster = Self { nodes };
        until("the Cluster is up", || {
            let is_up = |node: &Server| {
                node.info("replication", "role") == "master" || node.info("replication", "master_link_status") == "up"
            };
            let agree = |node: &Server| {
                let info: String = node.query(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:6")
            };
            cluster.nodes.iter().all(|node| agree(node) && is_up(node))
        });
        cluster
    }

    /// One for all tests that leave it as it is, and have a prefix of their own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_as(true))
    }

    pub(crate) fn options(&self) -> Options {
        let nodes = self.nodes.iter().map(Server::url).collect();
        options_of(Topology::Cluster { nodes })
    }

    /// Where in `nodes` the master of a key's slot is, as those say that live.
    pub(crate) fn owner(&self, key: &str) -> usize {
        let is_owner = |node: &Server| {
            let Some(mut connection) = node.connect() else { return false };
            let role = redis::Cmd::new().arg("ROLE").query::<redis::Value>(&mut connection);
            let is_master = matches!(role, Ok(redis::Value::Array(role)) if role[0] == redis::Value::BulkString(b"master".to_vec()));
            // A key of the slot is refused by those who have it not.
            is_master && redis::Cmd::new().arg("EXISTS").arg(key).query::<i64>(&mut connection).is_ok()
        };
        self.nodes.iter().position(is_owner).unwrap()
    }

    /// The replica of a master.
    pub(crate) fn replica_of(&self, master: usize) -> usize {
        let port = self.nodes[master].port().to_string();
        let is_its = |node: &Server| node.info("replication", "master_port") == port;
        self.nodes.iter().position(is_its).unwrap()
    }
}

fn start_node(outlives: bool) -> Server {
    let bus = free_port().to_string();
    let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
    Server::start_as(&[&settings[..], &["--cluster-require-full-coverage", "no"]].concat(), outlives)
}

/// Runs redis-cli, and gives what it printed.
#[track_caller]
pub(crate) fn cli(arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(arguments).env("REDISCLI_AUTH", PASSWORD).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "redis-cli {arguments:?}: {text}");
    text
}
