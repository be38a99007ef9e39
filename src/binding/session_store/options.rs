//! The options of a store as they cross the boundary. JavaScript has put the defaults in.

use std::sync::Arc;

use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::binding::arguments::{count, field, wrong};
use crate::binding::session_store::backend::Backend;
use crate::binding::session_store::redis::{self, RedisSentinel, RedisWait, Resilience};
use crate::binding::session_store::snapshots::Snapshots;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::memory::{MemoryOptions, MemoryStore, WhenFull};
use crate::store::redis::RedisStore;
use crate::store::sqlite::{self, SqliteStore, Synchronous};

const DRIVER: &str = wrong!("driver", "memory, redis or sqlite");

/// Which store, and its options.
#[napi(discriminant = "driver", discriminant_case = "lowercase", object_from_js = false, object_to_js = false)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for a store, and its fields are the type that JavaScript sees"
)]
pub enum StoreOptions {
    /// In the process's memory.
    Memory {
        /// The most data that a session may have, in bytes.
        max_data: u32,
        /// The most bytes of memory, everything counted.
        max_bytes: f64,
        /// The most sessions, tombstones and markers of imports together.
        max_entries: u32,
        /// What happens then: sessions go, or new ones are refused.
        #[napi(ts_type = "'evict' | 'refuse'")]
        when_full: String,
        /// The file that it begins from, and that is written by `snapshot` and when it is closed.
        snapshot: Option<String>,
        /// The caller's time, by which what has expired is left out of it.
        now: f64,
    },
    /// In a file.
    Sqlite {
        /// The file.
        path: String,
        /// What an acknowledged write survives.
        #[napi(ts_type = "'normal' | 'full'")]
        synchronous: String,
        /// The most data that a session may have, in bytes.
        max_data: u32,
    },
    /// In Redis, which one of `url`, `cluster` and `sentinel` names.
    Redis {
        /// One server.
        url: Option<String>,
        /// Nodes of a Cluster, which tell of the others.
        cluster: Option<Vec<String>>,
        /// A master, by those who know it.
        sentinel: Option<RedisSentinel>,
        /// The user of the servers' access list.
        username: Option<String>,
        /// The password.
        password: Option<String>,
        /// The number of the database.
        database: Option<u32>,
        /// What all keys begin with.
        prefix: String,
        /// How many milliseconds the server may take to answer a call.
        deadline: f64,
        /// Waiting for replicas after a write that ends sessions.
        wait: Option<RedisWait>,
        /// What is done about outages. Without it: nothing.
        resilience: Option<Resilience>,
        /// Whether the end of sessions is published.
        publish: bool,
        /// The most data that a session may have, in bytes.
        max_data: u32,
    },
}

/// A store that was made.
pub(super) struct Opened {
    pub(super) backend: Backend,
    /// Whether its futures are ready when they are first polled, each within microseconds.
    pub(super) is_immediate: bool,
    /// Whether closing it waits for the disk, whatever its other calls do.
    pub(super) waits_to_close: bool,
    pub(super) snapshots: Option<Arc<Snapshots>>,
    /// The one in Redis, which may have something to say to an operator.
    pub(super) redis: Option<Arc<RedisStore>>,
}

impl StoreOptions {
    /// # Errors
    /// `ERR_CONFIG` that names what is missing or of another type.
    pub(super) fn read(object: &Object<'_>) -> Result<Self> {
        const MAX_DATA: &str = wrong!("maxData", "a whole number of bytes");
        const MAX_ENTRIES: &str = wrong!("maxEntries", "a whole number");
        let driver: String = field(object, "driver", DRIVER)?;
        let max_data = || count(field(object, "maxData", MAX_DATA)?, MAX_DATA);
        match driver.as_str() {
            "memory" => Ok(Self::Memory {
                max_data: max_data()?,
                max_bytes: field(object, "maxBytes", MAX_BYTES)?,
                max_entries: count(field(object, "maxEntries", MAX_ENTRIES)?, MAX_ENTRIES)?,
                when_full: field(object, "whenFull", WHEN_FULL)?,
                snapshot: field(object, "snapshot", wrong!("snapshot", "a string"))?,
                now: field(object, "now", wrong!("now", "a number"))?,
            }),
            "sqlite" => Ok(Self::Sqlite {
                path: field(object, "path", wrong!("path", "a string"))?,
                synchronous: field(object, "synchronous", SYNCHRONOUS)?,
                max_data: max_data()?,
            }),
            "redis" => redis::read(object, max_data()?),
            _ => Err(Error::Config(DRIVER)),
        }
    }

    /// # Errors
    /// `ERR_CONFIG` for options that the store refuses, and for a snapshot that another store has, and what is said of one that cannot be read.
    pub(super) fn open(self) -> Result<Opened> {
        match self {
            Self::Memory { max_data, max_bytes, max_entries, when_full, snapshot, now } => {
                let options = MemoryOptions {
                    max_data: max_data as usize,
                    max_bytes: bytes(max_bytes)?,
                    max_entries,
                    when_full: at_the_bound(&when_full)?,
                };
                let now = Timestamp::from_millis(now);
                let snapshots = snapshot
                    .map(|path| Snapshots::open(options.clone(), path, now))
                    .transpose()?
                    .map(Arc::new);
                let store = match &snapshots {
                    Some(snapshots) => snapshots.store(),
                    None => Arc::new(MemoryStore::new(options)?),
                };
                let backend = Backend::Plain(store);
                Ok(Opened { backend, is_immediate: true, waits_to_close: snapshots.is_some(), snapshots, redis: None })
            }
            Self::Sqlite { path, synchronous, max_data } => {
                let mut options = sqlite::Options::new(path, durability(&synchronous)?);
                options.max_data = max_data as usize;
                let backend = Backend::Plain(Arc::new(SqliteStore::new(options)?));
                Ok(Opened { backend, is_immediate: false, waits_to_close: true, snapshots: None, redis: None })
            }
            options @ Self::Redis { .. } => {
                let (backend, store) = redis::open(options)?;
                let redis = Some(store);
                Ok(Opened { backend, is_immediate: false, waits_to_close: true, snapshots: None, redis })
            }
        }
    }
}

const MAX_BYTES: &str = wrong!("maxBytes", "a whole number of bytes");
const WHEN_FULL: &str = wrong!("whenFull", "evict or refuse");
const SYNCHRONOUS: &str = wrong!("synchronous", "normal or full");

fn durability(synchronous: &str) -> Result<Synchronous> {
    match synchronous {
        "normal" => Ok(Synchronous::Normal),
        "full" => Ok(Synchronous::Full),
        _ => Err(Error::Config(SYNCHRONOUS)),
    }
}

fn at_the_bound(when_full: &str) -> Result<WhenFull> {
    match when_full {
        "evict" => Ok(WhenFull::Evict),
        "refuse" => Ok(WhenFull::Refuse),
        _ => Err(Error::Config(WHEN_FULL)),
    }
}

/// More than 32 bits count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what does not fit is refused before")]
fn bytes(number: f64) -> Result<u64> {
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    let fits = number.fract() == 0.0 && (0.0..=MAX_SAFE).contains(&number);
    if fits { Ok(number as u64) } else { Err(Error::Config(MAX_BYTES)) }
}
