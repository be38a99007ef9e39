//! When the breaker opens and closes, as tables: what happens, and what it is then.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::world::{MS, SECOND};
use crate::breaker::{Breaker, Limits, Permit, Phase, Verdict};
use Phase::{Closed, HalfOpen, Open};

/// What happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// Calls end well, each after the other.
    Good(u32),
    Bad(u32),
    /// They say nothing.
    None(u32),
    Pass(Duration),
    /// Calls begin that do not end yet; so many of them may.
    Begin(u32, u32),
    /// The oldest of those ends so.
    End(Verdict),
}
use Event::{Bad, Begin, End, Good, None, Pass};

fn check(what: &str, table: &[(Event, Phase)]) {
    let mut breaker = Breaker::new(Limits::default());
    let mut now = 100 * SECOND;
    let mut begun = Vec::<Permit>::new();
    for (row, (event, phase)) in table.iter().enumerate() {
        let mut all = |count: u32, verdict| {
            for _ in 0..count {
                if let Ok(permit) = breaker.admit(now) {
                    breaker.end(permit, now, verdict);
                }
            }
        };
        match *event {
            Good(count) => all(count, Verdict::Good),
            Bad(count) => all(count, Verdict::Bad),
            None(count) => all(count, Verdict::None),
            Pass(time) => now += time,
            Begin(count, may) => {
                let permits: Vec<_> = (0..count).filter_map(|_| breaker.admit(now).ok()).collect();
                assert_eq!(permits.len(), may as usize, "{what}: row {row}");
                begun.extend(permits);
            }
            End(verdict) => breaker.end(begun.remove(0), now, verdict),
        }
        assert_eq!(breaker.phase(now), *phase, "{what}: row {row}, {event:?}");
    }
}

#[test]
fn it_opens_at_half_of_at_least_twenty_calls() {
    check("19 are too few", &[(Bad(19), Closed), (Bad(1), Open)]);
    check("under a half", &[(Good(21), Closed), (Bad(20), Closed), (Bad(1), Open)]);
    check(
        "the last of a half is no failure",
        &[(Bad(9), Closed), (Good(11), Closed), (Bad(1), Closed), (Bad(1), Open)],
    );
    check(
        "what says nothing is not counted",
        &[(None(100), Closed), (Bad(19), Closed), (None(9), Closed), (Bad(1), Open)],
    );
}

#[test]
fn it_counts_the_calls_of_ten_seconds() {
    check(
        "failures that have passed",
        &[(Bad(19), Closed), (Pass(10 * SECOND), Closed), (Bad(19), Closed), (Bad(1), Open)],
    );
    check(
        "and those that have not",
        &[(Bad(10), Closed), (Pass(9 * SECOND), Closed), (Bad(9), Closed), (Bad(1), Open)],
    );
    check("successes that have passed", &[(Good(1000), Closed), (Pass(10 * SECOND), Closed), (Bad(20), Open)]);
    check(
        "each second by itself",
        &[
            (Good(20), Closed),
            (Pass(5 * SECOND), Closed),
            (Bad(19), Closed),
            (Pass(5 * SECOND), Closed),
            (Bad(1), Open),
        ],
    );
}

#[test]
fn it_is_open_for_five_seconds_and_twice_as_long_each_time() {
    let mut table = vec![(Bad(20), Open)];
    for seconds in [5, 10, 20, 40, 60, 60] {
        table.push((Begin(1, 0), Open));
        table.push((Pass((seconds * SECOND).saturating_sub(MS)), Open));
        table.push((Begin(1, 0), Open));
        table.push((Pass(MS), HalfOpen));
        table.push((Bad(1), Open));
    }
    check("it opens again", &table);
    table.extend([(Pass(60 * SECOND), HalfOpen), (Good(3), Closed), (Bad(20), Open), (Pass(5 * SECOND), HalfOpen)]);
    check("it has closed in between", &table);
}

#[test]
fn three_calls_try_the_store() {
    let half_open = [(Bad(20), Open), (Pass(5 * SECOND), HalfOpen)];
    let checked = |what, rest: &[(Event, Phase)]| check(what, &[&half_open, rest].concat());
    checked("no more than three", &[(Begin(10, 3), HalfOpen), (Begin(5, 0), HalfOpen)]);
    checked("all have to succeed", &[(Begin(3, 3), HalfOpen), (End(Verdict::Good), HalfOpen), (Begin(1, 0), HalfOpen)]);
    checked("one after the other", &[(Good(2), HalfOpen), (Good(1), Closed), (Begin(100, 100), Closed)]);
    checked("the first that fails ends it", &[(Good(2), HalfOpen), (Bad(1), Open)]);
    checked("one that says nothing leaves its place", &[(None(50), HalfOpen), (Begin(9, 3), HalfOpen)]);
    checked("it begins anew once it is closed", &[(Good(3), Closed), (Bad(19), Closed), (Bad(1), Open)]);
}

#[test]
fn late_ends_of_calls_that_were_begun_before_count_for_nothing() {
    let open = [(Begin(9, 9), Closed), (Bad(20), Open)];
    let checked = |what, rest: &[(Event, Phase)]| check(what, &[&open, rest].concat());
    checked("while it is open", &[(End(Verdict::Good), Open), (Pass(5 * SECOND), HalfOpen)]);
    checked("while it is tried", &[(Pass(5 * SECOND), HalfOpen), (End(Verdict::Bad), HalfOpen), (Good(3), Closed)]);
    checked(
        "as none of the three",
        &[(Pass(5 * SECOND), HalfOpen), (Good(2), HalfOpen), (End(Verdict::Good), HalfOpen), (Good(1), Closed)],
    );
    checked(
        "once it is closed",
        &[(Pass(5 * SECOND), HalfOpen), (Good(3), Closed), (End(Verdict::Bad), Closed), (Bad(19), Closed)],
    );
}
