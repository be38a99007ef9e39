//! S2, S4, S12: defects of what has ended.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::defects;
use super::store::others_first;
use crate::store::record::{Created, Loaded, Regenerated, Saved};

/// What is over for less than this is not over yet.
const LATE: Duration = Duration::from_secs(30);

pub(super) const DEFECTS: &[super::Defect] = defects! {
    "S2" "load shows what has expired" {
        load(store, now, key) {
            match store.inner.load(now, key).await? {
                Loaded::Absent => match store.inner.load(now.minus(LATE), key).await? {
                    Loaded::Found(record) => Ok(Loaded::Found(record)),
                    _ => Ok(Loaded::Absent),
                },
                loaded => Ok(loaded),
            }
        }
    }
    "S2" "load_many shows what has expired" {
        load_many(store, now, keys) {
            let mut all = Vec::new();
            for key in keys {
                let loaded = store.inner.load(now, key).await?;
                let late = store.record(now.minus(LATE), key).await?;
                all.push(late.map_or(loaded, |record| Loaded::Found(Box::new(record))));
            }
            Ok(all)
        }
    }
    "S2" "save changes what has expired" {
        save(store, now, key, expected, change) {
            match store.inner.save(now, key, expected, change.clone()).await? {
                Saved::NotFound => store.inner.save(now.minus(LATE), key, expected, change).await,
                saved => Ok(saved),
            }
        }
    }
    "S2" "touch brings back what has expired" {
        touch(store, now, key) {
            match store.inner.touch(now, key).await? {
                None => store.inner.touch(now.minus(LATE), key).await,
                touched => Ok(touched),
            }
        }
    }
    "S2" "regenerate moves what has expired" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            match store.inner.regenerate(now, from, expected, to, new.clone(), tombstone).await? {
                Regenerated::NotFound => {
                    store.inner.regenerate(now.minus(LATE), from, expected, to, new, tombstone).await
                }
                regenerated => Ok(regenerated),
            }
        }
    }
    "S2" "list shows what has expired" {
        list(store, now, user) { store.inner.list(now.minus(LATE), user).await }
    }
    "S2" "count counts what has expired" {
        count(store, now, user) { store.inner.count(now.minus(LATE), user).await }
    }
    "S2" "what is about to expire is absent" {
        load(store, now, key) {
            match store.inner.load(now, key).await? {
                Loaded::Found(record) if record.expires_at <= now.plus(LATE / 30) => Ok(Loaded::Absent),
                loaded => Ok(loaded),
            }
        }
    }

    "S4" "delete leaves no tombstone" {
        delete(store, now, key, _) { store.inner.delete(now, key, Duration::ZERO).await }
    }
    "S4" "delete leaves no tombstone of what never was" {
        delete(store, now, key, tombstone) {
            match store.inner.load(now, key).await? {
                Loaded::Absent => Ok(false),
                _ => store.inner.delete(now, key, tombstone).await,
            }
        }
    }
    "S4" "a second delete says that there was one" {
        delete(store, now, key, tombstone) {
            let deleted = store.inner.delete(now, key, tombstone).await?;
            let mut notes = store.notes();
            if deleted {
                notes.keys.insert(key);
            }
            Ok(notes.keys.contains(&key))
        }
    }
    "S4" "a second delete shortens the tombstone" {
        delete(store, now, key, tombstone) {
            store.notes().times.insert(key, now.plus(tombstone));
            store.inner.delete(now, key, tombstone).await
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            let over = store.notes().times.get(&key).is_some_and(|until| *until <= now);
            Ok(if over && loaded == Loaded::Ended { Loaded::Absent } else { loaded })
        }
    }
    "S4" "a sweep removes tombstones" {
        delete_expired(store, now, limit) {
            store.notes().number += 1;
            store.inner.delete_expired(now, limit).await
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            let swept = store.notes().number > 0;
            Ok(if swept && loaded == Loaded::Ended { Loaded::Absent } else { loaded })
        }
    }
    "S4" "a save that was under way brings back what was deleted" {
        delete(store, now, key, tombstone) {
            store.notes().keys.insert(key);
            store.inner.delete(now, key, tombstone).await
        }
        save(store, now, key, expected, change) {
            let record = store.record(now, key).await?;
            others_first().await;
            let saved = store.inner.save(now, key, expected, change).await?;
            let mut notes = store.notes();
            if let (Saved::NotFound, Some(record), true) = (&saved, record, notes.keys.contains(&key)) {
                notes.records.insert(key, record);
            }
            Ok(saved)
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            let record = store.notes().records.get(&key).cloned();
            Ok(record.map_or(loaded, |record| Loaded::Found(Box::new(record))))
        }
    }
    "S4" "a touch that was under way brings back what was deleted" {
        delete(store, now, key, tombstone) {
            store.notes().keys.insert(key);
            store.inner.delete(now, key, tombstone).await
        }
        touch(store, now, key) {
            let record = store.record(now, key).await?;
            others_first().await;
            let touched = store.inner.touch(now, key).await?;
            let mut notes = store.notes();
            if let (None, Some(record), true) = (touched, record, notes.keys.contains(&key)) {
                notes.records.insert(key, record);
            }
            Ok(touched)
        }
        load(store, now, key) {
            let loaded = store.inner.load(now, key).await?;
            let record = store.notes().records.get(&key).cloned();
            Ok(record.map_or(loaded, |record| Loaded::Found(Box::new(record))))
        }
    }
    "S4" "a create passes over the tombstone of a delete" {
        delete(store, now, key, tombstone) {
            store.notes().keys.insert(key);
            store.inner.delete(now, key, tombstone).await
        }
        create(store, now, key, new) {
            let import = new.import;
            let created = store.inner.create(now, key, new).await?;
            let lie = created == Created::Ended && import.is_none() && store.notes().keys.contains(&key);
            Ok(if lie { Created::Done { expires_at: now, evicted: Vec::new() } } else { created })
        }
    }
    "S4" "delete_many counts what was not there" {
        delete_many(store, now, keys, tombstone) {
            let count = keys.len() as u64;
            for key in keys {
                store.inner.delete(now, key, tombstone).await?;
            }
            Ok(count)
        }
    }
    "S4" "delete_many passes over the first" {
        delete_many(store, now, keys, tombstone) {
            let (count, first) = (keys.len(), usize::from(keys.len() > 1));
            let deleted = store.inner.delete_many(now, keys[first..].to_vec(), tombstone).await?;
            Ok(deleted + u64::from(first < count && first > 0))
        }
    }

    "S12" "a sweep takes no notice of its limit" {
        delete_expired(store, now, _) { store.inner.delete_expired(now, u32::MAX).await }
    }
    "S12" "a sweep of none removes one" {
        delete_expired(store, now, limit) { store.inner.delete_expired(now, limit.max(1)).await }
    }
    "S12" "a sweep does not count" {
        delete_expired(store, now, limit) { store.inner.delete_expired(now, limit).await.map(|_| 0) }
    }
    "S12" "a sweep stops for ever after the first" {
        delete_expired(store, now, limit) {
            let swept = store.notes().number;
            let deleted = if swept == 0 { store.inner.delete_expired(now, limit).await? } else { 0 };
            store.notes().number += usize::from(deleted > 0);
            Ok(deleted)
        }
    }
    "S12" "a sweep counts tombstones" {
        delete(store, now, key, tombstone) {
            let deleted = store.inner.delete(now, key, tombstone).await?;
            store.notes().number += usize::from(deleted);
            Ok(deleted)
        }
        delete_expired(store, now, limit) {
            let deleted = store.inner.delete_expired(now, limit).await?;
            Ok(deleted.max(std::mem::take(&mut store.notes().number) as u64).min(u64::from(limit)))
        }
    }
    "S12" "a sweep removes what is about to expire" {
        create(store, now, key, new) {
            store.notes().keys.insert(key);
            store.inner.create(now, key, new).await
        }
        delete_expired(store, now, limit) {
            let keys = store.notes().keys.clone();
            for key in keys {
                if store.record(now, key).await?.is_some_and(|record| record.expires_at <= now.plus(LATE)) {
                    store.inner.delete(now, key, Duration::ZERO).await?;
                }
            }
            store.inner.delete_expired(now, limit).await
        }
    }
};
