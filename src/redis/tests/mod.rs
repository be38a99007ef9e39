//! What is of no store: options, connections, routes. What a store keeps on them is tested with it.

#![forbid(unsafe_code)]

mod cluster;
mod connections;
mod executor;
mod options;
mod refusals;
mod replicas;
mod sentinel;
mod warnings;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use redis::Value;

use super::{Redis, Script};
use crate::error::{Error, Result};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Runs a script on a slot.
fn run(redis: &Redis, text: &str, slot: &str) -> Result<Value> {
    let (script, slot) = (Script::new(text.to_owned()), slot.to_owned());
    wait(redis.call(|caller| async move { caller.run(&script, &slot, &[]).await }))
}

/// The same, of a script that may run twice.
fn read(redis: &Redis, text: &str, slot: &str) -> Result<Value> {
    let (script, slot) = (Script::new(text.to_owned()).reading(), slot.to_owned());
    wait(redis.call(|caller| async move { caller.run(&script, &slot, &[]).await }))
}

/// The same, of a write that replicas are to have.
fn write(redis: &Redis, text: &str, slot: &str) -> Result<(Value, Option<Error>)> {
    let (script, slot) = (Script::new(text.to_owned()), slot.to_owned());
    wait(redis.call(|caller| async move { caller.write(&script, &slot, &[]).await }))
}

/// Counts how often it ran.
const COUNT: &str = "return redis.call('INCR', KEYS[1] .. ':count')";
