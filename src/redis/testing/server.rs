//! A Redis server of the test's own, on a free port, that ends with the test.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio, id};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use redis::{Client, Cmd, Connection, FromRedisValue};

use crate::redis::Options;

/// Ends the server when its own input ends, which it does however the test ends. `FOLDER` is empty where it is to start again.
const GUARD: &str =
    r#"redis-server "$@" & server=$!; cat > /dev/null; kill -9 "$server"; wait "$server"; rm -rf "$FOLDER""#;
pub(crate) const PASSWORD: &str = "a-password-that-nobody-may-see";
/// As often a server is looked for, every few milliseconds.
const LOOKS: u32 = 2_000;

pub(crate) struct Server {
    port: u16,
    folder: PathBuf,
    settings: Vec<String>,
    /// Whether nothing in this process will ever end it.
    outlives: bool,
    guard: Option<Child>,
}

impl Server {
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_as(settings, false)
    }

    fn start_as(settings: &[&str], outlives: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let installed = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        assert!(
            installed.is_ok_and(|status| status.success()),
            "redis-server is missing: install it, such as with apt-get install redis-server"
        );
        let folder = env::temp_dir().join(format!("ironkeep-redis-{}-{}", id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder).unwrap();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { port: 0, folder, settings, outlives, guard: None };
        for _ in 0..5 {
            // Somebody else may take it in between. The password tells whose server answers.
            server.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            server.spawn();
            if server.answers() {
                return server;
            }
            server.kill();
        }
        panic!("redis-server does not start: see {}", server.folder.display());
    }

    /// One for all tests that leave it as it is, and have a prefix of their own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_as(&[], true))
    }

    fn spawn(&mut self) {
        let port = self.port.to_string();
        let folder = self.folder.to_str().unwrap();
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh", "--port", &port, "--bind", "127.0.0.1", "--dir", folder])
            .args(["--requirepass", PASSWORD, "--save", "", "--appendonly", "yes", "--logfile", "log"])
            .args(&self.settings)
            .env("FOLDER", if self.outlives { folder } else { "" })
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.guard = Some(guard.unwrap());
    }

    /// Waits until it does.
    fn answers(&self) -> bool {
        (0..LOOKS).any(|_| {
            thread::sleep(Duration::from_millis(5));
            self.connect().is_some_and(|mut connection| {
                Cmd::new().arg("PING").query::<String>(&mut connection).is_ok_and(|pong| pong == "PONG")
            })
        })
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    /// Starts it again with what it has kept.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.spawn();
        assert!(self.answers(), "it does not start again");
    }

    /// Sends a signal to a server's process.
    pub(crate) fn signal(signal: &str, process: &str) {
        assert!(Command::new("kill").args([signal, process]).status().unwrap().success());
    }

    pub(crate) fn process(&self) -> String {
        let info: String = self.query(&["INFO", "server"]);
        info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().trim().to_owned()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Options with a prefix that no other test has.
    pub(crate) fn options(&self) -> Options {
        self.options_at(&self.url())
    }

    /// The same, with another URL of this server.
    pub(crate) fn options_at(&self, url: &str) -> Options {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("test-{}:", COUNT.fetch_add(1, Ordering::Relaxed));
        // The machine may be busy with other tests.
        Options { prefix, deadline: Duration::from_secs(20), ..Options::standalone(url) }
    }

    pub(crate) fn connect(&self) -> Option<Connection> {
        Client::open(self.url()).unwrap().get_connection().ok()
    }

    /// Asks it anything.
    pub(crate) fn query<T: FromRedisValue>(&self, command: &[&str]) -> T {
        Cmd::new().arg(command).query(&mut self.connect().unwrap()).unwrap()
    }

    /// All keys with this prefix.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        let mut keys: Vec<String> = self.query(&["KEYS", &format!("{prefix}*")]);
        keys.sort();
        keys
    }

    /// What it has written to its disk.
    pub(crate) fn dump(&self) -> Vec<u8> {
        self.query::<String>(&["CONFIG", "SET", "aof-use-rdb-preamble", "no"]);
        self.query::<String>(&["SAVE"]);
        let mut bytes = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { bytes.extend(fs::read(path).unwrap()) }
            }
        }
        bytes
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}
