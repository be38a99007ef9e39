//! The conformance suite on a real server, with scripts whose time is a key that the test sets.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::{Cmd, Connection};

use crate::clock::Timestamp;
use crate::redis::testing::Server;
use crate::store::SessionStore;
use crate::store::conformance::{Harness, suite};
use crate::store::redis::{Options, RedisStore};

/// After any date on which this runs: Redis by its own clock removes nothing.
const START: f64 = 4_000_000_000_000.0;
/// In place of the server's time. Nothing else of the scripts differs.
const CLOCK: &str = "local now = tonumber(redis.call('GET', KEYS[1]:match('^[^{]*') .. 'clock'))";

struct OnRedis {
    options: Options,
    store: Arc<dyn SessionStore>,
    clock: Mutex<(Timestamp, Connection)>,
}

impl OnRedis {
    fn new() -> Self {
        let server = Server::shared();
        let options = Options::new(server.options());
        let clock = Mutex::new((Timestamp::from_millis(START), server.connect().unwrap()));
        let harness = Self { store: open(&options), options, clock };
        harness.advance(Duration::ZERO);
        harness
    }
}

fn open(options: &Options) -> Arc<dyn SessionStore> {
    Arc::new(RedisStore::with_clock(options, CLOCK).unwrap())
}

impl Harness for OnRedis {
    fn store(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.store)
    }

    fn now(&self) -> Timestamp {
        self.clock.lock().unwrap().0
    }

    fn advance(&self, by: Duration) {
        let (now, connection) = &mut *self.clock.lock().unwrap();
        *now = now.plus(by);
        let key = format!("{}clock", self.options.redis.prefix);
        Cmd::new().arg("SET").arg(key).arg(now.whole_millis()).exec(connection).unwrap();
    }

    fn max_data(&self) -> usize {
        self.options.max_data
    }

    fn reopen(&self) -> Option<Arc<dyn SessionStore>> {
        Some(open(&self.options))
    }

    fn sweeps_itself(&self) -> bool {
        true
    }
}

suite!(OnRedis::new);
