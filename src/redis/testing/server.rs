//! A Redis server of the test's own, on a free port, that ends with the test.

#![forbid(unsafe_code)]

use std::fs;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use redis::{Client, Cmd, Connection, FromRedisValue};

use super::process::{Process, free_port};
use crate::redis::{Options, Topology};

pub(crate) const PASSWORD: &str = "a-password-that-nobody-may-see";
/// As often something is looked for, every few milliseconds.
const LOOKS: u32 = 4_000;

pub(crate) struct Server {
    port: u16,
    process: Process,
    settings: Vec<String>,
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..LOOKS {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{what}: not in time");
}

/// Options with a prefix that no other test has.
pub(crate) fn options_of(topology: Topology) -> Options {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("test-{}:", COUNT.fetch_add(1, Ordering::Relaxed));
    // The machine may be busy with other tests.
    Options { prefix, deadline: Duration::from_secs(20), ..Options::new(topology) }
}

impl Server {
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_as(settings, false)
    }

    pub(super) fn start_as(settings: &[&str], outlives: bool) -> Self {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { port: 0, process: Process::new(outlives), settings };
        for _ in 0..5 {
            // Somebody else may take it in between. The password tells whose server answers.
            server.port = free_port();
            server.spawn();
            if server.answers() {
                return server;
            }
            server.kill();
        }
        panic!("redis-server does not start: see {}", server.process.folder().display());
    }

    /// One for all tests that leave it as it is, and have a prefix of their own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_as(&[], true))
    }

    fn spawn(&mut self) {
        let port = self.port.to_string();
        let folder = self.process.folder().to_str().unwrap().to_owned();
        let fixed = ["--port", &port, "--bind", "127.0.0.1", "--dir", &folder, "--requirepass", PASSWORD];
        let kept = ["--masterauth", PASSWORD, "--save", "", "--appendonly", "yes", "--logfile", "log"];
        let all = fixed.iter().chain(&kept).map(|setting| (*setting).to_owned());
        let all: Vec<String> = all.chain(self.settings.iter().cloned()).collect();
        self.process.spawn(&all);
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
        self.process.kill();
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
        self.info("server", "process_id")
    }

    /// A line of what it tells about itself; none when it is ending a connection, as it does when it changes its role.
    pub(crate) fn info(&self, section: &str, name: &str) -> String {
        let asking = Cmd::new().arg("INFO").arg(section).to_owned();
        let info = self
            .connect()
            .and_then(|mut connection| asking.query::<String>(&mut connection).ok())
            .unwrap_or_default();
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().trim().to_owned()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn options(&self) -> Options {
        self.options_at(&self.url())
    }

    /// The same, with another URL of this server.
    #[expect(clippy::unused_self, reason = "a test says so whose they are")]
    pub(crate) fn options_at(&self, url: &str) -> Options {
        options_of(Topology::Standalone { url: url.to_owned() })
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
        let mut folders = vec![self.process.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { bytes.extend(fs::read(path).unwrap()) }
            }
        }
        bytes
    }
}
