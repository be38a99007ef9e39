//! How a client is set up.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

/// Where the servers are. Each URL is `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS, which checks the
/// server's certificate.
#[derive(Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Standalone {
        /// Its URL.
        url: String,
    },
    /// A Cluster.
    Cluster {
        /// The URLs of nodes that are asked for all others. They have one user and one password.
        nodes: Vec<String>,
    },
    /// A master that Sentinels name.
    Sentinel {
        /// The URLs of the Sentinels. With `rediss://` the master is reached by TLS too.
        sentinels: Vec<String>,
        /// The name by which they know the master.
        master: String,
        /// The user of the Sentinels' access list. `None`: the one of their URLs, or the default one.
        username: Option<String>,
        /// The password of the Sentinels. `None`: the one of their URLs, or none.
        password: Option<String>,
    },
}

impl Topology {
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster { .. })
    }
}

/// Waiting for replicas after a write that ends sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How many replicas have to have the write.
    pub replicas: u16,
    /// How long that may take, in whole milliseconds; at most half of the deadline, since a call may come while others wait.
    pub timeout: Duration,
}

/// The options of a client. `Debug` prints nothing that could hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// Where the servers are.
    pub topology: Topology,
    /// The user of the servers' access list. `None`: the one of the URL, or the default one.
    pub username: Option<String>,
    /// The password. `None`: the one of the URL, or none.
    pub password: Option<String>,
    /// The number of the database. `None`: the one of the URL, or 0. A Cluster has 0 alone.
    pub database: Option<u16>,
    /// What all keys begin with: at most 64 printable ASCII characters, no spaces and no braces.
    pub prefix: String,
    /// How long a script may take to be answered, with connecting, and with all that is tried again.
    pub deadline: Duration,
    /// Waiting for replicas, where that is asked for.
    pub wait: Option<Wait>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The options with their defaults: keys that begin with `ironkeep:`, 1 s for an answer, no waiting for replicas.
    #[must_use]
    pub fn new(topology: Topology) -> Self {
        Self {
            topology,
            username: None,
            password: None,
            database: None,
            prefix: "ironkeep:".to_owned(),
            deadline: Duration::from_secs(1),
            wait: None,
        }
    }

    /// Those of one server.
    #[must_use]
    pub fn standalone(url: impl Into<String>) -> Self {
        Self::new(Topology::Standalone { url: url.into() })
    }
}
