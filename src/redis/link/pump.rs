//! Who moves the bytes of a connection.

#![forbid(unsafe_code)]

use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use redis::{RedisError, RedisResult};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::replies::Replies;
use super::{State, broken, locked};
use crate::redis::stream::Stream;

/// What is kept for the next writes. A longer one gives back what it took.
const KEPT: usize = 64 * 1024;

/// Writes what was sent, reads what is answered, and hands it over, until the connection ends or nobody has it any more.
pub(super) struct Pump {
    stream: Stream,
    state: Arc<Mutex<State>>,
    writing: Vec<u8>,
    written: usize,
    replies: Replies,
}

impl Pump {
    pub(super) fn new(stream: Stream, state: Arc<Mutex<State>>) -> Self {
        Self { stream, state, writing: Vec::new(), written: 0, replies: Replies::new() }
    }

    /// Why the connection ended.
    fn turn(&mut self, context: &mut Context<'_>) -> Poll<RedisError> {
        let written = self.write(context);
        // Also after that failed: answers that are here are theirs who asked.
        match (self.read(context), written) {
            (Poll::Ready(error), Ok(())) | (_, Err(error)) => Poll::Ready(error),
            (Poll::Pending, Ok(())) => Poll::Pending,
        }
    }

    /// Writes as much as goes.
    fn write(&mut self, context: &mut Context<'_>) -> RedisResult<()> {
        loop {
            {
                let mut state = locked(&self.state);
                if state.is_left {
                    return Err(broken());
                }
                // Also when the stream takes no more: who leaves it then is not to wait for it.
                if state.pump.is_none() {
                    state.pump = Some(context.waker().clone());
                }
                if self.written == self.writing.len() {
                    self.written = 0;
                    self.writing.clear();
                    if self.writing.capacity() > KEPT {
                        self.writing = Vec::new();
                    }
                    mem::swap(&mut self.writing, &mut state.unsent);
                }
            }
            if self.writing.is_empty() {
                break;
            }
            match Pin::new(&mut self.stream).poll_write(context, &self.writing[self.written..]) {
                Poll::Ready(Ok(0)) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Poll::Ready(Ok(count)) => self.written += count,
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Pending => return Ok(()),
            }
        }
        // What TLS holds back. Its end is not waited for: it goes on at the next turn.
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(Err(error)) => Err(error.into()),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn read(&mut self, context: &mut Context<'_>) -> Poll<RedisError> {
        loop {
            let room = match self.replies.room() {
                Ok(room) => room,
                Err(error) => return Poll::Ready(error),
            };
            let mut buffer = ReadBuf::new(room);
            if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                return Poll::Ready(error.into());
            }
            let count = buffer.filled().len();
            if count == 0 {
                return Poll::Ready(broken());
            }
            self.replies.read(count);
            if let Err(error) = self.hand_over() {
                return Poll::Ready(error);
            }
        }
    }

    fn hand_over(&mut self) -> RedisResult<()> {
        let mut state = locked(&self.state);
        while let Some(value) = self.replies.take()? {
            state.answer(value)?;
        }
        Ok(())
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let error = ready!(self.turn(context));
        locked(&self.state).end(&error);
        Poll::Ready(())
    }
}

impl Drop for Pump {
    /// Nobody waits for an answer that does not come, whatever ended this.
    fn drop(&mut self) {
        let mut state = locked(&self.state);
        if state.ended.is_none() {
            state.end(&broken());
        }
    }
}
