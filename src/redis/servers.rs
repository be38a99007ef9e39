//! The servers, and the connections to them, which all clients of the process share whose options say the same of them.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, PoisonError, Weak};

use redis::Value;

use crate::error::{Error, Result};

use super::connection::Connection;
use super::options::Options;
use super::script::Script;
use super::target::{Place, Target};
use super::thread::Thread;

pub(super) struct Servers {
    pub(super) thread: Thread,
    target: Target,
    routes: Routes,
}

/// Which server a slot's calls go to.
enum Routes {
    One(Arc<Connection>),
}

impl Servers {
    /// Those of the options, or the ones that somebody has already.
    pub(super) fn shared(options: &Options) -> Result<Arc<Self>> {
        static ALL: Mutex<Vec<Weak<Servers>>> = Mutex::new(Vec::new());
        let target = options.read()?;
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|servers| servers.strong_count() > 0);
        let same = all.iter().filter_map(Weak::upgrade).find(|servers| servers.target == target);
        if let Some(servers) = same {
            return Ok(servers);
        }
        let servers = Arc::new(Self::new(target)?);
        all.push(Arc::downgrade(&servers));
        Ok(servers)
    }

    fn new(target: Target) -> Result<Self> {
        // One provider for the process. Another's choice stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        let routes = match &target.place {
            Place::One(address) => Routes::One(Connection::new(&target.login.at(address)?, target.deadline)?),
            Place::Cluster(_) | Place::Sentinels { .. } => {
                return Err(Error::Config("url: is missing: Clusters and Sentinels are not reached yet"));
            }
        };
        Ok(Self { thread: Thread::default(), target, routes })
    }

    pub(super) async fn run(&self, script: &Script, slot: &str, arguments: &[&[u8]]) -> Result<Value> {
        match &self.routes {
            Routes::One(connection) => connection.run(script, slot, arguments).await,
        }
    }
}
