//! Writes that replicas are waited for.
//!
//! A server holds up a connection that waits, so these writes have one of their own. It waits for all that was written on it
//! before, so one waiting is enough for all writes that were answered by then.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::{Cmd, Value};
use tokio::sync::Mutex;

use super::connection::{Connection, Open};
use super::options::Wait;
use super::server::{Failure, Leaving, Work, run, send};

pub(super) struct Replicas {
    connection: Arc<Connection>,
    /// How often waiting was begun.
    begun: AtomicU64,
    last: Mutex<Option<Round>>,
}

/// One waiting that is over.
struct Round {
    number: u64,
    on: u64,
    wait: Wait,
    is_enough: bool,
}

/// A write that was done, and what is to be known of its replicas.
pub(super) struct Written {
    open: Open,
    before: u64,
}

impl Replicas {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, begun: AtomicU64::new(0), last: Mutex::default() }
    }

    pub(super) async fn run(&self, work: Work<'_>) -> Result<(Value, Written), Failure> {
        let (value, open) = run(&self.connection, work).await?;
        Ok((value, Written { open, before: self.begun.load(Ordering::Acquire) }))
    }

    /// Whether as many replicas have the write as are asked for. On the connection of the write alone: another one would say so at
    /// once, as it has written nothing.
    pub(super) async fn have(&self, written: Written, wait: Wait) -> bool {
        let mut last = self.last.lock().await;
        let on = written.open.number;
        if let Some(round) = &*last
            && round.on == on
            && round.wait == wait
            && round.number > written.before
        {
            return round.is_enough;
        }
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let waiting = Cmd::new()
            .arg("WAIT")
            .arg(wait.replicas)
            .arg(wait.timeout.as_millis().to_string())
            .to_owned();
        let mut leaving = Leaving::new(&self.connection, on);
        let answer = leaving.after(send(&written.open.link, &waiting).await);
        let is_enough = matches!(answer, Ok(Value::Int(count)) if count >= i64::from(wait.replicas));
        *last = Some(Round { number, on, wait, is_enough });
        is_enough
    }
}
