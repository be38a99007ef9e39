//! Options as they are read: what tells one set of connections from another.

#![forbid(unsafe_code)]

use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo};

use crate::error::{Error, Result};

use super::options::{Options, Topology};

/// Where a server listens.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Who connects, to what, and how.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: u16,
    pub(super) tls: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    One(Address),
    Cluster(Vec<Address>),
    Sentinels { sentinels: Vec<Address>, login: Login, master: String },
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) place: Place,
    pub(super) login: Login,
    pub(super) deadline: Duration,
}

/// A text behind the name of the option that the URLs are given as.
macro_rules! of {
    ($option:expr, $text:literal) => {
        Error::Config(match $option {
            Topology::Standalone { .. } => concat!("url: ", $text),
            Topology::Cluster { .. } => concat!("cluster: ", $text),
            Topology::Sentinel { .. } => concat!("sentinel: ", $text),
        })
    };
}

impl Options {
    /// Checks all options.
    pub(super) fn read(&self) -> Result<Target> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
        if self.prefix.len() > 64 || !self.prefix.bytes().all(is_plain) {
            return Err(Error::Config(
                "prefix: has to be at most 64 printable ASCII characters, without spaces and braces",
            ));
        }
        if self.deadline.is_zero() {
            return Err(Error::Config("deadline: has to be longer than nothing"));
        }
        self.check_wait()?;
        let (place, mut login) = match &self.topology {
            Topology::Standalone { url } => {
                let (address, login) = self.read_url(url)?;
                (Place::One(address), login)
            }
            Topology::Cluster { nodes } => {
                let (nodes, login) = self.read_all(nodes)?;
                if login.database != 0 || self.database.is_some_and(|database| database != 0) {
                    return Err(Error::Config("database: a Cluster has none but 0"));
                }
                (Place::Cluster(nodes), login)
            }
            Topology::Sentinel { sentinels, master, username, password } => {
                let (sentinels, mut own) = self.read_all(sentinels)?;
                if master.is_empty() {
                    return Err(Error::Config("sentinel: the name of the master is missing"));
                }
                if own.database != 0 {
                    return Err(Error::Config(
                        "sentinel: its urls have to have no database: the one of the master is given as database",
                    ));
                }
                own.set(username.as_ref(), password.as_ref());
                if own.username.is_some() && own.password.is_none() {
                    return Err(Error::Config("sentinel: its password is missing, though there is a username"));
                }
                let login = Login { tls: own.tls, ..Login::default() };
                (Place::Sentinels { sentinels, login: own, master: master.clone() }, login)
            }
        };
        login.set(self.username.as_ref(), self.password.as_ref());
        if login.username.is_some() && login.password.is_none() {
            return Err(Error::Config("password: is missing, though there is a username"));
        }
        if let Some(database) = self.database {
            if login.database != 0 && login.database != database {
                return Err(Error::Config("database: has to be the one of the url, or given in one place"));
            }
            login.database = database;
        }
        Ok(Target { place, login, deadline: self.deadline })
    }

    fn check_wait(&self) -> Result<()> {
        let Some(wait) = self.wait else { return Ok(()) };
        if wait.replicas == 0 {
            return Err(Error::Config("wait: its replicas have to be one or more"));
        }
        if wait.timeout.as_millis() == 0 || wait.timeout > self.deadline / 2 {
            return Err(Error::Config(
                "wait: its timeout has to be a millisecond or more, and at most half of the deadline",
            ));
        }
        Ok(())
    }

    /// The addresses, and what all have in common.
    fn read_all(&self, urls: &[String]) -> Result<(Vec<Address>, Login)> {
        let mut read = urls.iter().map(|url| self.read_url(url));
        let (first, login) = read.next().unwrap_or(Err(of!(self.topology, "has no url in it")))?;
        let mut addresses = vec![first];
        for next in read {
            let (address, other) = next?;
            if other != login {
                return Err(of!(self.topology, "its urls have to agree in all but host and port"));
            }
            addresses.push(address);
        }
        Ok((addresses, login))
    }

    fn read_url(&self, url: &str) -> Result<(Address, Login)> {
        let form = || {
            of!(
                self.topology,
                "a url has to be redis://[user[:password]@]host[:port][/database], with all else escaped"
            )
        };
        let tls = url.starts_with("rediss://");
        if !tls && !url.starts_with("redis://") {
            return Err(of!(self.topology, "a url has to begin with redis:// or, for TLS, with rediss://"));
        }
        if url.contains(['?', '#']) {
            return Err(of!(
                self.topology,
                "a url has to have no ? and no #: escape them in a password, as %3F and %23, or give it as password"
            ));
        }
        // What is above TCP is no matter of who reads the rest.
        let info = url.replacen("rediss://", "redis://", 1).into_connection_info().map_err(|_| form())?;
        let settings = info.redis_settings();
        let database = u16::try_from(settings.db())
            .map_err(|_| of!(self.topology, "the database of a url has to be a number from 0 to 65535"))?;
        let (host, port) = match info.addr() {
            ConnectionAddr::Tcp(host, port) => (host.clone(), *port),
            _ => return Err(form()),
        };
        let mut login = Login { database, tls, ..Login::default() };
        login.set(settings.username().map(str::to_owned).as_ref(), settings.password().map(str::to_owned).as_ref());
        Ok((Address { host, port }, login))
    }
}

impl Login {
    fn set(&mut self, username: Option<&String>, password: Option<&String>) {
        if let Some(username) = username {
            self.username = Some(username.clone());
        }
        if let Some(password) = password {
            self.password = Some(password.clone());
        }
    }
}
