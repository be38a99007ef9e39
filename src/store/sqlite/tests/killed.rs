//! A process that is killed while it writes.

#![forbid(unsafe_code)]

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::folder::{Folder, key, make, now, wait};
use crate::store::SessionStore;
use crate::store::record::Loaded;
use crate::store::sqlite::{Options, SqliteStore, Synchronous};

const FILE: &str = "IRONKEEP_TEST_SQLITE_FILE";
const ACKNOWLEDGED: usize = 200;

fn write_until_killed(file: &str) {
    let store = SqliteStore::new(Options::new(file, Synchronous::Normal)).unwrap();
    for n in 0.. {
        make(&store, n);
        println!("acknowledged {n}");
    }
}

#[test]
fn what_a_killed_process_was_told_is_there() {
    // This test again, as the process that is killed.
    if let Ok(file) = env::var(FILE) {
        return write_until_killed(&file);
    }
    let folder = Folder::new();
    let name = "store::sqlite::tests::killed::what_a_killed_process_was_told_is_there";
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(FILE, folder.file())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // The harness writes its own words in front of the first.
    let numbers = lines.filter_map(|line| line.split_once("acknowledged ")?.1.parse::<u32>().ok());
    let told: Vec<_> = numbers.take(ACKNOWLEDGED).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(told.len(), ACKNOWLEDGED);

    let store = folder.store();
    for n in told {
        assert!(matches!(wait(store.load(now(), key(n))).unwrap(), Loaded::Found(_)), "{n} is lost");
    }
    wait(store.close()).unwrap();
    let whole: String = folder.connection().pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}
