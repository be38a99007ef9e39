//! How a store on Redis is set up.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use redis::{ConnectionInfo, IntoConnectionInfo};

use crate::error::{Error, Result};

/// The options of a store on Redis. `Debug` prints nothing that could hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS, which checks the server's certificate.
    pub url: String,
    /// The user of the server's access list. `None`: the one of the URL, or the default one.
    pub username: Option<String>,
    /// The password. `None`: the one of the URL, or none.
    pub password: Option<String>,
    /// The number of the database. `None`: the one of the URL, or 0.
    pub database: Option<u16>,
    /// What all keys begin with: at most 64 printable ASCII characters, no spaces and no braces.
    pub prefix: String,
    /// The most data that a session may have, in bytes.
    pub max_data: usize,
    /// How long the server may take to answer a call, and as long to take a connection.
    pub deadline: Duration,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("prefix", &self.prefix)
            .field("max_data", &self.max_data)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The options with their defaults: keys that begin with `ironkeep:`, sessions of at most 64 KB, 1 s for an answer.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            username: None,
            password: None,
            database: None,
            prefix: "ironkeep:".to_owned(),
            max_data: 64 * 1024,
            deadline: Duration::from_secs(1),
        }
    }

    /// Where to connect to.
    pub(super) fn read(&self) -> Result<ConnectionInfo> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
        if self.prefix.len() > 64 || !self.prefix.bytes().all(is_plain) {
            return Err(Error::Config(
                "prefix: has to be at most 64 printable ASCII characters, without spaces and braces",
            ));
        }
        if self.deadline.is_zero() {
            return Err(Error::Config("deadline: has to be longer than nothing"));
        }
        if !self.url.starts_with("redis://") && !self.url.starts_with("rediss://") {
            return Err(Error::Config("url: has to begin with redis:// or, for TLS, with rediss://"));
        }
        if self.url.contains(['?', '#']) {
            return Err(Error::Config(
                "url: has to have no ? and no #: escape them in a password, as %3F and %23, or give it as password",
            ));
        }
        let info = self.url.as_str().into_connection_info().map_err(|_| {
            Error::Config("url: has to be redis://[user[:password]@]host[:port][/database], with all else escaped")
        })?;
        let mut settings = info.redis_settings().clone();
        if let Some(username) = &self.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        if let Some(database) = self.database {
            if settings.db() != 0 && settings.db() != i64::from(database) {
                return Err(Error::Config("database: has to be the one of the url, or given in one place"));
            }
            settings = settings.set_db(i64::from(database));
        }
        if settings.db() < 0 {
            return Err(Error::Config("url: its database has to be a number from 0"));
        }
        if settings.username().is_some() && settings.password().is_none() {
            return Err(Error::Config("password: is missing, though there is a username"));
        }
        Ok(info.set_redis_settings(settings))
    }
}
