//! S5: defects of lifetimes.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::defects;
use super::store::others_first;
use crate::store::record::{Change, Created, Lifetime, Loaded, NewRecord, Record, WriteToken};

pub(super) const DEFECTS: &[super::Defect] = defects! {
    "S5" "touch passes the absolute end" {
        touch(store, now, key) {
            let touched = store.inner.touch(now, key).await?;
            let idle = store.record(now, key).await?.and_then(|record| record.idle);
            Ok(touched.map(|end| idle.map_or(end, |idle| now.plus(idle))))
        }
    }
    "S5" "touch is a save" {
        touch(store, now, key) {
            let Some(record) = store.record(now, key).await? else { return Ok(None) };
            let change = Change { data: record.data, write_token: record.write_token, lifetime: None, label: None };
            store.inner.save(now, key, record.version, change).await?;
            Ok(store.record(now, key).await?.map(|record| record.expires_at))
        }
    }
    "S5" "touch lowers when a session was last seen" {
        touch(store, now, key) {
            store.notes().times.insert(key, now);
            store.inner.touch(now, key).await
        }
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let (Loaded::Found(record), Some(seen)) = (&mut loaded, store.notes().times.get(&key)) {
                record.last_seen_at = *seen;
            }
            Ok(loaded)
        }
    }
    "S5" "touch lowers when a session ends" {
        touch(store, now, key) {
            store.inner.touch(now, key).await?;
            let idle = store.record(now, key).await?.map(|record| (record.idle, record.absolute_expires_at));
            Ok(idle.map(|(idle, end)| idle.map_or(end, |idle| end.min(now.plus(idle)))))
        }
    }
    "S5" "a touch that was under way undoes a save" {
        touch(store, now, key) {
            let before = store.record(now, key).await?;
            others_first().await;
            let after = store.record(now, key).await?;
            if let (Some(before), Some(after)) = (before, after) && before.version < after.version {
                let Record { data, write_token, .. } = before;
                let change = Change { data, write_token, lifetime: None, label: None };
                store.inner.save(now, key, after.version, change).await?;
            }
            store.inner.touch(now, key).await
        }
    }
    "S5" "touch creates" {
        create(store, now, key, new) {
            store.notes().keys.insert(key);
            store.inner.create(now, key, new).await
        }
        touch(store, now, key) {
            if store.notes().keys.insert(key) {
                store.inner.create(now, key, touched()).await?;
            }
            store.inner.touch(now, key).await
        }
    }
    "S5" "touch takes the label away" {
        touch(store, now, key) {
            if let Some(record) = store.record(now, key).await? && record.idle.is_some() {
                store.notes().keys.insert(key);
            }
            store.inner.touch(now, key).await
        }
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded && record.user.is_none() && store.notes().keys.contains(&key) {
                record.label = None;
            }
            Ok(loaded)
        }
    }
    "S5" "a new idle time is not taken" {
        save(store, now, key, expected, mut change) {
            if let (Some(lifetime), Some(record)) = (&mut change.lifetime, store.record(now, key).await?) {
                lifetime.idle = record.idle;
            }
            store.inner.save(now, key, expected, change).await
        }
    }
    "S5" "a creation says the absolute end" {
        create(store, now, key, new) {
            let end = now.plus(new.lifetime.max_age);
            Ok(match store.inner.create(now, key, new).await? {
                Created::Done { evicted, .. } => Created::Done { expires_at: end, evicted },
                created => created,
            })
        }
    }
    "S5" "an idle time passes the absolute end" {
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded && let Some(idle) = record.idle && record.user.is_none() {
                record.expires_at = record.last_seen_at.plus(idle);
            }
            Ok(loaded)
        }
    }
    "S5" "a long life is cut off" {
        create(store, now, key, mut new) {
            new.lifetime.max_age = new.lifetime.max_age.min(Duration::from_hours(24 * 400));
            store.inner.create(now, key, new).await
        }
    }
    "S5" "who signed in without an age did not" {
        create(store, now, key, new) {
            if new.authenticated.is_none() && new.user.is_some() {
                store.notes().keys.insert(key);
            }
            store.inner.create(now, key, new).await
        }
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded && record.label.is_none() && store.notes().keys.contains(&key) {
                record.authenticated_at = None;
            }
            Ok(loaded)
        }
    }
};

fn touched() -> NewRecord {
    NewRecord {
        data: Vec::new(),
        write_token: WriteToken([0; 16]),
        user: None,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: Duration::from_hours(1), idle: None },
        label: None,
        cap: None,
        import: None,
    }
}
