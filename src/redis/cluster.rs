//! A Cluster: which node a slot's calls go to, and what is done when it is another one by then.
//!
//! A slot that is being moved has part of its keys on each of two nodes, and a script may need of both. So no redirection of a
//! single call (`ASK`) is followed: the call waits until the slot has moved as a whole. The slot's own key, which never exists, has
//! every node refuse scripts on such a slot, so none runs on a part of its keys.

#![forbid(unsafe_code)]

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clock::{Monotonic, monotonic};
use crate::error::{Error, Result};

use super::connection::Source;
use super::dial::Endpoint;
use super::eviction::Eviction;
use super::server::{Failure, Server};
use super::slots::{self, Range, SLOTS, redirection, slot_of};
use super::target::{Address, Login};

/// The pauses of a call that waits for a slot: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(64));
/// Nodes are asked for the slots no sooner again after the last answer.
const FRESH: Duration = Duration::from_millis(50);
/// How many nodes are asked at first, and how long for, before another one is asked too.
const ASKED: usize = 3;
const PATIENCE: Duration = Duration::from_millis(100);
/// As often a call follows the slot to another node.
const HOPS: u32 = 5;

const SILENT: &str = "No node of the Cluster says who has which slots: look at the network, and at the nodes";
const DOWN: &str = "The Cluster does not serve all slots now (CLUSTERDOWN): look at its masters";
const MOVING: &str = "A slot of the Cluster is being moved (ASK): try again. \
     If the move was broken off, finish it, such as with redis-cli --cluster fix";
const DISAGREEING: &str = "The nodes of the Cluster do not agree on who has a slot (MOVED): try again";

pub(super) struct Cluster {
    seeds: Vec<Address>,
    login: Login,
    patience: Duration,
    eviction: Arc<Eviction>,
    map: Mutex<Map>,
    /// When the slots were last asked for, and how that ended. Who asks has the lock.
    asked: AsyncMutex<Option<(Duration, Result<()>)>>,
    clock: Monotonic,
    random: RandomState,
}

#[derive(Default)]
struct Map {
    nodes: HashMap<Address, Arc<Node>>,
    /// By slot; empty before the first answer.
    owners: Vec<Option<Arc<Node>>>,
}

/// A node: its address, and the connections to it.
pub(super) struct Node {
    address: Address,
    pub(super) server: Arc<Server>,
}

/// What a failure says of the slot.
enum Verdict {
    /// It is with this node.
    Moved(Address),
    /// It is between two nodes, for now.
    Moving,
    /// The node cannot be reached, or is no master any more. Nothing was done.
    Lost,
    /// The Cluster does not serve the slot. Nothing was done.
    Down,
    /// The outcome is not known, and the node may be gone.
    Broken,
    /// Nothing: the node is the right one.
    Else,
}

