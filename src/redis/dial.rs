//! Making one connection.

#![forbid(unsafe_code)]

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult, ServerErrorKind};

use crate::error::{Error, Result};

use super::errors::not_sent;
use super::target::{Address, Login};

/// Connects to nothing yet.
pub(super) fn client(login: &Login, address: &Address) -> Result<Client> {
    Client::open(login.at(address)?)
        .map_err(|_| Error::Config("url: this Redis cannot be connected to with these options"))
}

/// Connects. Nothing in here has a deadline: who asks has one.
pub(super) async fn dial(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
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
