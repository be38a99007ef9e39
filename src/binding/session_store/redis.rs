//! The options of a store on Redis as they cross the boundary.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Array, FromNapiValue, Object, ValidateNapiValue};
use napi_derive::napi;

use crate::binding::arguments::{count, field, list, list_field, wrong};
use crate::binding::session_store::backend::Backend;
use crate::binding::session_store::options::StoreOptions;
use crate::error::{Error, Result};
use crate::redis::{self, Topology, Wait};
use crate::store::SessionStore;
use crate::store::redis::{Options, RedisStore};
use crate::store::resilient;

const URLS: &str = wrong!("url", "given, or cluster, or sentinel");
const CLUSTER: &str = wrong!("cluster", "an array of URLs");
const SENTINEL: &str = wrong!("sentinel", "an object with nodes and name");
const NODES: &str = wrong!("sentinel.nodes", "an array of URLs");
const DATABASE: &str = wrong!("database", "a whole number from 0 to 65535");
const DEADLINE: &str = wrong!("deadline", "a positive number of milliseconds");
const WAIT: &str = wrong!("wait", "an object with replicas and timeout");
const REPLICAS: &str = wrong!("wait.replicas", "a whole number from 1 to 65535");
const RESILIENCE: &str = wrong!("resilience", "an object with retries, slow and openFor");
const TIMEOUT: &str = wrong!("wait.timeout", "a positive number of milliseconds");
const RETRIES: &str = wrong!("resilience.retries", "a whole number");
const SLOW: &str = wrong!("resilience.slow", "a positive number of milliseconds");
const OPEN_FOR: &str = wrong!("resilience.openFor", "a positive number of milliseconds");

/// The Sentinels, and what they call the master.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct RedisSentinel {
    /// The URLs of the Sentinels.
    pub nodes: Vec<String>,
    /// The name by which they know the master.
    pub name: String,
    /// The user of the Sentinels' access list.
    pub username: Option<String>,
    /// The password of the Sentinels.
    pub password: Option<String>,
}

/// Waiting for replicas after a write that ends sessions.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct RedisWait {
    /// How many replicas have to have it.
    pub replicas: u32,
    /// How many milliseconds that may take.
    pub timeout: f64,
}

/// What is done about outages.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct Resilience {
    /// How often a call may be made again.
    pub retries: u32,
    /// From how many milliseconds on a call counts as a failure.
    pub slow: f64,
    /// How many milliseconds the breaker stays open the first time.
    pub open_for: f64,
}

/// # Errors
/// `ERR_CONFIG` that names what is missing or of another type. What is of the right type and cannot work is said by the store.
pub(super) fn read(object: &Object<'_>, max_data: u32) -> Result<StoreOptions> {
    let cluster: Option<Array<'_>> = some(object, "cluster", CLUSTER)?;
    let sentinel: Option<Object<'_>> = some(object, "sentinel", SENTINEL)?;
    let database: Option<f64> = some(object, "database", DATABASE)?;
    let wait: Option<Object<'_>> = some(object, "wait", WAIT)?;
    let resilience: Option<Object<'_>> = some(object, "resilience", RESILIENCE)?;
    Ok(StoreOptions::Redis {
        url: some(object, "url", wrong!("url", "a string"))?,
        cluster: cluster.map(|nodes| list(&nodes, CLUSTER, Ok)).transpose()?,
        sentinel: sentinel.map(|sentinel| read_sentinel(&sentinel)).transpose()?,
        username: some(object, "username", wrong!("username", "a string"))?,
        password: some(object, "password", wrong!("password", "a string"))?,
        database: database.map(|number| count(number, DATABASE)).transpose()?,
        prefix: field(object, "prefix", wrong!("prefix", "a string"))?,
        deadline: field(object, "deadline", DEADLINE)?,
        wait: wait.map(|wait| read_wait(&wait)).transpose()?,
        resilience: resilience.map(|resilience| read_resilience(&resilience)).transpose()?,
        publish: field(object, "publish", wrong!("publish", "true or false"))?,
        max_data,
    })
}

fn read_sentinel(object: &Object<'_>) -> Result<RedisSentinel> {
    Ok(RedisSentinel {
        nodes: list_field(object, "nodes", NODES, Ok)?,
        name: field(object, "name", wrong!("sentinel.name", "a string"))?,
        username: some(object, "username", wrong!("sentinel.username", "a string"))?,
        password: some(object, "password", wrong!("sentinel.password", "a string"))?,
    })
}

fn read_wait(object: &Object<'_>) -> Result<RedisWait> {
    Ok(RedisWait {
        replicas: count(field(object, "replicas", REPLICAS)?, REPLICAS)?,
        timeout: field(object, "timeout", TIMEOUT)?,
    })
}

