//! Every text that is written has a bound, and not the data alone.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::folder::{Folder, HOUR, key, now, session, wait};
use crate::error::{ErrorCode, Result};
use crate::session::id::{StoreKey, Tag};
use crate::store::SessionStore;
use crate::store::record::{Change, Loaded, NewRecord, Revocation, WriteToken};

fn refused<T: std::fmt::Debug>(result: Result<T>) {
    assert_eq!(result.unwrap_err().code(), ErrorCode::SessionTooLarge);
}

/// A key of this user.
fn of_user(user: &str) -> StoreKey {
    let mut of_user = key(9);
    of_user.0[..2].copy_from_slice(&Tag::of_user(user).0);
    of_user
}

#[test]
fn a_label_and_a_users_id_may_be_as_long_as_data() {
    let folder = Folder::new();
    let options = folder.options();
    let (long, too_long) = ("u".repeat(options.max_data), "u".repeat(options.max_data + 1));
    let store = folder.store();
    let labelled = |label: &str| NewRecord { label: Some(label.into()), ..session(b"") };
    let owned = |user: &str| NewRecord { user: Some(user.into()), ..session(b"") };
    let relabelled = |label: &str| Change {
        data: Vec::new(),
        write_token: WriteToken([2; 16]),
        lifetime: None,
        label: Some(label.into()),
    };

    refused(wait(store.create(now(), key(1), labelled(&too_long))));
    refused(wait(store.create(now(), of_user(&too_long), owned(&too_long))));
    wait(store.create(now(), key(1), session(b"data"))).unwrap();
    refused(wait(store.save(now(), key(1), 1, relabelled(&too_long))));
    refused(wait(store.regenerate(now(), key(1), 1, key(2), labelled(&too_long), Duration::from_mins(1))));
    let revocation = Revocation { except: None, tombstone: HOUR, keep: HOUR };
    refused(wait(store.revoke(now(), &too_long, revocation)));
    let Loaded::Found(kept) = wait(store.load(now(), key(1))).unwrap() else { panic!("it is as it was") };
    assert_eq!((kept.version, kept.label), (1, None));

    wait(store.save(now(), key(1), 1, relabelled(&long))).unwrap();
    wait(store.create(now(), of_user(&long), owned(&long))).unwrap();
    assert_eq!(wait(store.revoke(now(), &long, revocation)).unwrap(), 1);
    wait(store.close()).unwrap();
}
