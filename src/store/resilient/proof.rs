//! Writes of which nobody said what became of them: the record's write token does.
//!
//! A record with the write's own token shows that it was done, and one that is as it was before the write that it may be made
//! again. All else stays unknown: others may have written after it.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::session::id::StoreKey;
use crate::store::StoreFuture;
use crate::store::record::{Change, Created, Loaded, NewRecord, Record, Saved, Version};

use super::calls::{Core, Miss};
use super::repeat::{Repeat, is_unknown};

/// What a look shows of a write.
enum Shown<T> {
    Done(T),
    NotDone,
    Nothing,
}

pub(super) async fn create(
    core: &Core,
    ends: Option<Duration>,
    now: Timestamp,
    key: StoreKey,
    new: NewRecord,
) -> Result<Created> {
    let done = |record: &Record| Created::Done { expires_at: record.expires_at, evicted: Vec::new() };
    let is_mine = |record: &Record| record.write_token == new.write_token;
    let look = |loaded: Loaded| match loaded {
        Loaded::Found(record) if is_mine(&record) => Shown::Done(done(&record)),
        Loaded::Absent => Shown::NotDone,
        Loaded::Found(_) | Loaded::Ended => Shown::Nothing,
    };
    let again = |created: Created| match created {
        Created::Exists(token) if token == new.write_token => None,
        created => Some(created),
    };
    let write = || core.store.create(now, key, new.clone());
    until_known(core, ends, write, || core.store.load(now, key), look, again).await
}

pub(super) async fn save(
    core: &Core,
    ends: Option<Duration>,
    now: Timestamp,
    key: StoreKey,
    expected: Version,
    change: Change,
) -> Result<Saved> {
    let done = |record: &Record| Saved::Done { version: record.version, expires_at: record.expires_at };
    let is_mine = |record: &Record| record.write_token == change.write_token;
    let look = |loaded: Loaded| match loaded {
        Loaded::Found(record) if is_mine(&record) => Shown::Done(done(&record)),
        Loaded::Found(record) if record.version == expected => Shown::NotDone,
        Loaded::Found(_) | Loaded::Ended | Loaded::Absent => Shown::Nothing,
    };
    let again = |saved: Saved| match saved {
        Saved::Conflict(record) if is_mine(&record) => Some(done(&record)),
        // The first one may have been done, and another after it; or the session has ended since.
        Saved::Conflict(_) | Saved::NotFound => None,
        saved @ Saved::Done { .. } => Some(saved),
    };
    let write = || core.store.save(now, key, expected, change.clone());
    until_known(core, ends, write, || core.store.load(now, key), look, again).await
}

/// Makes a write, and looks what became of it where nobody said so.
///
/// `again`: what the answer to a repeated write means; `None` has the record looked at once more.
async fn until_known<'a, T>(
    core: &Core,
    ends: Option<Duration>,
    write: impl Fn() -> StoreFuture<'a, T>,
    load: impl Fn() -> StoreFuture<'a, Loaded>,
    look: impl Fn(Loaded) -> Shown<T>,
    again: impl Fn(T) -> Option<T>,
) -> Result<T> {
    let unknown = match core.call(ends, Repeat::IfNothingWasDone, &write).await {
        Err(error) if is_unknown(&error) => error,
        known => return known,
    };
    let mut may_be_done_by_now = false;
    for repeated in 0..core.retries() {
        if !core.may_repeat(ends, repeated).await {
            break;
        }
        let Ok(loaded) = core.attempt(ends, &load).await else { continue };
        match look(loaded) {
            Shown::Done(done) => return Ok(done),
            Shown::Nothing => break,
            Shown::NotDone if may_be_done_by_now || !core.take() => break,
            Shown::NotDone => {}
        }
        match core.attempt(ends, &write).await {
            Ok(answer) => match again(answer) {
                Some(known) => return Ok(known),
                None => may_be_done_by_now = true,
            },
            Err(Miss::Failed(error)) if is_unknown(&error) => {}
            Err(Miss::Failed(_) | Miss::Refused(_)) => break,
        }
    }
    Err(unknown)
}
