//! Whether a server removes by itself what has not expired.

#![forbid(unsafe_code)]

use std::sync::OnceLock;

use redis::{Cmd, Value};

use super::link::Link;

/// The policies that may evict a key that expires, as all do that are made here.
const EVICTING: [&str; 7] =
    ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"];

/// What the first server that was connected to said. The inner one is the policy, if it evicts.
#[derive(Default)]
pub(super) struct Eviction(OnceLock<Option<&'static str>>);

impl Eviction {
    /// Asks, the first time. A user who may not know is told nothing, and nothing fails.
    pub(super) async fn look(&self, link: &Link) {
        if self.0.get().is_some() {
            return;
        }
        // Many who offer Redis as a service forbid CONFIG, and not this.
        let answer = link.query(Cmd::new().arg("INFO").arg("memory")).await;
        let policy = match answer {
            Ok(Value::BulkString(text)) => policy_in(&String::from_utf8_lossy(&text)),
            _ => None,
        };
        // Another connection may have been faster.
        let _ = self.0.set(policy);
    }

    pub(super) fn warning(&self) -> Option<String> {
        let policy = self.0.get().copied().flatten()?;
        Some(format!(
            "Redis may evict what Ironkeep keeps in it, such as sessions, tombstones and revocations, when its memory is full: \
             its maxmemory-policy is {policy}. Set it to noeviction, and give Redis memory enough"
        ))
    }
}

fn policy_in(info: &str) -> Option<&'static str> {
    let policy = info.lines().find_map(|line| line.trim_end().strip_prefix("maxmemory_policy:"))?;
    EVICTING.into_iter().find(|evicting| *evicting == policy)
}
