//! S11: defects of calls that are dropped.

#![forbid(unsafe_code)]

use super::defects;
use super::store::{Broken, others_first};
use crate::error::Error;
use crate::session::id::StoreKey;
use crate::store::record::Loaded;

/// More than the calls that any check has under way at once.
const CONNECTIONS: usize = 40;

pub(super) const DEFECTS: &[super::Defect] = defects! {
    "S11" "a creation that is dropped is in the index alone" {
        create(store, now, key, new) {
            let created = store.inner.create(now, key, new).await;
            Unfinished::new(store, key).finish().await;
            created
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            Ok(if store.notes().keys.contains(&key) { Loaded::Absent } else { loaded })
        }
    }
    "S11" "a save that is dropped leaves half of the data" {
        save(store, now, key, expected, change) {
            let saved = store.inner.save(now, key, expected, change).await;
            Unfinished::new(store, key).finish().await;
            saved
        }
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded && store.notes().keys.contains(&key) {
                record.data.truncate(record.data.len() / 2);
            }
            Ok(loaded)
        }
    }
    "S11" "a deletion that is dropped leaves the index" {
        delete(store, now, key, tombstone) {
            let listed = store.inner.list(now, "alice").await?.into_iter().find(|listed| listed.key == key);
            let deleted = store.inner.delete(now, key, tombstone).await;
            if let Some(listed) = listed {
                store.notes().listed.push(("alice".into(), listed));
            }
            others_first().await;
            store.notes().listed.retain(|(_, listed)| listed.key != key);
            deleted
        }
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            let left = &store.notes().listed;
            all.extend(left.iter().filter(|(of, _)| of == user).map(|(_, listed)| listed.clone()));
            Ok(all)
        }
    }
    "S11" "a regeneration that is dropped has ended the old session and begun no new one" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let regenerated = store.inner.regenerate(now, from, expected, to, new, tombstone).await;
            Unfinished::new(store, to).finish().await;
            regenerated
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            Ok(if store.notes().keys.contains(&key) { Loaded::Absent } else { loaded })
        }
    }
    "S11" "a revocation that is dropped has ended one session" {
        revoke(store, now, user, revocation) {
            let oldest = store.inner.list(now, user).await?.first().map(|listed| listed.key);
            if let Some(oldest) = oldest.filter(|oldest| revocation.except != Some(*oldest)) {
                let ended = store.inner.delete(now, oldest, revocation.tombstone).await?;
                others_first().await;
                return Ok(store.inner.revoke(now, user, revocation).await? + u64::from(ended));
            }
            store.inner.revoke(now, user, revocation).await
        }
    }
    "S11" "a creation that is dropped has ended its import" {
        create(store, now, key, new) {
            let imports = new.import.is_some();
            let created = store.inner.create(now, key, new).await;
            if imports {
                Unfinished::new(store, key).finish().await;
            }
            created
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            Ok(if store.notes().keys.contains(&key) { Loaded::Absent } else { loaded })
        }
    }
    "S11" "a load that is dropped keeps its connection" {
        load(store, now, key) {
            {
                let mut notes = store.notes();
                if notes.number == CONNECTIONS {
                    return Err(Error::StoreTimeout);
                }
                notes.number += 1;
            }
            others_first().await;
            store.notes().number -= 1;
            store.inner.load(now, key).await
        }
    }
};

/// Leaves its key in the notes when it is dropped before it is finished.
struct Unfinished<'a> {
    store: &'a Broken,
    key: StoreKey,
    finished: bool,
}

impl<'a> Unfinished<'a> {
    fn new(store: &'a Broken, key: StoreKey) -> Self {
        Self { store, key, finished: false }
    }

    async fn finish(mut self) {
        others_first().await;
        self.finished = true;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.store.notes().keys.insert(self.key);
        }
    }
}
