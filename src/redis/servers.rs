//! The servers, and the connections to them, which all clients of the process share whose options say the same of them.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, PoisonError, Weak};

use redis::Value;

use crate::error::Result;

use super::cluster::{Cluster, Node};
use super::connection::Source;
use super::dial::Endpoint;
use super::eviction::Eviction;
use super::options::{Options, Wait};
use super::replicas::Written;
use super::sentinel::Sentinels;
use super::server::{Failure, Server, Work};
use super::target::{Place, Target};
use super::thread::Thread;

pub(super) struct Servers {
    pub(super) thread: Thread,
    pub(super) eviction: Arc<Eviction>,
    target: Target,
    routes: Routes,
}

/// Which server a slot's calls go to.
enum Routes {
    One(Arc<Server>),
    Cluster(Arc<Cluster>),
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
        let servers = Arc::new(Self::new(target));
        all.push(Arc::downgrade(&servers));
        Ok(servers)
    }

    fn new(target: Target) -> Self {
        // One provider for the process. Another's choice stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        let Target { place, login, deadline } = &target;
        let eviction = Arc::<Eviction>::default();
        let one = |source: &dyn Fn() -> Source| Routes::One(Arc::new(Server::new(source, &eviction, *deadline)));
        let routes = match place {
            Place::One(address) => one(&|| Source::Server(Endpoint::new(login, address))),
            Place::Sentinels { sentinels, login: own, master } => {
                one(&|| Source::Master(Sentinels::new(sentinels, own, master, login)))
            }
            Place::Cluster(seeds) => {
                Routes::Cluster(Arc::new(Cluster::new(seeds, login, Arc::clone(&eviction), *deadline)))
            }
        };
        Self { thread: Thread::new(), eviction, target, routes }
    }

    pub(super) async fn run(&self, work: Work<'_>) -> Result<Value> {
        match &self.routes {
            Routes::One(server) => server.run(work).await.map_err(Failure::explained),
            Routes::Cluster(cluster) => {
                cluster
                    .run(work.slot(), |node: Arc<Node>| async move { node.server.run(work).await })
                    .await
            }
        }
    }

    /// The same, where replicas can be waited for.
    pub(super) async fn write(&self, work: Work<'_>) -> Result<(Value, Wrote)> {
        match &self.routes {
            Routes::One(server) => {
                let (value, written) = server.replicas.run(work).await.map_err(Failure::explained)?;
                Ok((value, Wrote { server: Arc::clone(server), written }))
            }
            Routes::Cluster(cluster) => {
                let write = |node: Arc<Node>| async move {
                    let (value, written) = node.server.replicas.run(work).await?;
                    Ok((value, Wrote { server: Arc::clone(&node.server), written }))
                };
                cluster.run(work.slot(), write).await
            }
        }
    }

    /// A call was not answered in time.
    pub(super) fn suspect(&self) {
        if let Routes::Cluster(cluster) = &self.routes {
            cluster.look_again();
        }
    }
}

/// A write that was done, and where.
pub(super) struct Wrote {
    server: Arc<Server>,
    written: Written,
}

impl Wrote {
    /// Whether as many replicas as are asked for have it, in the time that is given for that.
    pub(super) async fn reaches_replicas(self, wait: Wait) -> bool {
        self.server.replicas.have(self.written, wait).await
    }
}
