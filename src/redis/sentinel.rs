//! The master that Sentinels name, asked anew for each connection.

#![forbid(unsafe_code)]

use std::sync::Arc;

use redis::{Cmd, RedisError, Value};
use tokio::task::JoinSet;

use crate::error::{Error, Result};

use super::dial::{Endpoint, dial, refused};
use super::errors::not_sent;
use super::link::Link;
use super::target::{Address, Login};

/// The Sentinels, and what they know the master by.
pub(super) struct Sentinels {
    sentinels: Vec<Endpoint>,
    master: Arc<Master>,
}

struct Master {
    name: String,
    login: Login,
}

/// How far an attempt came: what went wrong the farthest says the most.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The Sentinel is not there.
    Nowhere,
    Sentinel,
    Name,
    Master,
}

impl Sentinels {
    pub(super) fn new(addresses: &[Address], own: &Login, name: &str, login: &Login) -> Self {
        let sentinels = addresses.iter().map(|address| Endpoint::new(own, address)).collect();
        Self { sentinels, master: Arc::new(Master { name: name.to_owned(), login: login.clone() }) }
    }

    /// Connects to the master. All Sentinels are asked at once, and the first whose master is one is believed: one that does not
    /// answer, or has not heard of a failover yet, is in nobody's way.
    pub(super) async fn connect(&self) -> Result<Link> {
        let mut asked = JoinSet::new();
        for sentinel in &self.sentinels {
            asked.spawn(Arc::clone(&self.master).ask(sentinel.clone()));
        }
        let mut farthest = None;
        while let Some(result) = asked.join_next().await {
            match result {
                Ok(Ok(link)) => return Ok(link),
                Ok(Err((step, error))) => {
                    if farthest.as_ref().is_none_or(|(farthest, _)| *farthest < step) {
                        farthest = Some((step, error));
                    }
                }
                Err(_) => farthest = Some((Step::Master, Error::Panicked)),
            }
        }
        Err(farthest.map_or(Error::Panicked, |(_, error)| error))
    }
}

impl Master {
    async fn ask(self: Arc<Self>, sentinel: Endpoint) -> Result<Link, (Step, Error)> {
        let address = self.find(&sentinel).await?;
        let master = |error| (Step::Master, error);
        let endpoint = Endpoint::new(&self.login, &address);
        let link = dial(&endpoint).await.map_err(|error| master(refused(&error)))?;
        // A user who may not ask this learns it by the first write.
        match link.query(Cmd::new().arg("ROLE")).await {
            Ok(Value::Array(role)) if role.first() == Some(&Value::BulkString(b"slave".to_vec())) => {
                Err(master(Error::StoreUnreached(
                    "The master that the Sentinels name is a replica: a failover is under way".to_owned(),
                )))
            }
            Err(error) if error.is_io_error() => Err(master(not_sent(&error))),
            _ => Ok(link),
        }
    }

    async fn find(&self, sentinel: &Endpoint) -> Result<Address, (Step, Error)> {
        let link = dial(sentinel).await.map_err(|error| of_sentinel(&error))?;
        let asking = Cmd::new().arg("SENTINEL").arg("get-master-addr-by-name").arg(&self.name).to_owned();
        let answer = link.query(&asking).await.map_err(|error| of_sentinel(&error))?;
        let found: Option<(String, u16)> = redis::from_redis_value(answer).ok();
        let Some((host, port)) = found else {
            return Err((
                Step::Name,
                Error::StoreUnreached(
                    "The Sentinels know no master of this name: correct the name of sentinel".to_owned(),
                ),
            ));
        };
        Ok(Address { host, port })
    }
}

fn of_sentinel(error: &RedisError) -> (Step, Error) {
    let step = if error.is_io_error() { Step::Nowhere } else { Step::Sentinel };
    (step, Error::StoreUnreached(format!("No Sentinel says where the master is. {}", not_sent(error))))
}
