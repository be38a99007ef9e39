//! S10, S13: defects of the sessions of a user, and of moving one.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::defects;
use super::store::others_first;
use crate::store::record::{Created, Loaded, NewRecord, OnFull, Regenerated, Revocation};

const TOMBSTONE: Duration = Duration::from_mins(5);

pub(super) const DEFECTS: &[super::Defect] = defects! {
    "S10" "a list finds users with a space behind their name" {
        list(store, now, user) { store.inner.list(now, user.trim()).await }
    }
    "S10" "a count takes no notice of case" {
        count(store, now, user) {
            let all = store.inner.count(now, user).await?;
            Ok(if user == "alice" { all + store.inner.count(now, "Alice").await? } else { all })
        }
    }
    "S10" "a revocation takes a name for a pattern" {
        revoke(store, now, user, revocation) {
            if user == "al%ce" {
                store.inner.revoke(now, "al_ce", revocation).await?;
            }
            store.inner.revoke(now, user, revocation).await
        }
    }
    "S10" "a long name is cut off" {
        count(store, now, user) {
            let all = store.inner.count(now, user).await?;
            let cut = if user.len() > 300 { store.inner.count(now, &user[..300]).await? } else { 0 };
            Ok(all + cut)
        }
    }
    "S10" "a list has one page" {
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            all.truncate(100);
            Ok(all)
        }
    }
    "S10" "a count has one page" {
        count(store, now, user) { Ok(store.inner.count(now, user).await?.min(100)) }
    }
    "S10" "a revocation has one page" {
        revoke(store, now, user, revocation) {
            let listed = store.inner.list(now, user).await?;
            let except = listed.get(100).map(|listed| listed.key).or(revocation.except);
            store.inner.revoke(now, user, Revocation { except, ..revocation }).await
        }
    }
    "S10" "a list is in the order of use" {
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            all.sort_by(|one, other| one.last_seen_at.as_millis().total_cmp(&other.last_seen_at.as_millis()));
            Ok(all)
        }
    }
    "S10" "a list shows when a session began as when it was last seen" {
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            for listed in &mut all {
                listed.last_seen_at = listed.created_at;
            }
            Ok(all)
        }
    }
    "S10" "a label ends at a zero" {
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            for listed in &mut all {
                listed.label = listed.label.as_ref().map(|label| label.split('\0').take(1).collect());
            }
            Ok(all)
        }
    }
    "S10" "a list keeps what delete_many deleted" {
        delete_many(store, now, keys, tombstone) {
            let listed = store.inner.list(now, "alice").await?;
            let stale = listed.into_iter().filter(|listed| keys.contains(&listed.key));
            store.notes().listed.extend(stale.map(|listed| ("alice".to_owned(), listed)));
            store.inner.delete_many(now, keys, tombstone).await
        }
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            let stale = &store.notes().listed;
            all.extend(stale.iter().filter(|(of, _)| of == user).map(|(_, listed)| listed.clone()));
            Ok(all)
        }
    }
    "S10" "a list keeps what was regenerated" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let listed = store.inner.list(now, "alice").await?;
            let regenerated = store.inner.regenerate(now, from, expected, to, new, tombstone).await?;
            if matches!(regenerated, Regenerated::Created(Created::Done { .. })) {
                let stale = listed.into_iter().filter(|listed| listed.key == from);
                store.notes().listed.extend(stale.map(|listed| ("alice".to_owned(), listed)));
            }
            Ok(regenerated)
        }
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            let stale = &store.notes().listed;
            all.extend(stale.iter().filter(|(of, _)| of == user).map(|(_, listed)| listed.clone()));
            Ok(all)
        }
    }
    "S10" "a list knows the first end of a session" {
        create(store, now, key, new) {
            let created = store.inner.create(now, key, new).await?;
            if let Created::Done { expires_at, .. } = created {
                store.notes().times.insert(key, expires_at);
            }
            Ok(created)
        }
        list(store, now, user) {
            let mut all = store.inner.list(now, user).await?;
            let notes = store.notes();
            all.retain(|listed| notes.times.get(&listed.key).is_none_or(|end| *end > now));
            Ok(all)
        }
    }
    "S10" "who spares the session of another ends nothing" {
        revoke(store, now, user, revocation) {
            if let Some(except) = revocation.except {
                let listed = store.inner.list(now, user).await?;
                if listed.iter().all(|listed| listed.key != except) {
                    return Ok(0);
                }
            }
            store.inner.revoke(now, user, revocation).await
        }
    }
    "S10" "a revocation that spares one leaves no tombstones" {
        revoke(store, now, user, revocation) {
            let tombstone = if revocation.except.is_some() { Duration::ZERO } else { revocation.tombstone };
            store.inner.revoke(now, user, Revocation { tombstone, ..revocation }).await
        }
    }

    "S13" "regenerate is made of steps" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            match store.record(now, from).await? {
                Some(record) if record.version != expected => return Ok(Regenerated::Conflict(Box::new(record))),
                Some(_) => others_first().await,
                None => return Ok(Regenerated::NotFound),
            }
            let created = store.inner.create(now, to, new).await?;
            if matches!(created, Created::Done { .. }) {
                store.inner.delete(now, from, tombstone).await?;
            }
            Ok(Regenerated::Created(created))
        }
    }
    "S13" "a regeneration moves what was deleted meanwhile" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let found = store.record(now, from).await?.is_some_and(|record| record.version == expected);
            others_first().await;
            match store.inner.regenerate(now, from, expected, to, new.clone(), tombstone).await? {
                Regenerated::NotFound if found => store.inner.create(now, to, new).await.map(Regenerated::Created),
                regenerated => Ok(regenerated),
            }
        }
    }
    "S13" "a regeneration looks for a revocation too early" {
        revoke(store, now, user, revocation) {
            store.notes().users.insert(user.to_owned(), now);
            store.inner.revoke(now, user, revocation).await
        }
        regenerate(store, now, from, expected, to, new, tombstone) {
            let revoked = new.user.as_ref().is_some_and(|user| store.notes().users.contains_key(user));
            others_first().await;
            match store.inner.regenerate(now, from, expected, to, new.clone(), tombstone).await? {
                Regenerated::Created(Created::Revoked) if !revoked => {
                    let new = NewRecord { authenticated: None, ..new };
                    store.inner.regenerate(now, from, expected, to, new, tombstone).await
                }
                regenerated => Ok(regenerated),
            }
        }
    }
    "S13" "a conflict ends the old session" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let regenerated = store.inner.regenerate(now, from, expected, to, new, tombstone).await?;
            if matches!(regenerated, Regenerated::Conflict(_)) {
                store.inner.delete(now, from, tombstone).await?;
            }
            Ok(regenerated)
        }
    }
    "S13" "regenerate passes whatever version it expects" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            match store.inner.regenerate(now, from, expected, to, new.clone(), tombstone).await? {
                Regenerated::Conflict(record) => {
                    store.inner.regenerate(now, from, record.version, to, new, tombstone).await
                }
                regenerated => Ok(regenerated),
            }
        }
    }
    "S13" "a full account ends the old session" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let regenerated = store.inner.regenerate(now, from, expected, to, new, tombstone).await?;
            if regenerated == Regenerated::Created(Created::Full) {
                store.inner.delete(now, from, tombstone).await?;
            }
            Ok(regenerated)
        }
    }
    "S13" "a taken key ends the old session" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let regenerated = store.inner.regenerate(now, from, expected, to, new, tombstone).await?;
            if matches!(regenerated, Regenerated::Created(Created::Exists(_))) {
                store.inner.delete(now, from, tombstone).await?;
            }
            Ok(regenerated)
        }
    }
    "S13" "a revoked user ends the old session" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            let regenerated = store.inner.regenerate(now, from, expected, to, new, tombstone).await?;
            if regenerated == Regenerated::Created(Created::Revoked) {
                store.inner.delete(now, from, tombstone).await?;
            }
            Ok(regenerated)
        }
    }
    "S13" "the old session leaves no tombstone" {
        regenerate(store, now, from, expected, to, new, _) {
            store.inner.regenerate(now, from, expected, to, new, Duration::ZERO).await
        }
    }
    "S13" "the old session takes a place under the cap" {
        regenerate(store, now, from, expected, to, mut new, tombstone) {
            let user = store.record(now, from).await?.and_then(|record| record.user);
            if let Some(cap) = &mut new.cap && user == new.user {
                cap.max -= 1;
            }
            store.inner.regenerate(now, from, expected, to, new, tombstone).await
        }
    }
    "S13" "creations at once pass the cap" {
        create(store, now, key, new) {
            if let Some(cap) = new.cap.filter(|cap| cap.on_full == OnFull::Refuse) {
                let count = store.inner.count(now, new.user.as_deref().unwrap_or_default()).await?;
                if count < u64::from(cap.max) {
                    others_first().await;
                    return store.inner.create(now, key, NewRecord { cap: None, ..new }).await;
                }
            }
            store.inner.create(now, key, new).await
        }
    }
    "S13" "what has expired takes a place under the cap" {
        create(store, now, key, new) {
            if let Some(cap) = new.cap.filter(|cap| cap.on_full == OnFull::Refuse) {
                let before = now.minus(Duration::from_secs(90));
                let count = store.inner.count(before, new.user.as_deref().unwrap_or_default()).await?;
                if count >= u64::from(cap.max) {
                    return Ok(Created::Full);
                }
            }
            store.inner.create(now, key, new).await
        }
    }
    "S13" "the newest are evicted" {
        create(store, now, key, new) {
            let evicts = new.cap.filter(|cap| cap.on_full != OnFull::Refuse);
            let (Some(cap), Loaded::Absent) = (evicts, store.inner.load(now, key).await?) else {
                return store.inner.create(now, key, new).await;
            };
            let mut evicted = Vec::new();
            let listed = store.inner.list(now, new.user.as_deref().unwrap_or_default()).await?;
            for listed in listed.iter().skip(cap.max as usize - 1) {
                store.inner.delete(now, listed.key, TOMBSTONE).await?;
                evicted.push(listed.key);
            }
            Ok(match store.inner.create(now, key, NewRecord { cap: None, ..new }).await? {
                Created::Done { expires_at, .. } => Created::Done { expires_at, evicted },
                created => created,
            })
        }
    }
    "S13" "who is evicted leaves no tombstone" {
        create(store, now, key, mut new) {
            if let Some(cap) = &mut new.cap && cap.on_full != OnFull::Refuse {
                cap.on_full = OnFull::EvictOldest { tombstone: Duration::ZERO };
            }
            store.inner.create(now, key, new).await
        }
    }
    "S13" "who is evicted is not named" {
        create(store, now, key, new) {
            Ok(match store.inner.create(now, key, new).await? {
                Created::Done { expires_at, .. } => Created::Done { expires_at, evicted: Vec::new() },
                created => created,
            })
        }
    }
    "S13" "who was revoked can create" {
        create(store, now, key, new) {
            match store.inner.create(now, key, new.clone()).await? {
                Created::Revoked => store.inner.create(now, key, NewRecord { authenticated: None, ..new }).await,
                created => Ok(created),
            }
        }
    }
    "S13" "who was revoked can regenerate" {
        regenerate(store, now, from, expected, to, new, tombstone) {
            match store.inner.regenerate(now, from, expected, to, new.clone(), tombstone).await? {
                Regenerated::Created(Created::Revoked) => {
                    let new = NewRecord { authenticated: None, ..new };
                    store.inner.regenerate(now, from, expected, to, new, tombstone).await
                }
                regenerated => Ok(regenerated),
            }
        }
    }
    "S13" "nobody without a session is revoked" {
        revoke(store, now, user, revocation) {
            if store.inner.count(now, user).await? == 0 {
                return Ok(0);
            }
            store.inner.revoke(now, user, revocation).await
        }
    }
    "S13" "a later revocation is forgotten before an earlier one" {
        revoke(store, now, user, revocation) {
            store.notes().users.insert(user.to_owned(), now.plus(revocation.keep));
            store.inner.revoke(now, user, revocation).await
        }
        create(store, now, key, new) {
            let end = new.user.as_ref().and_then(|user| store.notes().users.get(user).copied());
            let over = end.is_some_and(|end| end <= now);
            match store.inner.create(now, key, new.clone()).await? {
                Created::Revoked if over => {
                    store.inner.create(now, key, NewRecord { authenticated: None, ..new }).await
                }
                created => Ok(created),
            }
        }
    }
    "S13" "a creation looks for a revocation too early" {
        revoke(store, now, user, revocation) {
            store.notes().users.insert(user.to_owned(), now);
            store.inner.revoke(now, user, revocation).await
        }
        create(store, now, key, new) {
            let revoked = new.user.as_ref().is_some_and(|user| store.notes().users.contains_key(user));
            others_first().await;
            match store.inner.create(now, key, new.clone()).await? {
                Created::Revoked if !revoked => {
                    store.inner.create(now, key, NewRecord { authenticated: None, ..new }).await
                }
                created => Ok(created),
            }
        }
    }
};