impl Cluster {
    /// Connects to nothing yet.
    pub(super) fn new(seeds: &[Address], login: &Login, eviction: Arc<Eviction>, patience: Duration) -> Self {
        Self {
            seeds: seeds.to_vec(),
            login: login.clone(),
            patience,
            eviction,
            map: Mutex::default(),
            asked: AsyncMutex::default(),
            clock: monotonic(),
            random: RandomState::new(),
        }
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `call` run on the node of a key's slot, and on another when that is the one by then.
    pub(super) async fn run<T, W>(self: &Arc<Self>, key: &str, call: impl Fn(Arc<Node>) -> W) -> Result<T>
    where
        W: Future<Output = Result<T, Failure>>,
    {
        let slot = slot_of(key);
        let last = (self.clock)() + self.patience.saturating_sub(PAUSES.1);
        let (mut hops, mut pause) = (0, PAUSES.0);
        loop {
            let node = self.owner(slot).await?;
            let failure = match call(Arc::clone(&node)).await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            match judge(&failure, &node.address) {
                Verdict::Broken => {
                    self.look_again();
                    return Err(failure.explained());
                }
                Verdict::Down => {
                    self.look_again();
                    return Err(Error::StoreRefused(DOWN.to_owned()));
                }
                Verdict::Moved(address) if hops < HOPS => {
                    self.set_owner(slot, address);
                    self.look_again();
                }
                Verdict::Lost if hops < HOPS => {
                    self.look(true).await?;
                    if self.known_owner(slot).is_some_and(|owner| Arc::ptr_eq(&owner, &node)) {
                        return Err(failure.explained());
                    }
                }
                Verdict::Moving if (self.clock)() < last => {
                    sleep(self.spread(pause)).await;
                    pause = (pause * 2).min(PAUSES.1);
                    continue;
                }
                Verdict::Moved(_) => return Err(Error::StoreRefused(DISAGREEING.to_owned())),
                Verdict::Moving => return Err(Error::StoreRefused(MOVING.to_owned())),
                Verdict::Lost | Verdict::Else => return Err(failure.explained()),
            }
            hops += 1;
            if hops > 1 {
                // Two nodes that do not agree yet.
                sleep(self.spread(pause)).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }

    /// A call on this slot was not answered in time: its node may be gone.
    pub(super) fn look_again(self: &Arc<Self>) {
        let cluster = Arc::clone(self);
        tokio::spawn(async move { cluster.look(true).await });
    }

    async fn owner(self: &Arc<Self>, slot: u16) -> Result<Arc<Node>> {
        if let Some(node) = self.known_owner(slot) {
            return Ok(node);
        }
        self.look(false).await?;
        self.known_owner(slot).ok_or_else(|| Error::StoreRefused(DOWN.to_owned()))
    }

    fn known_owner(&self, slot: u16) -> Option<Arc<Node>> {
        self.map().owners.get(usize::from(slot)).cloned().flatten()
    }

    fn set_owner(&self, slot: u16, address: Address) {
        let mut map = self.map();
        let node = self.node(&mut map, address);
        if let Some(owner) = map.owners.get_mut(usize::from(slot)) {
            *owner = Some(node);
        }
    }

    fn node(&self, map: &mut Map, address: Address) -> Arc<Node> {
        if let Some(node) = map.nodes.get(&address) {
            return Arc::clone(node);
        }
        let source = || Source::Server(Endpoint::new(&self.login, &address));
        let server = Arc::new(Server::new(source, &self.eviction, self.patience));
        let node = Arc::new(Node { address: address.clone(), server });
        map.nodes.insert(address, Arc::clone(&node));
        node
    }

    /// Asks nodes for the slots, unless somebody just did. All who wait for that share one attempt.
    async fn look(self: &Arc<Self>, is_suspect: bool) -> Result<()> {
        let came = (self.clock)();
        let mut asked = self.asked.lock().await;
        if let Some((at, result)) = &*asked
            && (*at >= came || (is_suspect || result.is_err()) && *at + FRESH > came)
        {
            return result.clone();
        }
        // A connection that is dead in silence answers never, and who waits for this would learn of no new master.
        let result = timeout(self.patience, self.ask()).await;
        let result = result.unwrap_or_else(|_| Err(Error::StoreUnreached(SILENT.to_owned())));
        *asked = Some(((self.clock)(), result.clone()));
        result
    }

    /// Asks nodes in no order, and believes the first that answers. Those that do not hold up nobody: others are asked meanwhile.
    async fn ask(&self) -> Result<()> {
        let mut nodes = self.candidates().into_iter();
        let mut answers = JoinSet::new();
        let mut failed = None;
        loop {
            let wanted = if answers.is_empty() { ASKED } else { 1 };
            for node in nodes.by_ref().take(wanted) {
                answers.spawn(async move {
                    let answer = node.server.ask(Cmd::new().arg("CLUSTER").arg("SLOTS")).await;
                    answer.map(|answer| slots::read(answer, &node.address))
                });
            }
            match timeout(PATIENCE, answers.join_next()).await {
                // A node that was reset knows of none.
                Ok(Some(Ok(Ok(Some(ranges))))) if !ranges.is_empty() => {
                    self.take(ranges);
                    return Ok(());
                }
                Ok(Some(Ok(Err(failure)))) => failed = Some(failure.explained()),
                Ok(Some(_)) | Err(_) => {}
                Ok(None) => break,
            }
        }
        Err(failed.unwrap_or_else(|| {
            Error::StoreUnreached(
                "The nodes of the Cluster know of no slots: name nodes that are part of it".to_owned(),
            )
        }))
    }

    fn candidates(&self) -> Vec<Arc<Node>> {
        let mut map = self.map();
        for seed in &self.seeds {
            self.node(&mut map, seed.clone());
        }
        let mut nodes: Vec<_> = map.nodes.values().cloned().collect();
        let now = (self.clock)();
        nodes.sort_by_cached_key(|node| self.random.hash_one((now, &node.address)));
        nodes
    }

    fn take(&self, ranges: Vec<Range>) {
        let mut map = self.map();
        let mut owners = vec![None; usize::from(SLOTS)];
        let mut masters = HashSet::new();
        for Range { first, last, master } in ranges {
            let node = self.node(&mut map, master);
            for owner in &mut owners[usize::from(first)..=usize::from(last)] {
                *owner = Some(Arc::clone(&node));
            }
            masters.insert(node.address.clone());
        }
        // Connections to nodes that are no masters any more end with their last calls.
        let seeds = &self.seeds;
        map.nodes.retain(|address, _| seeds.contains(address) || masters.contains(address));
        map.owners = owners;
    }

    /// Half of a pause or more, at random.
    fn spread(&self, pause: Duration) -> Duration {
        let half = pause / 2;
        let share = self.random.hash_one((self.clock)()) % 1024;
        half + half.mul_f64(f64::from(u16::try_from(share).unwrap_or(0)) / 1024.0)
    }
}

fn judge(failure: &Failure, asked: &Address) -> Verdict {
    let error = match failure {
        Failure::NotSent(_) | Failure::Unreached(_) => return Verdict::Lost,
        Failure::Redis(error) => error,
    };
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::Moved) => moved(error, asked),
        ErrorKind::Server(ServerErrorKind::Ask | ServerErrorKind::TryAgain) => Verdict::Moving,
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown) => Verdict::Lost,
        ErrorKind::Server(ServerErrorKind::ClusterDown) => Verdict::Down,
        _ if error.is_io_error() => Verdict::Broken,
        _ => Verdict::Else,
    }
}

fn moved(error: &RedisError, asked: &Address) -> Verdict {
    error
        .detail()
        .and_then(|detail| redirection(detail, asked))
        .map_or(Verdict::Down, Verdict::Moved)
}
