//! A Cluster whose nodes end, change places, and hand over slots, under calls.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use redis::Value;

use super::{COUNT, read, run, write};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode};
use crate::redis::slots::slot_of;
use crate::redis::testing::{Cluster, Server, until};
use crate::redis::{Options, Redis, Wait};

/// Keys on all masters.
fn keys() -> Vec<String> {
    (0..30).map(|n| format!("{{{n:04x}}}")).collect()
}

#[test]
fn slots_are_those_of_the_servers() {
    let node = &Cluster::shared().nodes[0];
    for key in
        ["", "a", "123456789", "{a}", "test{a}b", "{}a", "a{b", "a}b{", "a{{b}}c", "{a}{b}", "ironkeep:{07ff}:s:x"]
    {
        assert_eq!(node.query::<u16>(&["CLUSTER", "KEYSLOT", key]), slot_of(key), "{key}");
    }
}

#[test]
fn every_key_is_reached_from_any_node_and_replicas_are_waited_for() {
    let cluster = Cluster::shared();
    for node in &cluster.nodes {
        let topology = crate::redis::Topology::Cluster { nodes: vec![node.url()] };
        let wait = Wait { replicas: 1, timeout: Duration::from_secs(10) };
        let redis = Redis::new(&Options { topology, wait: Some(wait), ..cluster.options() }).unwrap();
        for key in keys() {
            let key = format!("{}{key}", node.port());
            assert_eq!(run(&redis, COUNT, &key).unwrap(), Value::Int(1));
            assert_eq!(write(&redis, COUNT, &key).unwrap(), (Value::Int(2), None));
        }
    }
}

/// Has callers stop, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What callers met.
#[derive(Default)]
struct Met {
    calls: u32,
    failed: Vec<(Duration, Error)>,
    worst: Duration,
    /// When the last failure was over.
    back: Duration,
}

/// How many calls may be made when it is over, until one succeeds.
const AFTER: u32 = 10;

/// Calls on these keys, at some hundred a second, until told to stop.
fn calls(
    redis: &Redis,
    keys: &[String],
    pause: Duration,
    is_over: &AtomicBool,
    clock: &(dyn Fn() -> Duration + Sync),
) -> Met {
    let mut met = Met::default();
    let mut is_down = false;
    let mut after = 0;
    for key in keys.iter().cycle() {
        if is_over.load(Ordering::SeqCst) {
            // One that began before may fail after: the next ones have to succeed.
            after += 1;
            if !is_down || after > AFTER {
                break;
            }
        }
        let began = clock();
        let result = if met.calls % 2 == 0 { run(redis, COUNT, key) } else { read(redis, "return 1", key) };
        let now = clock();
        met.calls += 1;
        met.worst = met.worst.max(now.saturating_sub(began));
        match result {
            Ok(_) if is_down => (is_down, met.back) = (false, now),
            Ok(_) => {}
            Err(error) => {
                is_down = true;
                met.failed.push((now, error));
            }
        }
        thread::sleep(pause);
    }
    assert!(!is_down, "the last call failed");
    met
}

#[test]
fn a_killed_master_stops_its_own_slots_alone_and_for_seconds() {
    let mut cluster = Cluster::start();
    let deadline = Duration::from_secs(1);
    let redis = Redis::new(&Options { deadline, ..cluster.options() }).unwrap();
    let lost = cluster.owner("{0000}");
    let (its, others): (Vec<_>, Vec<_>) = keys().into_iter().partition(|key| cluster.owner(key) == lost);
    assert!(!its.is_empty() && !others.is_empty());
    for key in its.iter().chain(&others) {
        until("it answers", || run(&redis, COUNT, key).is_ok());
    }
    let (is_over, clock) = (AtomicBool::new(false), monotonic());
    let pause = Duration::from_millis(5);
    let (of_its, of_others, killed) = thread::scope(|scope| {
        // Together some 2,000 calls a second.
        let (redis, is_over, clock) = (&redis, &is_over, &*clock);
        let spawn = |keys| scope.spawn(move || calls(redis, keys, pause, is_over, clock));
        let of_its: Vec<_> = (0..4).map(|_| spawn(&its)).collect();
        let of_others: Vec<_> = (0..8).map(|_| spawn(&others)).collect();
        let _over = Over(is_over);
        thread::sleep(Duration::from_millis(500));
        let killed = clock();
        cluster.nodes[lost].kill();
        // A call that succeeds again says that the others will.
        until("its replica takes over", || {
            clock().saturating_sub(killed) > Duration::from_secs(1)
                && its.iter().all(|key| run(redis, COUNT, key).is_ok())
        });
        is_over.store(true, Ordering::SeqCst);
        let join = |all: Vec<thread::ScopedJoinHandle<'_, Met>>| {
            all.into_iter().map(|each| each.join().unwrap()).collect::<Vec<_>>()
        };
        (join(of_its), join(of_others), killed)
    });
    for met in &of_others {
        assert!(met.failed.is_empty(), "of another slot: {:?}", met.failed[0]);
        assert!(met.worst < deadline, "a call on another slot took {:?}", met.worst);
    }
    assert!(of_its.iter().any(|met| !met.failed.is_empty()), "the end of the master was met");
    for met in &of_its {
        assert!(met.back.saturating_sub(killed) < Duration::from_secs(6), "{:?}", met.back.saturating_sub(killed));
        assert!(met.worst < deadline + Duration::from_millis(500), "{:?}", met.worst);
        for (_, error) in &met.failed {
            assert!(matches!(error.code(), ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout), "{error}");
        }
    }
    // As a replica it comes back, and nothing changes for those who call.
    cluster.nodes[lost].restart();
    for key in its.iter().chain(&others) {
        run(&redis, COUNT, key).unwrap();
    }
}

