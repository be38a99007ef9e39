//! Making one connection.

#![forbid(unsafe_code)]

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::error::{Error, Result};

use super::errors::{not_sent, wants_a_password};
use super::target::{Address, Login};

/// How many commands may wait to be written. Who finds it full waits for another one's to be, which is a turn of the thread.
const QUEUE: usize = 1024;
/// From how many bytes on a write does not wait for more of the same moment.
const WRITE: usize = 64 * 1024;

/// Connects to nothing yet.
pub(super) fn client(login: &Login, address: &Address) -> Result<Client> {
    Client::open(login.at(address)?)
        .map_err(|_| Error::Config("url: this Redis cannot be connected to with these options"))
}

/// Connects. Nothing in here has a deadline: who asks has one.
pub(super) async fn dial(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE)
        .set_write_backpressure_boundary(WRITE);
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    // A server that wants a password hangs up on who sends it a longer command, and does not say why.
    let greeted = connection.send_packed_command(Cmd::new().arg("PING")).await;
    match greeted.and_then(Value::extract_error) {
        Err(error) if wants_a_password(&error) => Err(error),
        _ => Ok(connection),
    }
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
