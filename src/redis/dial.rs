//! Making one connection.

#![forbid(unsafe_code)]

use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind};

use crate::error::Error;

use super::errors::{not_sent, wants_a_password};
use super::link::Link;
use super::stream::connect;
use super::target::{Address, Login};

/// A server, and who connects to it.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) address: Address,
    pub(super) login: Login,
}

impl Endpoint {
    pub(super) fn new(login: &Login, address: &Address) -> Self {
        Self { address: address.clone(), login: login.clone() }
    }
}

/// Connects. Nothing in here has a deadline: who asks has one.
pub(super) async fn dial(endpoint: &Endpoint) -> RedisResult<Link> {
    let Endpoint { address, login } = endpoint;
    let link = Link::new(connect(address, login.tls).await?);
    if let Some(password) = &login.password {
        let mut command = redis::cmd("AUTH");
        command.arg(&login.username).arg(password);
        link.query(&command).await.map_err(of_login)?;
    }
    if login.database != 0 {
        link.query(redis::cmd("SELECT").arg(login.database)).await?;
    }
    // A server that wants a password hangs up on who sends it a longer command, and does not say why.
    match link.query(&Cmd::new().arg("PING").to_owned()).await {
        Err(error) if wants_a_password(&error) || error.is_io_error() => Err(error),
        _ => Ok(link),
    }
}

/// What a server says of a login holds the name of the user.
fn of_login(error: RedisError) -> RedisError {
    if error.is_io_error() {
        return error;
    }
    RedisError::from((ErrorKind::AuthenticationFailed, "the server refuses the login"))
}

/// Why there is no connection.
pub(super) fn refused(error: &RedisError) -> Error {
    match error.kind() {
        // A number that the server has no database for is the one thing that it refuses by a general error here.
        ErrorKind::Server(ServerErrorKind::ResponseError) => {
            Error::StoreUnreached("Redis refuses the database: name one that its configuration has".to_owned())
        }
        _ => not_sent(error),
    }
}
