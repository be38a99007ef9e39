//! Making one connection.

#![forbid(unsafe_code)]

use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind};

use crate::error::Error;

use super::errors::{not_sent, serves_nobody};
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
    match link.query(Cmd::new().arg("PING")).await {
        Err(error) if serves_nobody(&error) || error.is_unrecoverable_error() => Err(error),
        _ => Ok(link),
    }
}

/// Servers without an access list have no code of their own for a password that is wrong.
fn of_login(error: RedisError) -> RedisError {
    let is_of_the_login = error.code() == Some("WRONGPASS")
        || (is_general(&error)
            && error.detail().is_some_and(|text| text.contains("AUTH") || text.contains("password")));
    if is_of_the_login {
        RedisError::from((ErrorKind::AuthenticationFailed, "the server refuses the login"))
    } else {
        error
    }
}

fn is_general(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::ResponseError)
}

/// Why there is no connection.
pub(super) fn refused(error: &RedisError) -> Error {
    if is_general(error) && error.detail().is_some_and(|text| text.starts_with("DB index")) {
        return Error::StoreUnreached("Redis refuses the database: name one that its configuration has".to_owned());
    }
    not_sent(error)
}