fn read_resilience(object: &Object<'_>) -> Result<Resilience> {
    Ok(Resilience {
        retries: count(field(object, "retries", RETRIES)?, RETRIES)?,
        slow: field(object, "slow", SLOW)?,
        open_for: field(object, "openFor", OPEN_FOR)?,
    })
}

/// The store, with what is done about its outages, and as it is.
///
/// # Errors
/// `ERR_CONFIG` for options that the store refuses.
pub(super) fn open(options: StoreOptions) -> Result<(Backend, Arc<RedisStore>)> {
    let StoreOptions::Redis {
        url,
        cluster,
        sentinel,
        username,
        password,
        database,
        prefix,
        deadline,
        wait,
        resilience,
        publish,
        max_data,
    } = options
    else {
        return Err(Error::Config(URLS));
    };
    let mut redis = redis::Options::new(topology(url, cluster, sentinel)?);
    redis.username = username;
    redis.password = password;
    redis.database = database.map(|number| small(number, DATABASE)).transpose()?;
    redis.prefix = prefix;
    redis.deadline = span(deadline, DEADLINE)?;
    redis.wait = wait.map(|wait| waiting(&wait)).transpose()?;
    let store = Arc::new(RedisStore::new(&Options { redis, max_data: max_data as usize, publish })?);
    let backend = match resilience {
        Some(resilience) => {
            Backend::resilient(Arc::clone(&store) as Arc<dyn SessionStore>, against_outages(&resilience)?)
        }
        None => Backend::Plain(Arc::clone(&store) as Arc<dyn SessionStore>),
    };
    Ok((backend, store))
}

/// The options of a connection for something other than sessions.
///
/// # Errors
/// `ERR_CONFIG` that names what is missing or of another type.
pub(crate) fn connection(object: &Object<'_>) -> Result<redis::Options> {
    let cluster: Option<Array<'_>> = some(object, "cluster", CLUSTER)?;
    let sentinel: Option<Object<'_>> = some(object, "sentinel", SENTINEL)?;
    let database: Option<f64> = some(object, "database", DATABASE)?;
    let cluster = cluster.map(|nodes| list(&nodes, CLUSTER, Ok)).transpose()?;
    let sentinel = sentinel.map(|sentinel| read_sentinel(&sentinel)).transpose()?;
    let mut options =
        redis::Options::new(topology(some(object, "url", wrong!("url", "a string"))?, cluster, sentinel)?);
    options.username = some(object, "username", wrong!("username", "a string"))?;
    options.password = some(object, "password", wrong!("password", "a string"))?;
    options.database = database.map(|number| small(count(number, DATABASE)?, DATABASE)).transpose()?;
    options.prefix = field(object, "prefix", wrong!("prefix", "a string"))?;
    options.deadline = span(field(object, "deadline", DEADLINE)?, DEADLINE)?;
    Ok(options)
}

fn topology(url: Option<String>, cluster: Option<Vec<String>>, sentinel: Option<RedisSentinel>) -> Result<Topology> {
    match (url, cluster, sentinel) {
        (Some(url), None, None) => Ok(Topology::Standalone { url }),
        (None, Some(nodes), None) => Ok(Topology::Cluster { nodes }),
        (None, None, Some(RedisSentinel { nodes, name, username, password })) => {
            Ok(Topology::Sentinel { sentinels: nodes, master: name, username, password })
        }
        _ => Err(Error::Config(URLS)),
    }
}

fn waiting(wait: &RedisWait) -> Result<Wait> {
    Ok(Wait { replicas: small(wait.replicas, REPLICAS)?, timeout: span(wait.timeout, TIMEOUT)? })
}

fn against_outages(given: &Resilience) -> Result<resilient::Options> {
    let slow = span(given.slow, SLOW)?;
    let mut options = resilient::Options { retries: given.retries, slow, ..resilient::Options::default() };
    options.breaker.open_for = span(given.open_for, OPEN_FOR)?;
    options.breaker.open_at_most = options.breaker.open_at_most.max(options.breaker.open_for);
    Ok(options)
}

/// A property that may be missing.
fn some<T>(object: &Object<'_>, name: &str, wrong: &'static str) -> Result<Option<T>>
where
    T: FromNapiValue + ValidateNapiValue,
{
    field(object, name, wrong)
}

fn small(number: u32, wrong: &'static str) -> Result<u16> {
    u16::try_from(number).map_err(|_| Error::Config(wrong))
}

fn span(millis: f64, wrong: &'static str) -> Result<Duration> {
    let span = if millis > 0.0 { Duration::try_from_secs_f64(millis / 1000.0).ok() } else { None };
    span.ok_or(Error::Config(wrong))
}
