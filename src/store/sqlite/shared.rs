//! What the threads of a store and its callers share.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use tokio::sync::{Mutex, oneshot};

use crate::clock::{Monotonic, Wall};
use crate::error::{Error, Result};
use crate::panics::caught;

use super::database::Database;
use super::options::Options;
use super::queue::Queue;
use super::{readers, writer};

pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) clock: Monotonic,
    pub(super) system: Wall,
    pub(super) writes: Queue,
    pub(super) reads: Queue,
    /// How often the file was found to be another one.
    moves: AtomicU64,
}

impl Shared {
    pub(super) fn new(options: Options, clock: Monotonic, system: Wall) -> Self {
        let (writes, reads) = (Queue::default(), Queue::default());
        Self { options, clock, system, writes, reads, moves: AtomicU64::new(0) }
    }

    /// The connection of a thread: the one that it has, if the file is still there, or a new one.
    ///
    /// # Errors
    /// `ERR_STORE_UNAVAILABLE` for the thread that notices that it is not there. The others then open what is.
    pub(super) fn database(&self, open: Option<Database>) -> Result<Database> {
        let moves = self.moves.load(Ordering::SeqCst);
        let Some(mut database) = open.filter(|database| database.moves == moves) else {
            return Database::open(&self.options, &self.clock, moves);
        };
        if let Err(error) = database.check((self.clock)()) {
            self.moves.fetch_add(1, Ordering::SeqCst);
            return Err(error);
        }
        Ok(database)
    }
}

/// A thread, and what tells that it has ended.
struct Worker {
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

/// The threads of a store, which the first call starts.
#[derive(Default)]
pub(super) struct Workers {
    started: AtomicBool,
    running: Mutex<Vec<Worker>>,
}

impl Workers {
    /// Starts the threads that are missing.
    pub(super) async fn start(&self, shared: &Arc<Shared>) -> Result<()> {
        if self.started.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut running = self.running.lock().await;
        if shared.writes.is_closed() {
            return Err(Error::StoreClosed);
        }
        let all = 1 + shared.options.readers.max(1);
        while running.len() < all {
            let is_writer = running.is_empty();
            running.push(spawn(shared.clone(), is_writer)?);
        }
        self.started.store(true, Ordering::Release);
        Ok(())
    }

    /// Waits until all threads have ended, which they do once their queues are closed.
    pub(super) async fn join(&self) {
        let mut running = self.running.lock().await;
        while let Some(worker) = running.last_mut() {
            // An error is the end too: the sender was dropped.
            drop((&mut worker.ended).await);
            if let Some(worker) = running.pop() {
                // It does nothing any more. A panic was caught in it.
                drop(worker.thread.join());
            }
        }
    }
}

fn spawn(shared: Arc<Shared>, is_writer: bool) -> Result<Worker> {
    let (tell, ended) = oneshot::channel::<()>();
    let work = move || {
        let (queue, name) =
            if is_writer { (&shared.writes, writer::run as fn(&Shared)) } else { (&shared.reads, readers::run as _) };
        // A defect there ends the store; without its thread a queue would keep its calls waiting for ever.
        drop(caught(|| name(&shared)));
        queue.close();
        queue.take(usize::MAX, &mut VecDeque::new());
        drop(tell);
    };
    let name = if is_writer { "ironkeep-write" } else { "ironkeep-read" };
    let thread = thread::Builder::new().name(name.into()).spawn(work).map_err(|_| Error::NoThread)?;
    Ok(Worker { thread, ended })
}
