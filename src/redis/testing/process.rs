//! A process of the tests' own, that ends with them however they end.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::sync::atomic::{AtomicU32, Ordering};

/// Ends the server when its own input ends, which it does however the test ends. `FOLDER` is empty where it is to start again.
const GUARD: &str =
    r#"redis-server "$@" & server=$!; cat > /dev/null; kill -9 "$server"; wait "$server"; rm -rf "$FOLDER""#;

/// One `redis-server`, in a folder of its own.
pub(super) struct Process {
    folder: PathBuf,
    /// Whether nothing in this process will ever end it.
    outlives: bool,
    guard: Option<Child>,
}

impl Process {
    pub(super) fn new(outlives: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let installed = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        assert!(
            installed.is_ok_and(|status| status.success()),
            "redis-server is missing: install it, such as with apt-get install redis-server"
        );
        let folder = env::temp_dir().join(format!("ironkeep-redis-{}-{}", id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder).unwrap();
        Self { folder, outlives, guard: None }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn spawn(&mut self, arguments: &[String]) {
        let folder = self.folder.to_str().unwrap();
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .args(arguments)
            .env("FOLDER", if self.outlives { folder } else { "" })
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.guard = Some(guard.unwrap());
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A port that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
