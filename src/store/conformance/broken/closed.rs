//! S8, S9: defects of closing and opening again.

#![forbid(unsafe_code)]

use super::defects;
use crate::error::Error;
use crate::store::record::{Created, Import, Loaded};

pub(super) const DEFECTS: &[super::Defect] = defects! {
    "S8" "a store that is opened again has lost its records" {
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            Ok(if store.notes().reopened { Loaded::Absent } else { loaded })
        }
    }
    "S8" "a store that is opened again has lost its tombstones" {
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            let lost = store.notes().reopened && loaded == Loaded::Ended;
            Ok(if lost { Loaded::Absent } else { loaded })
        }
    }
    "S8" "a store that is opened again has lost its index" {
        list(store, now, user) {
            let listed = store.inner.list(now, user).await?;
            Ok(if store.notes().reopened { Vec::new() } else { listed })
        }
    }
    "S8" "a store that is opened again has lost its imports" {
        begin_import(store, now, import, tag, keep) {
            let begun = store.inner.begin_import(now, import, tag, keep).await?;
            Ok(if store.notes().reopened { Import::Open(tag) } else { begun })
        }
    }
    "S8" "a store that is opened again has forgotten who was revoked" {
        create(store, now, key, new) {
            let created = store.inner.create(now, key, new).await?;
            let lost = store.notes().reopened && created == Created::Revoked;
            Ok(if lost { Created::Done { expires_at: now, evicted: Vec::new() } } else { created })
        }
    }
    "S8" "a store that is opened again has lost what makes an end" {
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded && store.notes().reopened {
                record.idle = None;
            }
            Ok(loaded)
        }
    }
    "S8" "a store that is opened again cannot be written to" {
        save(store, now, key, expected, change) {
            if store.notes().reopened {
                return Err(Error::StoreUnavailable("It cannot be written to".into()));
            }
            store.inner.save(now, key, expected, change).await
        }
    }

    "S9" "create says something else when it is closed" {
        create(store, now, key, new) { store.inner.create(now, key, new).await.map_err(other) }
    }
    "S9" "load finds nothing when it is closed" {
        load(store, now, key) { closed_as(store.inner.load(now, key).await, Loaded::Absent) }
    }
    "S9" "save says something else when it is closed" {
        save(store, now, key, expected, change) { store.inner.save(now, key, expected, change).await.map_err(other) }
    }
    "S9" "touch finds nothing when it is closed" {
        touch(store, now, key) { closed_as(store.inner.touch(now, key).await, None) }
    }
    "S9" "delete finds nothing when it is closed" {
        delete(store, now, key, tombstone) { closed_as(store.inner.delete(now, key, tombstone).await, false) }
    }
    "S9" "regenerate says something else when it is closed" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            store.inner.regenerate(now, from, expected, to, new, tombstone).await.map_err(other)
        }
    }
    "S9" "list finds nothing when it is closed" {
        list(store, now, user) { closed_as(store.inner.list(now, user).await, Vec::new()) }
    }
    "S9" "count finds nothing when it is closed" {
        count(store, now, user) { closed_as(store.inner.count(now, user).await, 0) }
    }
    "S9" "revoke finds nothing when it is closed" {
        revoke(store, now, user, revocation) { closed_as(store.inner.revoke(now, user, revocation).await, 0) }
    }
    "S9" "an import can be begun when it is closed" {
        begin_import(store, now, import, tag, keep) {
            closed_as(store.inner.begin_import(now, import, tag, keep).await, Import::Open(tag))
        }
    }
    "S9" "an import can be ended when it is closed" {
        end_import(store, now, import, keep) { closed_as(store.inner.end_import(now, import, keep).await, ()) }
    }
    "S9" "a sweep finds nothing when it is closed" {
        delete_expired(store, now, limit) { closed_as(store.inner.delete_expired(now, limit).await, 0) }
    }
    "S9" "load_many finds nothing when it is closed" {
        load_many(store, now, keys) { closed_as(store.inner.load_many(now, keys).await, Vec::new()) }
    }
    "S9" "delete_many finds nothing when it is closed" {
        delete_many(store, now, keys, tombstone) {
            closed_as(store.inner.delete_many(now, keys, tombstone).await, 0)
        }
    }
    "S9" "it can be closed once" {
        close(store) {
            let closed = std::mem::replace(&mut store.notes().number, 1);
            if closed > 0 { Err(Error::StoreClosed) } else { store.inner.close().await }
        }
    }
    "S9" "closing it does nothing" {
        close(_) { Ok(()) }
    }
};

fn other(error: Error) -> Error {
    match error {
        Error::StoreClosed => Error::StoreUnavailable("It is closed".into()),
        error => error,
    }
}

fn closed_as<T>(result: Result<T, Error>, value: T) -> Result<T, Error> {
    match result {
        Err(Error::StoreClosed) => Ok(value),
        result => result,
    }
}
