//! A connection that all calls share: what they send goes out together, and answers come in the order in which was sent.

#![forbid(unsafe_code)]

mod commands;
mod pump;
mod replies;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use redis::{Cmd, RedisError, RedisResult, Value};
use tokio::sync::oneshot;

use super::stream::Stream;
pub(crate) use commands::Commands;
use pump::Pump;

/// Its sending side. With the last clone the connection is closed.
#[derive(Clone)]
pub(super) struct Link(Arc<Handle>);

struct Handle(Arc<Mutex<State>>);

/// What calls and the one who moves bytes share.
#[derive(Default)]
struct State {
    /// What nobody has begun to write.
    unsent: Vec<u8>,
    /// Those who wait, in the order in which they sent.
    asked: VecDeque<Asked>,
    /// Wakes who moves the bytes.
    pump: Option<Waker>,
    /// Nobody can ask any more.
    is_left: bool,
    /// Why the connection ended.
    ended: Option<RedisError>,
}

/// Somebody who waits.
struct Asked {
    answer: oneshot::Sender<RedisResult<Value>>,
    /// Those of several commands that were answered by then. `None`: it is one command.
    list: Option<(usize, Vec<Value>)>,
}

/// An answer that is under way. Who drops it does not take the command back.
pub(super) struct Answer(oneshot::Receiver<RedisResult<Value>>);

impl Link {
    /// Takes over a connection. It is moved on by a task of the runtime that this is called in.
    pub(super) fn new(stream: Stream) -> Self {
        let state = Arc::<Mutex<State>>::default();
        drop(tokio::spawn(Pump::new(stream, Arc::clone(&state))));
        Self(Arc::new(Handle(state)))
    }

    /// Sends a command of these parts, the first of which are the head.
    ///
    /// # Errors
    /// When the connection is known to have ended: nothing was sent.
    pub(super) fn send(&self, head: &[&[u8]], rest: &[&[u8]]) -> RedisResult<Answer> {
        self.ask(None, |unsent| {
            commands::write(unsent, head, rest);
        })
    }

    /// Sends a command.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub(super) fn send_command(&self, command: &Cmd) -> RedisResult<Answer> {
        self.ask(None, |unsent| command.write_packed_command(unsent))
    }

    /// Sends commands together. The answer is a list of theirs.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub(super) fn send_all(&self, commands: &Commands) -> RedisResult<Answer> {
        self.ask(Some(commands.count), |unsent| unsent.extend_from_slice(&commands.bytes))
    }

    /// Sends a command, and gives its answer; what the server refuses with is an error.
    pub(super) async fn query(&self, command: &Cmd) -> RedisResult<Value> {
        self.send_command(command)?.get().await
    }

    fn ask(&self, list: Option<usize>, write: impl FnOnce(&mut Vec<u8>)) -> RedisResult<Answer> {
        let (answer, answered) = oneshot::channel();
        let mut state = locked(&self.0.0);
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        write(&mut state.unsent);
        state
            .asked
            .push_back(Asked { answer, list: list.map(|count| (count, Vec::with_capacity(count))) });
        let pump = state.pump.take();
        drop(state);
        if let Some(pump) = pump {
            pump.wake();
        }
        Ok(Answer(answered))
    }
}

impl Answer {
    /// Waits for it. What the server refuses with is an error: of several commands the first one.
    pub(super) async fn get(self) -> RedisResult<Value> {
        // Who moves the bytes answers everybody, unless its thread ended.
        self.0.await.unwrap_or_else(|_| Err(broken()))?.extract_error()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.is_left = true;
        let pump = state.pump.take();
        drop(state);
        if let Some(pump) = pump {
            pump.wake();
        }
    }
}

impl State {
    /// Gives an answer to who has waited the longest.
    ///
    /// # Errors
    /// When nobody waits: the server has said something by itself, after which no answer is known to be whose.
    fn answer(&mut self, value: Value) -> RedisResult<()> {
        let Some(asked) = self.asked.front_mut() else {
            return Err(value.extract_error().err().unwrap_or_else(broken));
        };
        let value = match &mut asked.list {
            None => value,
            Some((count, values)) => {
                values.push(value);
                if values.len() < *count {
                    return Ok(());
                }
                Value::Array(std::mem::take(values))
            }
        };
        if let Some(asked) = self.asked.pop_front() {
            // Who does not wait any more has lost it.
            let _ = asked.answer.send(Ok(value));
        }
        Ok(())
    }

    /// Tells everybody who waits, and all who come.
    fn end(&mut self, error: &RedisError) {
        self.unsent = Vec::new();
        self.ended = Some(error.clone());
        for asked in self.asked.drain(..) {
            let _ = asked.answer.send(Err(error.clone()));
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that ended.
fn broken() -> RedisError {
    RedisError::from(io::Error::from(io::ErrorKind::UnexpectedEof))
}
