//! S10: `list`, `count` and `revoke` find every session of the user, and no other.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::probe::{HOUR, MINUTE, Probe, TOMBSTONE, change, key, key_of, session, session_of};
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Cap, Change, Lifetime, Listed, Loaded, NewRecord, OnFull};

/// Users that an index might take for each other; the last two have one tag.
fn users() -> Vec<String> {
    let odd = ["alice", "Alice", "alice ", "alic", "alice:1", "alice*", "al%ce", "al_ce", "älice", "al'ice", "alice\0"];
    let mut users: Vec<String> = odd.iter().map(|user| (*user).to_owned()).collect();
    users.extend(["a".repeat(300), "a".repeat(301)]);
    let mut seen = HashMap::new();
    for n in 0.. {
        let user = format!("user-{n}");
        if let Some(other) = seen.insert(Tag::of_user(&user), user.clone()) {
            users.extend([user, other]);
            return users;
        }
    }
    users
}

/// Three sessions of each user.
fn three_each(probe: &Probe, users: &[String]) -> Vec<[StoreKey; 3]> {
    let mut keys = vec![[key(0); 3]; users.len()];
    for turn in 0..3_u8 {
        for ((n, user), keys) in (0_u8..).zip(users).zip(&mut keys) {
            let key = key_of(user, 3 * n + turn);
            probe.make(key, session_of(user, n));
            keys[usize::from(turn)] = key;
        }
        probe.advance_a_little();
    }
    keys
}

pub(super) fn each_user_has_their_own(probe: &mut Probe) {
    let users = users();
    let keys = three_each(probe, &users);
    probe.make(key(250), session(250));
    for (user, keys) in users.iter().zip(&keys) {
        assert_eq!(probe.listed_keys(user), keys, "{user:?}");
        assert_eq!(probe.count(user), 3, "{user:?}");
    }
    assert!(probe.list("nobody").is_empty());
    assert_eq!(probe.count("nobody"), 0);

    for (revoked, user) in users.iter().enumerate() {
        assert_eq!(probe.revoke(user, None), 3, "{user:?}");
        assert_eq!(probe.revoke(user, None), 0, "{user:?}");
        for (n, (user, keys)) in users.iter().zip(&keys).enumerate() {
            let left = if n <= revoked { &[][..] } else { keys };
            assert_eq!(probe.count(user), left.len() as u64, "{user:?}");
            assert_eq!(probe.listed_keys(user), left, "{user:?}");
            assert!(keys.iter().all(|key| probe.is_live(*key) != left.is_empty()), "{user:?}");
        }
    }
    assert!(probe.is_live(key(250)));
}

pub(super) fn many_are_found(probe: &mut Probe) {
    let keys: Vec<_> = (0..200).map(|n| key_of("alice", n)).collect();
    for (n, key) in (0..).zip(&keys) {
        probe.make(*key, session_of("alice", n));
    }
    let mut listed = probe.listed_keys("alice");
    listed.sort_unstable();
    assert_eq!(listed, keys);
    assert_eq!(probe.count("alice"), 200);
    assert_eq!(probe.revoke("alice", Some(keys[7])), 199);
    assert_eq!(probe.listed_keys("alice"), [keys[7]]);
    assert!(keys.iter().all(|key| probe.is_live(*key) == (*key == keys[7])));
}

/// The one that began first, which was not stored first.
pub(super) fn the_oldest_comes_first(probe: &mut Probe) {
    let keys = [1, 2, 3].map(|n| key_of("alice", n));
    for ((n, key), age) in (1..).zip(keys).zip([10 * MINUTE, 30 * MINUTE, 20 * MINUTE]) {
        probe.make(key, NewRecord { age, ..session_of("alice", n) });
    }
    assert_eq!(probe.listed_keys("alice"), [keys[1], keys[2], keys[0]]);
    probe.touch(keys[1]);
    probe.save(keys[2], 1, change(1));
    assert_eq!(probe.listed_keys("alice"), [keys[1], keys[2], keys[0]], "however they are used");
}

pub(super) fn a_list_shows_what_the_records_hold(probe: &mut Probe) {
    let (one, other) = (key_of("alice", 1), key_of("alice", 2));
    let lifetime = Lifetime { max_age: HOUR, idle: Some(10 * MINUTE) };
    let label = Some("Küche 🍳\0\"".to_owned());
    probe.make(one, NewRecord { lifetime, age: 2 * MINUTE, label, ..session_of("alice", 1) });
    probe.make(other, NewRecord { authenticated: Some(MINUTE), ..session_of("alice", 2) });
    shows(probe, [one, other]);
    probe.advance(MINUTE);
    probe.touch(one);
    probe.save(other, 1, Change { label: Some("phone".into()), ..change(3) });
    shows(probe, [one, other]);
    assert_eq!(probe.list("alice")[0].label.as_deref(), Some("Küche 🍳\0\""));
}

