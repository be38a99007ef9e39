//! Work that is done by who waits for it, and goes on without him.

#![forbid(unsafe_code)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::error::Result;
use crate::panics::caught;

use super::servers::Servers;

/// Some work.
pub(super) type Work<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// Work on the thread of the connections that needs no task of its own: it is polled by the call that waits for it. When that is
/// dropped, as one is whose deadline passes, the thread goes on with the work to its end.
pub(super) struct Held<T: Send + 'static> {
    /// `None`: it is over.
    work: Option<Work<T>>,
    servers: Arc<Servers>,
}

impl<T: Send + 'static> Held<T> {
    /// Only on the servers' own thread.
    pub(super) fn new(servers: Arc<Servers>, work: Work<T>) -> Self {
        Self { work: Some(work), servers }
    }
}

impl<T: Send + 'static> Future for Held<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        // Out of its place: work that panics is over.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = caught(|| work.as_mut().poll(context)).unwrap_or_else(|error| Poll::Ready(Err(error)));
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take()
            && let Ok(thread) = self.servers.thread.handle()
        {
            drop(thread.spawn(work));
        }
    }
}
