//! A Cluster of three masters with a replica each.

#![forbid(unsafe_code)]

use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

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

    /// Another master.
    pub(crate) fn owner_beside(&self, master: usize) -> usize {
        let is_master = |at: &usize| *at != master && self.nodes[*at].info("replication", "role") == "master";
        (0..self.nodes.len()).find(is_master).unwrap()
    }

    /// Has the replica of the master of a key's slot take its place, and waits until both know.
    pub(crate) fn fail_over(&self, key: &str) {
        let master = self.owner(key);
        let replica = self.replica_of(master);
        // On a busy machine an attempt may end by itself, in silence.
        let takes_over = (0..10).any(|_| {
            drop(self.nodes[replica].query::<String>(&["CLUSTER", "FAILOVER"]));
            (0..600).any(|_| {
                thread::sleep(Duration::from_millis(5));
                self.nodes[replica].info("replication", "role") == "master"
            })
        });
        assert!(takes_over, "the replica does not take over");
        until("the master gives up", || self.nodes[master].info("replication", "master_link_status") == "up");
    }

    /// Moves a slot to another master, a few keys at a time, so that calls meet it half moved.
    pub(crate) fn move_slot(&self, slot: u16, from: usize, to: usize) {
        let (from, to) = (&self.nodes[from], &self.nodes[to]);
        let [from_id, to_id]: [String; 2] = [from, to].map(|node| node.query(&["CLUSTER", "MYID"]));
        let slot = slot.to_string();
        to.query::<String>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        from.query::<String>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
        loop {
            let keys: Vec<String> = from.query(&["CLUSTER", "GETKEYSINSLOT", &slot, "4"]);
            if keys.is_empty() {
                break;
            }
            let port = to.port().to_string();
            let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "AUTH", PASSWORD, "KEYS"];
            migrate.extend(keys.iter().map(String::as_str));
            from.query::<String>(&migrate);
            thread::sleep(Duration::from_millis(5));
        }
        for node in [to, from]
            .into_iter()
            .chain(self.nodes.iter().filter(|node| node.info("replication", "role") == "master"))
        {
            node.query::<String>(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }

    /// The replica of a master.
    fn replica_of(&self, master: usize) -> usize {
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

/// Runs redis-cli.
#[track_caller]
fn cli(arguments: &[&str]) {
    let output = Command::new("redis-cli").args(arguments).env("REDISCLI_AUTH", PASSWORD).output().unwrap();
    assert!(output.status.success(), "redis-cli {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
}
