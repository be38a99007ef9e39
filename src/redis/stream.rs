//! The stream to a server: TCP, or TLS over it.

#![forbid(unsafe_code)]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::io::tcp::socket2::{SockRef, TcpKeepalive};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_rustls::TlsConnector;

use super::target::Address;

/// After how much silence a connection is looked at: what forgets idle ones, as networks do, would cost a call its deadline.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

pub(super) type Stream = Box<dyn Duplex>;

/// Connects. Nothing in here has a deadline: who asks has one.
pub(super) async fn connect(address: &Address, tls: bool) -> io::Result<Stream> {
    let stream = connect_to_any(address).await?;
    // A call of several packets would wait for the answers to those before.
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE))?;
    if !tls {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(address.host.clone()).map_err(io::Error::other)?;
    let config = spawn_blocking(trusting_the_system).await.map_err(io::Error::other)??;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(Box::new(stream))
}

/// All addresses of the host are tried at once, and the first that answers is the one.
async fn connect_to_any(address: &Address) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    for address in lookup_host((address.host.as_str(), address.port)).await? {
        attempts.spawn(TcpStream::connect(address));
    }
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    while let Some(attempt) = attempts.join_next().await {
        match attempt.map_err(io::Error::other).flatten() {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// With the certificates of the system, or of the file that `SSL_CERT_FILE` names. They are read from the disk.
fn trusting_the_system() -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(io::Error::other("there are no certificates to trust"));
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
