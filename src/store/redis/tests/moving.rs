//! Regenerations from one tag to another, in the middle of which nobody says what became of a step.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::sharing::{HOUR, anyone, guest, key, never, open, session, wait};
use crate::clock::monotonic;
use crate::error::{Error, ErrorCode};
use crate::redis::Options;
use crate::redis::testing::{Scripted, Server};
use crate::store::SessionStore;
use crate::store::record::{Created, Loaded, NewRecord, Regenerated, WriteToken};
use crate::store::redis::moving::Removed;

const SOON: Duration = Duration::from_millis(200);
const DONE: &str = "*1\r\n$4\r\ndone\r\n";
const ADDED: &str = "*3\r\n$4\r\ndone\r\n$13\r\n1893456000000\r\n*0\r\n";

/// What comes of a regeneration whose scripts have these answers, an empty one for none, and how many of them ran.
fn regenerated(deadline: Duration, answers: &'static [&'static str]) -> (Result<Regenerated, Error>, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Scripted::new(move |command| {
        if command[0] != "EVALSHA" {
            return "+OK\r\n".to_owned();
        }
        let asked = counted.fetch_add(1, Ordering::SeqCst);
        answers.get(asked).map_or_else(String::new, ToString::to_string)
    });
    let store = open(&Options { deadline, ..server.options() });
    let result = wait(store.regenerate(never(), anyone(1), 1, key("alice", 1), session("alice", 1), HOUR));
    (result, count.load(Ordering::SeqCst))
}

#[test]
fn the_end_of_the_old_one_is_asked_for_again() {
    let (result, asked) = regenerated(SOON, &[ADDED, "", DONE, ADDED]);
    assert!(matches!(result, Ok(Regenerated::Created(Created::Done { .. }))), "{result:?}");
    assert_eq!(asked, 4);
    // Not for ever, and not as if nothing had been done.
    let (result, asked) = regenerated(SOON, &[ADDED, "", "-LOADING not yet\r\n", "-LOADING not yet\r\n"]);
    assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{result:?}");
    assert_eq!(asked, 4);
    // What was refused was not done, and who asked is told so.
    let (result, asked) = regenerated(SOON, &[ADDED, "-LOADING not yet\r\n"]);
    assert!(matches!(result, Err(Error::StoreRefused(_))), "{result:?}");
    assert_eq!((result.unwrap_err().code(), asked), (ErrorCode::StoreUnavailable, 2));
}

#[test]
fn it_is_not_asked_for_when_the_new_one_may_have_passed_by_then() {
    const UNKNOWN: &str = "-ERR nobody knows\r\n";
    let (result, asked) = regenerated(SOON, &[ADDED, UNKNOWN, UNKNOWN, UNKNOWN]);
    assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{result:?}");
    assert_eq!(asked, 4);
    let (result, asked) = regenerated(Duration::from_secs(10), &[ADDED, UNKNOWN]);
    assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{result:?}");
    assert_eq!(asked, 2);
}

#[test]
fn who_ended_the_old_one_may_end_it_again_and_nobody_else() {
    let store = open(&Server::shared().options());
    wait(store.create(never(), anyone(1), guest(1))).unwrap();
    let remove = |new: NewRecord| {
        wait(store.call(move |call| async move { call.remove(&monotonic(), anyone(1), 1, HOUR, &new).await })).unwrap()
    };
    let other = NewRecord { write_token: WriteToken([9; 16]), ..session("alice", 1) };
    assert!(matches!(remove(session("alice", 1)), Removed::Done(None)));
    assert!(matches!(remove(session("alice", 1)), Removed::Done(None)));
    assert!(matches!(remove(other), Removed::Not(Regenerated::NotFound)));
    assert_eq!(wait(store.load(never(), anyone(1))).unwrap(), Loaded::Ended);
}
