//! Buckets on real servers that the tests start.

#![forbid(unsafe_code)]

mod agreement;
mod states;

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::redis::testing::Server;
use crate::redis::{Options, Redis};

use super::*;

/// The time that a test sets, in microseconds. It stands still while that of the server passes, so keys live for longer.
const CLOCK: &str = "local time = redis.call('GET', string.match(KEYS[1], '^[^{]*') .. 'now')
    local now, told, SPARE = tonumber(time), '0 ' .. time, SPARE_OF_TEST";
const SPARE: i64 = 3_600_000;

/// Limits on a server, by a clock that the test moves where it has one.
struct Bench {
    remote: Arc<Remote>,
    redis: Redis,
    options: Options,
    connection: ::redis::Connection,
    runtime: Runtime,
}

impl Bench {
    fn new(limits: Vec<(String, Quota)>) -> Self {
        let server = Server::shared();
        let options = server.options();
        Self {
            remote: Arc::new(Remote::with_clock(&options, limits, &CLOCK.replace("SPARE_OF_TEST", &SPARE.to_string()))),
            redis: Redis::new(&options).unwrap(),
            connection: server.connect().unwrap(),
            runtime: Builder::new_current_thread().build().unwrap(),
            options,
        }
    }

    fn set_now(&mut self, now: Moment) {
        let key = format!("{}now", self.options.prefix);
        let () = ::redis::cmd("SET").arg(key).arg(now.as_micros()).query(&mut self.connection).unwrap();
    }

    fn ask<T: Send + 'static, W: Future<Output = Result<T>> + Send + 'static>(
        &self,
        call: impl FnOnce(Arc<Remote>, Caller) -> W + Send + 'static,
    ) -> Result<T> {
        let remote = Arc::clone(&self.remote);
        self.runtime.block_on(self.redis.call(|caller| call(remote, caller)))
    }

    fn consume(&self, requests: Vec<Request>) -> Result<Vec<Outcome>> {
        self.ask(|remote, caller| async move { remote.consume(&caller, &requests).await })
    }

    fn peek(&self, requests: Vec<Request>) -> Result<Vec<Outcome>> {
        self.ask(|remote, caller| async move { remote.peek(&caller, &requests).await })
    }

    fn refund(&self, receipt: Receipt) -> Result<bool> {
        self.ask(|remote, caller| async move { remote.refund(&caller, receipt).await })
    }

    fn penalize(&self, limit: usize, key: &'static str, duration: Duration) -> Result<()> {
        self.ask(move |remote, caller| async move { remote.penalize(&caller, limit, key.as_bytes(), duration).await })
    }

    fn reset(&self, limit: usize, key: &'static str) -> Result<()> {
        self.ask(move |remote, caller| async move { remote.reset(&caller, limit, key.as_bytes()).await })
    }
}

fn request(limit: usize, key: &str, cost: u32) -> Request {
    Request { limit, key: key.as_bytes().into(), cost }
}

fn limits(quotas: &[(&str, &str)]) -> Vec<(String, Quota)> {
    quotas
        .iter()
        .map(|(name, quota)| ((*name).to_owned(), Quota::parse(quota, None).unwrap()))
        .collect()
}
