//! The queue on threads that the test runs, by a clock that it moves.

#![forbid(unsafe_code)]

use std::sync::mpsc;

use super::*;
use crate::seal::derive::TextSecret;
use crate::seal::key_cache::{KeyUse, ProcessKey};

type Job = Box<dyn FnOnce() + Send>;
type Finished = (String, bool);

struct Fixture {
    process: ProcessKey,
    secret: Arc<TextSecret>,
    queue: Arc<Derivations>,
    jobs: Arc<Mutex<Vec<Job>>>,
    now: Arc<Mutex<Duration>>,
    order: (mpsc::Sender<Finished>, mpsc::Receiver<Finished>),
}

impl Fixture {
    fn new(max_running: usize) -> Self {
        let process = ProcessKey::new().unwrap();
        let jobs = Arc::new(Mutex::new(Vec::<Job>::new()));
        let spawned = Arc::clone(&jobs);
        let now = Arc::new(Mutex::new(Duration::ZERO));
        let clock = Arc::clone(&now);
        Self {
            secret: Arc::new(TextSecret::new("a password", &process)),
            process,
            queue: Derivations::new(
                max_running,
                Box::new(move |job| {
                    spawned.lock().unwrap().push(job);
                    true
                }),
                Box::new(move || *clock.lock().unwrap()),
            ),
            jobs,
            now,
            order: mpsc::channel(),
        }
    }

    fn spec(&self, salt: &str) -> KeySpec {
        let secret = Arc::clone(&self.secret);
        KeySpec { secret, usage: KeyUse::Integrity, iterations: 2, salt: salt.to_owned() }
    }

    fn id(&self, salt: &str) -> KeyId {
        self.process.key_id(self.secret.id(), KeyUse::Integrity, 2, salt)
    }

    fn ask(&self, salt: &str, lane: Lane) {
        let (asked, sender) = (salt.to_owned(), self.order.0.clone());
        let waiter: Waiter = Box::new(move |key| sender.send((asked, key.is_ok())).unwrap());
        self.queue.derive(self.id(salt), self.spec(salt), lane, waiter);
    }

    fn run_all(&self) -> Vec<Finished> {
        let jobs: Vec<Job> = self.jobs.lock().unwrap().drain(..).collect();
        for job in jobs {
            job();
        }
        self.order.1.try_iter().collect()
    }
}

fn done(salts: &[&str]) -> Vec<Finished> {
    salts.iter().map(|salt| ((*salt).to_owned(), true)).collect()
}

#[test]
fn one_flight_serves_all_who_ask() {
    let fixture = Fixture::new(1);
    for _ in 0..100 {
        fixture.ask("same", Lane::Foreign);
    }
    assert_eq!(fixture.jobs.lock().unwrap().len(), 1);
    assert_eq!(fixture.run_all(), done(&["same"; 100]));
}

#[test]
fn one_strangers_salt_is_not_waited_for_without_end() {
    let fixture = Fixture::new(1);
    for _ in 0..=MAX_FOREIGN_WAITERS {
        fixture.ask("same", Lane::Foreign);
    }
    assert_eq!(fixture.order.1.try_iter().collect::<Vec<_>>(), [("same".to_owned(), false)]);
    fixture.ask("same", Lane::Own);
    assert_eq!(fixture.run_all().len(), MAX_FOREIGN_WAITERS + 1);
}

#[test]
fn our_own_salts_go_first_and_pull_a_waiting_flight_forward() {
    let fixture = Fixture::new(1);
    for (salt, lane) in [("a", Lane::Foreign), ("b", Lane::Foreign), ("c", Lane::Own), ("b", Lane::Own)] {
        fixture.ask(salt, lane);
    }
    assert_eq!(fixture.run_all(), done(&["c", "b", "b", "a"]));
}

#[test]
fn a_full_lane_is_busy_and_leaves_the_other_open() {
    let fixture = Fixture::new(1);
    for number in 0..=MAX_QUEUED {
        fixture.ask(&number.to_string(), Lane::Foreign);
    }
    assert_eq!(fixture.order.1.try_iter().collect::<Vec<_>>(), [(MAX_QUEUED.to_string(), false)]);
    fixture.ask("ours", Lane::Own);
    let finished = fixture.run_all();
    assert_eq!(finished[0], ("ours".to_owned(), true));
    assert_eq!(finished.len(), MAX_QUEUED + 1);
}

#[test]
fn a_strangers_salt_that_waited_too_long_is_busy_and_ours_is_not() {
    let fixture = Fixture::new(1);
    fixture.ask("late", Lane::Foreign);
    fixture.ask("pulled", Lane::Foreign);
    fixture.ask("ours", Lane::Own);
    *fixture.now.lock().unwrap() += Duration::from_millis(1);
    fixture.ask("soon", Lane::Foreign);
    fixture.ask("pulled", Lane::Own);
    *fixture.now.lock().unwrap() += MAX_FOREIGN_WAIT;
    let ended = [("ours", true), ("pulled", true), ("pulled", true), ("late", false), ("soon", true)];
    assert_eq!(fixture.run_all(), ended.map(|(salt, derived)| (salt.to_owned(), derived)));
}

#[test]
fn no_more_run_at_once_than_allowed() {
    let fixture = Fixture::new(2);
    for number in 0..10 {
        fixture.ask(&number.to_string(), Lane::Foreign);
    }
    assert_eq!(fixture.jobs.lock().unwrap().len(), 2);
    assert_eq!(fixture.run_all().len(), 10);
    fixture.ask("again", Lane::Foreign);
    assert_eq!(fixture.jobs.lock().unwrap().len(), 1);
    assert_eq!(fixture.run_all(), done(&["again"]));
}

#[test]
fn a_waiter_that_panics_takes_nothing_from_the_others() {
    let fixture = Fixture::new(1);
    fixture.ask("same", Lane::Foreign);
    fixture
        .queue
        .derive(fixture.id("same"), fixture.spec("same"), Lane::Foreign, Box::new(|_| panic!("a defect")));
    fixture.ask("same", Lane::Foreign);
    fixture.ask("next", Lane::Foreign);
    assert_eq!(fixture.run_all(), done(&["same", "same", "next"]));
    fixture.ask("later", Lane::Foreign);
    assert_eq!(fixture.run_all(), done(&["later"]));
}

#[test]
fn a_runtime_that_ends_cancels_what_waits_and_the_queue_lives_on() {
    let fixture = Fixture::new(1);
    fixture.ask("lost", Lane::Foreign);
    fixture.jobs.lock().unwrap().clear();
    assert_eq!(fixture.order.1.try_iter().collect::<Vec<_>>(), [("lost".to_owned(), false)]);
    fixture.ask("kept", Lane::Foreign);
    assert_eq!(fixture.run_all(), done(&["kept"]));
}