fn shows(probe: &Probe, keys: [StoreKey; 2]) {
    let records = keys.map(|key| {
        let record = probe.record(key);
        Listed {
            key,
            created_at: record.created_at,
            last_seen_at: record.last_seen_at,
            authenticated_at: record.authenticated_at,
            expires_at: record.expires_at,
            label: record.label,
        }
    });
    assert_eq!(probe.list("alice"), records);
}

/// An index by the end of a session moves with it.
pub(super) fn a_moved_end_is_found(probe: &mut Probe) {
    let keys = [1, 2, 3, 4].map(|n| key_of("alice", n));
    let lifetimes = [(HOUR, Some(10 * MINUTE)), (HOUR, Some(10 * MINUTE)), (10 * MINUTE, None), (HOUR, None)];
    for ((n, key), (max_age, idle)) in (1..).zip(keys).zip(lifetimes) {
        probe.make(key, NewRecord { lifetime: Lifetime { max_age, idle }, ..session_of("alice", n) });
        probe.advance_a_little();
    }
    probe.advance(5 * MINUTE);
    probe.touch(keys[0]);
    probe.save(keys[1], 1, change(2));
    let lasting = |max_age| Change { lifetime: Some(Lifetime { max_age, idle: None }), ..change(3) };
    probe.save(keys[2], 1, lasting(HOUR));
    probe.save(keys[3], 1, lasting(MINUTE));
    probe.advance(7 * MINUTE);
    assert_eq!(probe.listed_keys("alice"), keys[..3]);
    assert_eq!(probe.count("alice"), 3);
    probe.sweep(100);
    assert_eq!(probe.listed_keys("alice"), keys[..3]);
    probe.advance(30 * MINUTE);
    assert_eq!(probe.listed_keys("alice"), [keys[2]]);
    assert_eq!(probe.count("alice"), 1);
}

pub(super) fn what_ended_is_not_listed(probe: &mut Probe) {
    let keys = [1, 2, 3, 4, 5, 6].map(|n| key_of("alice", n));
    for (n, key) in (1..=5).zip(keys) {
        probe.make(key, session_of("alice", n));
        probe.advance_a_little();
    }
    probe.delete(keys[0]);
    gone(probe, &keys[1..5]);
    probe.wait(probe.store().delete_many(probe.now(), vec![keys[1]], TOMBSTONE)).unwrap();
    gone(probe, &keys[2..5]);
    // To another key, to nobody, and to another user.
    probe.regenerate(keys[2], 1, keys[5], NewRecord { age: HOUR, ..session_of("alice", 6) });
    gone(probe, &[keys[5], keys[3], keys[4]]);
    probe.regenerate(keys[3], 1, key(7), session(7));
    gone(probe, &[keys[5], keys[4]]);
    probe.regenerate(keys[4], 1, key_of("bob", 8), session_of("bob", 8));
    gone(probe, &[keys[5]]);
    assert_eq!(probe.listed_keys("bob"), [key_of("bob", 8)]);
    let cap = Some(Cap { max: 1, on_full: OnFull::EvictOldest { tombstone: TOMBSTONE } });
    probe.create(key_of("alice", 9), NewRecord { cap, ..session_of("alice", 9) });
    gone(probe, &[key_of("alice", 9)]);
}

fn gone(probe: &Probe, left: &[StoreKey]) {
    assert_eq!(probe.listed_keys("alice"), left);
    assert_eq!(probe.count("alice"), left.len() as u64);
}

pub(super) fn revoking_spares_one_and_leaves_tombstones(probe: &mut Probe) {
    let keys = [key_of("alice", 1), key_of("alice", 2), key_of("alice", 3)];
    let bob = key_of("bob", 4);
    for (n, key) in (1..).zip(keys) {
        probe.make(key, session_of("alice", n));
    }
    probe.make(bob, session_of("bob", 4));
    assert_eq!(probe.revoke("alice", Some(keys[2])), 2);
    assert_eq!(probe.listed_keys("alice"), [keys[2]]);
    assert_eq!(probe.load(keys[0]), Loaded::Ended);
    assert_eq!(probe.load(keys[1]), Loaded::Ended);
    assert!(probe.is_live(keys[2]));
    assert_eq!(probe.revoke("alice", Some(bob)), 1, "who spares another's spares none");
    assert!(probe.is_live(bob));
    probe.advance(TOMBSTONE + MINUTE);
    assert_eq!(probe.load(keys[0]), Loaded::Absent);
}
