//! S1, S3, S6, S7: defects of what is written.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::defects;
use super::store::others_first;
use crate::error::Error;
use crate::session::id::StoreKey;
use crate::store::record::{Change, Created, Import, Lifetime, Loaded, NewRecord, OnFull, Saved};

const MAX: usize = 64 * 1024;

pub(super) const DEFECTS: &[super::Defect] = defects! {
    "S1" "a taken key of a user is written over" {
        create(store, now, key, new) {
            let user = new.user.is_some();
            let NewRecord { data, write_token, lifetime, label, .. } = new.clone();
            let created = store.inner.create(now, key, new).await?;
            if !user || !matches!(created, Created::Exists(_)) {
                return Ok(created);
            }
            let Some(record) = store.record(now, key).await? else { return Ok(created) };
            let change = Change { data, write_token, label, lifetime: Some(lifetime) };
            store.inner.save(now, key, record.version, change).await?;
            Ok(Created::Done { expires_at: record.expires_at, evicted: Vec::new() })
        }
    }
    "S1" "an ended key is said to be made anew" {
        revoke(store, now, user, revocation) {
            let listed = store.inner.list(now, user).await?;
            store.notes().keys.extend(listed.into_iter().map(|listed| listed.key));
            store.inner.revoke(now, user, revocation).await
        }
        create(store, now, key, new) {
            let created = store.inner.create(now, key, new).await?;
            let lie = created == Created::Ended && store.notes().keys.contains(&key);
            Ok(if lie { Created::Done { expires_at: now, evicted: Vec::new() } } else { created })
        }
    }
    "S1" "a taken key is said to have the token of its first write" {
        create(store, now, key, new) {
            let token = new.write_token;
            match store.inner.create(now, key, new).await? {
                Created::Exists(_) => Ok(Created::Exists(*store.notes().tokens.entry(key).or_insert(token))),
                created => {
                    store.notes().tokens.insert(key, token);
                    Ok(created)
                }
            }
        }
    }
    "S1" "a creation that meets a taken key evicts somebody" {
        create(store, now, key, new) {
            let evicts = new.cap.is_some_and(|cap| cap.on_full != OnFull::Refuse);
            let user = new.user.clone().unwrap_or_default();
            let created = store.inner.create(now, key, new).await?;
            if evicts && matches!(created, Created::Exists(_)) {
                let oldest: Option<StoreKey> = store.inner.list(now, &user).await?.first().map(|listed| listed.key);
                if let Some(oldest) = oldest {
                    store.inner.delete(now, oldest, Duration::from_mins(5)).await?;
                }
            }
            Ok(created)
        }
    }

    "S3" "a save passes whatever version it expects" {
        save(store, now, key, expected, change) {
            match store.inner.save(now, key, expected, change.clone()).await? {
                Saved::Conflict(record) => store.inner.save(now, key, record.version, change).await,
                saved => Ok(saved),
            }
        }
    }
    "S3" "a save of a newer version passes" {
        save(store, now, key, expected, change) {
            match store.inner.save(now, key, expected, change.clone()).await? {
                Saved::Conflict(record) if expected > record.version => {
                    store.inner.save(now, key, record.version, change).await
                }
                saved => Ok(saved),
            }
        }
    }
    "S3" "a save that expects no version creates" {
        save(store, now, key, expected, change) {
            let saved = store.inner.save(now, key, expected, change.clone()).await?;
            if expected == 0 && saved == Saved::NotFound {
                store.inner.create(now, key, created_by(change)).await?;
            }
            Ok(saved)
        }
    }
    "S3" "of saves at once several pass" {
        save(store, now, key, expected, change) {
            let version = store.record(now, key).await?.map(|record| record.version);
            others_first().await;
            let current = store.record(now, key).await?.map(|record| record.version);
            let expected = if version == Some(expected) { current.unwrap_or(expected) } else { expected };
            store.inner.save(now, key, expected, change).await
        }
    }
    "S3" "a conflict shows the data that was to be written" {
        save(store, now, key, expected, change) {
            let data = change.data.clone();
            Ok(match store.inner.save(now, key, expected, change).await? {
                Saved::Conflict(mut record) => {
                    record.data = data;
                    Saved::Conflict(record)
                }
                saved => saved,
            })
        }
    }
    "S3" "a save without a label takes the label away" {
        save(store, now, key, expected, mut change) {
            change.label.get_or_insert_default();
            store.inner.save(now, key, expected, change).await
        }
    }
    "S3" "a save keeps the old write token" {
        save(store, now, key, expected, mut change) {
            if let Some(record) = store.record(now, key).await? {
                change.write_token = record.write_token;
            }
            store.inner.save(now, key, expected, change).await
        }
    }

    "S6" "a session that is too large is cut off" {
        create(store, now, key, mut new) {
            new.data.truncate(MAX);
            store.inner.create(now, key, new).await
        }
    }
    "S6" "a save that is too large is cut off" {
        save(store, now, key, expected, mut change) {
            change.data.truncate(MAX);
            store.inner.save(now, key, expected, change).await
        }
    }
    "S6" "a regeneration that is too large ends the old session" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            if new.data.len() > MAX {
                store.inner.delete(now, from, tombstone).await?;
            }
            store.inner.regenerate(now, from, expected, to, new, tombstone).await
        }
    }
    "S6" "the last byte of the cap is refused" {
        save(store, now, key, expected, change) {
            if change.data.len() == MAX {
                return Err(Error::SessionTooLarge { length: MAX, limit: MAX - 1 });
            }
            store.inner.save(now, key, expected, change).await
        }
    }
    "S6" "no data comes back as an empty object" {
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded && record.data.is_empty() {
                record.data = b"{}".to_vec();
            }
            Ok(loaded)
        }
    }
    "S6" "several come back in the order of the store" {
        load_many(store, now, mut keys) {
            keys.sort_unstable();
            store.inner.load_many(now, keys).await
        }
    }
    "S6" "one that is asked for twice comes back once" {
        load_many(store, now, mut keys) {
            let mut seen = std::collections::BTreeSet::new();
            keys.retain(|key| seen.insert(*key));
            store.inner.load_many(now, keys).await
        }
    }
    "S6" "what is no text is repaired" {
        load(store, now, key) {
            let mut loaded = store.inner.load(now, key).await?;
            if let Loaded::Found(record) = &mut loaded {
                record.data = String::from_utf8_lossy(&record.data).into_owned().into_bytes();
            }
            Ok(loaded)
        }
    }

    "S7" "of creations at once several pass" {
        create(store, now, key, new) {
            let free = store.inner.load(now, key).await? == Loaded::Absent;
            others_first().await;
            let created = store.inner.create(now, key, new).await?;
            let lie = free && matches!(created, Created::Exists(_));
            Ok(if lie { Created::Done { expires_at: now, evicted: Vec::new() } } else { created })
        }
    }
    "S7" "a record is made of an import that is not open" {
        create(store, now, key, new) {
            let again = NewRecord { import: None, ..new.clone() };
            let import = new.import;
            match store.inner.create(now, key, new).await? {
                Created::Ended if import.is_some() => store.inner.create(now, key, again).await,
                created => Ok(created),
            }
        }
    }
    "S7" "a record is made of an import that another tag has" {
        create(store, now, key, new) {
            let again = NewRecord { import: None, ..new.clone() };
            let import = new.import;
            let created = store.inner.create(now, key, new).await?;
            let (Created::Ended, Some(import)) = (&created, import) else { return Ok(created) };
            match store.inner.begin_import(now, import, key.tag(), Duration::ZERO).await? {
                Import::Open(tag) if tag != key.tag() => store.inner.create(now, key, again).await,
                _ => Ok(created),
            }
        }
    }
    "S7" "who races for an import gets the tag that they gave" {
        begin_import(store, now, import, tag, keep) {
            let begun = store.inner.begin_import(now, import, tag, keep).await?;
            Ok(if matches!(begun, Import::Open(_)) { Import::Open(tag) } else { begun })
        }
    }
    "S7" "an import is forgotten when its record is deleted" {
        delete(store, now, key, tombstone) {
            store.notes().number += 1;
            store.inner.delete(now, key, tombstone).await
        }
        begin_import(store, now, import, tag, keep) {
            let begun = store.inner.begin_import(now, import, tag, keep).await?;
            Ok(if store.notes().number > 0 { Import::Open(tag) } else { begun })
        }
    }
    "S7" "an import that was not begun cannot be ended" {
        begin_import(store, now, import, tag, keep) {
            store.notes().imports.insert(import);
            store.inner.begin_import(now, import, tag, keep).await
        }
        end_import(store, now, import, keep) {
            if store.notes().imports.contains(&import) {
                store.inner.end_import(now, import, keep).await?;
            }
            Ok(())
        }
    }
    "S7" "an import that ends is kept no longer than before" {
        end_import(store, now, import, _) { store.inner.end_import(now, import, Duration::from_millis(1)).await }
    }
    "S7" "an import that is begun again is kept no longer than before" {
        begin_import(store, now, import, tag, keep) {
            let first = store.notes().imports.insert(import);
            store.inner.begin_import(now, import, tag, if first { keep } else { Duration::ZERO }).await
        }
    }
    "S7" "a sweep removes imports" {
        delete_expired(store, now, limit) {
            store.notes().number += 1;
            store.inner.delete_expired(now, limit).await
        }
        begin_import(store, now, import, tag, keep) {
            let begun = store.inner.begin_import(now, import, tag, keep).await?;
            Ok(if store.notes().number > 0 { Import::Open(tag) } else { begun })
        }
    }
    "S7" "a creation that was refused ends its import" {
        create(store, now, key, new) {
            let import = new.import;
            let created = store.inner.create(now, key, new).await;
            if let (Some(import), Ok(Created::Full) | Err(Error::SessionTooLarge { .. })) = (import, &created) {
                store.inner.end_import(now, import, Duration::from_hours(1)).await?;
            }
            created
        }
    }
};

fn created_by(change: Change) -> NewRecord {
    NewRecord {
        data: change.data,
        write_token: change.write_token,
        user: None,
        authenticated: None,
        age: Duration::ZERO,
        lifetime: Lifetime { max_age: Duration::from_hours(1), idle: None },
        label: None,
        cap: None,
        import: None,
    }
}
