//! The conformance suite on real servers of each kind, with scripts whose time is a key that the test sets.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::permissions::{advised, allow};
use crate::clock::Timestamp;
use crate::redis::testing::{Cluster, Server, Watched};
use crate::redis::{self as servers, Commands};
use crate::store::SessionStore;
use crate::store::conformance::{Harness, suite};
use crate::store::redis::clock::Clock;
use crate::store::redis::{Options, RedisStore};

/// After any date on which this runs: Redis by its own clock removes nothing.
const START: f64 = 4_000_000_000_000.0;
/// In place of the server's time. Nothing else of the scripts differs. A node of a Cluster finds only those keys that it has: of
/// these each master has one, since a script may read any key of its node.
const CLOCK: Clock = Clock { script: SCRIPT, ask };
const SCRIPT: &str = "
local now
for _, name in ipairs({ 'clock{a}', 'clock{b}', 'clock{c}' }) do
  local value = redis.pcall('GET', KEYS[1]:match('^[^{]*') .. name)
  now = type(value) == 'string' and tonumber(value) or now
end";
/// The same time, where it is asked for by itself.
fn ask(slot: &str) -> Commands {
    let said = "return { string.format('%.0f', math.floor(now / 1000)), string.format('%.0f', now % 1000 * 1000) }";
    let script = format!("{SCRIPT}\n{said}");
    Commands::new(&[b"EVAL", script.as_bytes(), b"1", slot.as_bytes()])
}

/// Of slots 15495, 3300 and 7365.
const CLOCKS: [&str; 3] = ["clock{a}", "clock{b}", "clock{c}"];

struct OnRedis {
    options: Options,
    store: Arc<dyn SessionStore>,
    /// Where each of the clocks is.
    servers: [&'static Server; 3],
    now: Mutex<Timestamp>,
}

impl OnRedis {
    fn new(redis: servers::Options, servers: [&'static Server; 3]) -> Self {
        let options = Options::new(redis);
        let now = Mutex::new(Timestamp::from_millis(START));
        let harness = Self { store: open(&options), options, servers, now };
        harness.advance(Duration::ZERO);
        harness
    }

    fn standalone() -> Self {
        let server = Server::shared();
        Self::new(server.options(), [server; 3])
    }

    /// By a user who may do what docs/stores.md says, and nothing else.
    fn permitted() -> Self {
        let server = Server::shared();
        allow(server, "permitted", &advised());
        let login = servers::Options {
            username: Some("permitted".into()),
            password: Some("its-own".into()),
            ..server.options_at(&format!("redis://{}", server.address()))
        };
        Self::new(login, [server; 3])
    }

    fn cluster() -> Self {
        let cluster = Cluster::shared();
        Self::new(cluster.options(), CLOCKS.map(|clock| &cluster.nodes[cluster.owner(clock)]))
    }

    fn sentinel() -> Self {
        let watched = Watched::shared();
        Self::new(watched.options(), [&watched.nodes[0]; 3])
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
        *self.now.lock().unwrap()
    }

    fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus(by);
        for (clock, server) in CLOCKS.iter().zip(self.servers) {
            let key = format!("{}{clock}", self.options.redis.prefix);
            server.query::<String>(&["SET", &key, &now.whole_millis().to_string()]);
        }
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

mod standalone {
    use super::*;

    suite!(OnRedis::standalone);
}

mod permitted {
    use super::*;

    suite!(OnRedis::permitted);
}

mod cluster {
    use super::*;

    suite!(OnRedis::cluster);
}

mod sentinel {
    use super::*;

    suite!(OnRedis::sentinel);
}
