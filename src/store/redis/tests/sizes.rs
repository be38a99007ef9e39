//! Every text that is written has a bound, and not the data alone.

#![forbid(unsafe_code)]

use super::sharing::{HOUR, anyone, change, guest, key, never, session, wait};
use crate::error::{ErrorCode, Result};
use crate::redis::testing::Server;
use crate::store::SessionStore;
use crate::store::record::{Change, Created, Loaded, NewRecord, Revocation, Saved};
use crate::store::redis::{Options, RedisStore};

const MAX: usize = 1_000;

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>) {
    assert_eq!(result.unwrap_err().code(), ErrorCode::SessionTooLarge);
}

#[test]
fn a_label_and_a_users_id_may_be_as_long_as_data() {
    let (server, redis) = (Server::shared(), Server::shared().options());
    let prefix = redis.prefix.clone();
    let store = RedisStore::new(&Options { max_data: MAX, ..Options::new(redis) }).unwrap();
    let (long, too_long) = ("u".repeat(MAX), "u".repeat(MAX + 1));
    let labelled = |label: &str| NewRecord { label: Some(label.into()), ..guest(1) };
    let relabelled = |label: &str| Change { label: Some(label.into()), ..change(2) };
    let revocation = Revocation { except: None, tombstone: HOUR, keep: HOUR };

    refused(wait(store.create(never(), anyone(1), labelled(&too_long))));
    refused(wait(store.create(never(), key(&too_long, 1), session(&too_long, 1))));
    refused(wait(store.revoke(never(), &too_long, revocation)));
    assert!(server.keys(&prefix).is_empty(), "nothing is written");
    wait(store.create(never(), anyone(1), guest(1))).unwrap();
    refused(wait(store.save(never(), anyone(1), 1, relabelled(&too_long))));
    refused(wait(store.regenerate(never(), anyone(1), 1, anyone(2), labelled(&too_long), HOUR)));
    refused(wait(store.regenerate(never(), anyone(1), 1, key(&too_long, 1), session(&too_long, 1), HOUR)));
    let Loaded::Found(kept) = wait(store.load(never(), anyone(1))).unwrap() else { panic!("it is as it was") };
    assert_eq!((kept.version, kept.label), (1, None));

    let saved = wait(store.save(never(), anyone(1), 1, relabelled(&long))).unwrap();
    assert!(matches!(saved, Saved::Done { version: 2, .. }), "{saved:?}");
    let created = wait(store.create(never(), key(&long, 1), session(&long, 1))).unwrap();
    assert!(matches!(created, Created::Done { .. }), "{created:?}");
    assert_eq!(wait(store.revoke(never(), &long, revocation)).unwrap(), 1);
}
