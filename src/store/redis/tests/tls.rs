//! TLS: the server's certificate is checked, by what this system trusts.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, id};

use super::sharing::{anyone, guest, never, open, wait};
use crate::error::ErrorCode;
use crate::redis::testing::{PASSWORD, Server};
use crate::store::SessionStore;
use crate::store::record::Created;

const PORT: &str = "IRONKEEP_TEST_REDIS_TLS_PORT";
const MAKE: &str = "
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 1 -subj /CN=test
    openssl req -newkey rsa:2048 -nodes -keyout key -out request -subj /CN=localhost
    echo subjectAltName=DNS:localhost > names
    openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -out certificate -days 1 -extfile names";

/// A certificate for `localhost`, of an authority that nobody trusts who is not told to.
struct Certificate(PathBuf);

impl Certificate {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("ironkeep-redis-tls-{}", id()));
        fs::create_dir(&folder).unwrap();
        let made = Command::new("sh").args(["-e", "-c", MAKE]).current_dir(&folder).output().unwrap();
        assert!(made.status.success(), "openssl makes none: {}", String::from_utf8_lossy(&made.stderr));
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn create(host: &str, port: &str) -> crate::error::Result<Created> {
    let url = format!("rediss://:{PASSWORD}@{host}:{port}");
    let options = Server::shared().options_at(&url);
    wait(open(&options).create(never(), anyone(1), guest(1)))
}

/// In a process of its own, which trusts the authority.
fn trusting(port: &str) {
    assert!(matches!(create("localhost", port), Ok(Created::Done { .. })));
    refused("127.0.0.1", port);
}

fn refused(host: &str, port: &str) {
    let error = create(host, port).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[test]
fn only_a_certificate_that_holds_is_taken() {
    // This test again, as the process that trusts.
    if let Ok(port) = env::var(PORT) {
        return trusting(&port);
    }
    let certificate = Certificate::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let [chain, key, authority] = ["certificate", "key", "ca.crt"].map(|name| certificate.path(name));
    let tls = ["--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file", &chain, "--tls-key-file", &key];
    let _server = Server::start(&[&tls[..], &["--tls-ca-cert-file", &authority]].concat());
    refused("localhost", &port);
    let again = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::redis::tests::tls::only_a_certificate_that_holds_is_taken"])
        .env(PORT, &port)
        .env("SSL_CERT_FILE", Path::new(&authority))
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
}