#[test]
fn a_planned_failover_costs_no_call() {
    let cluster = Cluster::start();
    let redis = Redis::new(&cluster.options()).unwrap();
    let all = keys();
    let (is_over, clock) = (AtomicBool::new(false), monotonic());
    let met = thread::scope(|scope| {
        let calling: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| calls(&redis, &all, Duration::from_millis(1), &is_over, &*clock)))
            .collect();
        let _over = Over(&is_over);
        for _ in 0..3 {
            cluster.fail_over("{0000}");
        }
        is_over.store(true, Ordering::SeqCst);
        calling.into_iter().map(|each| each.join().unwrap()).collect::<Vec<_>>()
    });
    for met in met {
        assert!(met.calls > 50);
        assert!(met.failed.is_empty(), "{:?}", met.failed[0]);
    }
}

/// A master that stops, and does not end: its connections stay open, and say nothing.
#[test]
fn a_master_that_hangs_is_left_for_its_replica() {
    let cluster = Cluster::start();
    let deadline = Duration::from_millis(500);
    let redis = Redis::new(&Options { deadline, ..cluster.options() }).unwrap();
    until("it answers", || run(&redis, COUNT, "{0000}").is_ok());
    let node = &cluster.nodes[cluster.owner("{0000}")];
    let process = node.process();
    Server::signal("-STOP", &process);
    let clock = monotonic();
    until("its replica takes over", || {
        let began = clock();
        let result = run(&redis, COUNT, "{0000}");
        assert!(clock().saturating_sub(began) < deadline * 2);
        result.is_ok()
    });
    assert!(clock() < Duration::from_secs(8), "{:?}", clock());
    Server::signal("-CONT", &process);
}

/// All nodes stop, and none ends.
#[test]
fn a_cluster_that_falls_silent_fails_calls_in_time_and_is_used_again() {
    let cluster = Cluster::start();
    let deadline = Duration::from_millis(500);
    let redis = Redis::new(&Options { deadline, ..cluster.options() }).unwrap();
    let keys = &keys()[..6];
    for key in keys {
        until("it answers", || run(&redis, COUNT, key).is_ok());
    }
    let processes: Vec<_> = cluster.nodes.iter().map(Server::process).collect();
    for process in &processes {
        Server::signal("-STOP", process);
    }
    let clock = monotonic();
    // For longer than the nodes take to miss each other. Those that wait for the slots fail as those that wait for an answer.
    while clock() < Duration::from_secs(3) {
        for key in keys {
            let began = clock();
            let error = run(&redis, COUNT, key).unwrap_err();
            assert!(matches!(error.code(), ErrorCode::StoreUnavailable | ErrorCode::StoreTimeout), "{error}");
            assert!(clock().saturating_sub(began) < deadline * 2, "{error} after {:?}", clock().saturating_sub(began));
        }
    }
    for process in &processes {
        Server::signal("-CONT", process);
    }
    let clock = monotonic();
    for key in keys {
        until("it is back", || run(&redis, COUNT, key).is_ok());
    }
    assert!(clock() < Duration::from_secs(8), "{:?}", clock());
}
