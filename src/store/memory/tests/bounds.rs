//! What is counted is what is there, and never more than the bounds, whatever comes.

#![forbid(unsafe_code)]

use super::*;
use crate::error::ErrorCode;
use crate::store::conformance::block_on;

fn small(max_entries: u32, when_full: WhenFull) -> MemoryStore {
    open(MemoryOptions { max_entries, when_full, ..MemoryOptions::default() })
}

fn create(store: &MemoryStore, now: Timestamp, key: StoreKey, new: NewRecord) -> Result<Created> {
    block_on(store.create(now, key, new))
}

fn is_live(store: &MemoryStore, now: Timestamp, key: StoreKey) -> bool {
    matches!(block_on(store.load(now, key)), Ok(Loaded::Found(_)))
}

fn of_user(name: &str) -> NewRecord {
    NewRecord { user: Some(name.into()), ..new_record(100) }
}

#[test]
fn the_session_that_was_not_seen_for_longest_goes_first() {
    let store = small(4, WhenFull::Evict);
    for n in 0..4 {
        create(&store, at(f64::from(n)), any_key(n), new_record(100)).unwrap();
    }
    block_on(store.touch(at(10.0), any_key(0))).unwrap();
    create(&store, at(20.0), any_key(4), new_record(100)).unwrap();
    assert_eq!([0, 1, 2, 3, 4].map(|n| is_live(&store, at(20.0), any_key(n))), [true, false, true, true, true]);
    assert_eq!(block_on(store.load(at(20.0), any_key(1))).unwrap(), Loaded::Absent, "without a tombstone");
}

#[test]
fn sessions_without_a_user_go_before_those_with_one() {
    let store = small(3, WhenFull::Evict);
    let alice = key(Tag::of_user("alice"), 0);
    create(&store, at(0.0), alice, of_user("alice")).unwrap();
    for n in 1..50 {
        create(&store, at(f64::from(n)), any_key(n), new_record(100)).unwrap();
        assert!(is_live(&store, at(f64::from(n)), alice));
    }
    // Where all have a user, the one that was not seen for longest goes.
    for user in ["bob", "carol", "dave"] {
        create(&store, at(100.0), key(Tag::of_user(user), 1), of_user(user)).unwrap();
    }
    assert!(!is_live(&store, at(100.0), alice));
}

#[test]
fn what_has_expired_goes_before_anything_that_lives() {
    for when_full in [WhenFull::Evict, WhenFull::Refuse] {
        let store = small(200, when_full);
        for n in 0..200 {
            let max_age = if n % 2 == 0 { MINUTE } else { 60 * MINUTE };
            let lifetime = Lifetime { max_age, idle: None };
            create(&store, at(f64::from(n)), any_key(n), NewRecord { lifetime, ..new_record(10) }).unwrap();
        }
        let later = at(0.0).plus(2 * MINUTE);
        for n in 200..300 {
            create(&store, later, any_key(n), new_record(10)).unwrap();
        }
        assert!((0..300).all(|n| is_live(&store, later, any_key(n)) == (n % 2 == 1 || n >= 200)));
    }
}

#[test]
fn a_store_that_refuses_still_reads_saves_and_ends() {
    let store = small(4, WhenFull::Refuse);
    let now = at(0.0);
    for n in 0..4 {
        create(&store, now, any_key(n), new_record(100)).unwrap();
    }
    let error = create(&store, now, any_key(4), new_record(0)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert!(block_on(store.delete(now, any_key(5), MINUTE)).is_err(), "a tombstone of nothing needs room");
    let change = Change { data: vec![1; 90], write_token: WriteToken([2; 16]), lifetime: None, label: None };
    assert!(matches!(block_on(store.save(now, any_key(0), 1, change)), Ok(Saved::Done { .. })));
    assert!((0..4).all(|n| is_live(&store, now, any_key(n))), "nobody was signed out");
    assert!(block_on(store.delete(now, any_key(0), MINUTE)).unwrap());
    assert!(create(&store, now, any_key(4), new_record(0)).is_err(), "the tombstone has the place");
    assert!(create(&store, now.plus(MINUTE), any_key(4), new_record(0)).is_ok());
}

/// An attacker who ends sessions, or begins imports, takes no tombstone and no marker away by that.
#[test]
fn tombstones_markers_and_revocations_stay() {
    let store = small(8, WhenFull::Evict);
    let now = at(0.0);
    block_on(store.delete(now, any_key(1), MINUTE)).unwrap();
    block_on(store.end_import(now, ImportKey([1; 32]), MINUTE)).unwrap();
    let revocation = Revocation { except: None, tombstone: MINUTE, keep: MINUTE };
    block_on(store.revoke(now, "alice", revocation)).unwrap();
    for n in 10..100 {
        create(&store, now, any_key(n), new_record(10)).unwrap();
    }
    assert_eq!(block_on(store.load(now, any_key(1))).unwrap(), Loaded::Ended);
    assert_eq!(block_on(store.begin_import(now, ImportKey([1; 32]), Tag([1, 1]), MINUTE)).unwrap(), Import::Done(None));
    let stale = NewRecord { authenticated: Some(MINUTE), ..of_user("alice") };
    assert_eq!(create(&store, now, key(Tag::of_user("alice"), 1), stale).unwrap(), Created::Revoked);
    for n in 0..6 {
        block_on(store.delete(now, any_key(1000 + n), MINUTE)).unwrap();
    }
    assert!(create(&store, now, any_key(7), new_record(10)).is_err(), "and fill the store, if there are that many");
}

#[test]
fn churn_passes_no_bound_and_is_counted_exactly() {
    for seed in 0..4u32 {
        let max_bytes = 600_000;
        let store = open(MemoryOptions { max_bytes, max_entries: 900, max_data: 20_000, ..MemoryOptions::default() });
        let mut done = 0;
        for n in 0..6_000u32 {
            let pick = ring::digest::digest(&ring::digest::SHA256, &(n ^ (seed << 20)).to_le_bytes());
            let [kind, one, two, long, ..] = *pick.as_ref() else { panic!("a digest has 32 bytes") };
            let key = any_key(u32::from(one) * 8 + u32::from(two % 8));
            let now = at(f64::from(n) * 100.0);
            let length = if long > 250 { 20_000 } else { usize::from(long) * 4 };
            let change =
                Change { data: vec![2; length], write_token: WriteToken([2; 16]), lifetime: None, label: None };
            let user = format!("user{}", one % 64);
            let ok = match kind % 8 {
                0..=3 => create(&store, now, key, new_record(length)).is_ok(),
                4 => create(
                    &store,
                    now,
                    super::key(Tag::of_user(&user), n),
                    NewRecord { data: vec![0; length], ..of_user(&user) },
                )
                .is_ok(),
                5 => block_on(store.save(now, key, 1, change)).is_ok(),
                6 => block_on(store.delete(now, key, 30 * Duration::from_secs(1))).is_ok(),
                _ => block_on(store.delete_expired(now, 5)).is_ok(),
            };
            done += u32::from(ok);
            let held = store.room.held();
            assert!(store.room.max.covers(held), "{held:?}");
            if n % 100 == 0 {
                counted(&store);
            }
        }
        assert!(done > 5_900, "tombstones alone do not fill it: {done}");
        block_on(store.delete_expired(at(1e9), u32::MAX)).unwrap();
        assert_eq!(store.room.held(), Size::default());
    }
}

#[test]
fn threads_pass_no_bound_either() {
    let store =
        open(MemoryOptions { max_bytes: 300_000, max_entries: 500, max_data: 4_000, ..MemoryOptions::default() });
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..2_000 {
                    let key = any_key(thread * 10_000 + n);
                    create(store, at(f64::from(n)), key, new_record((n as usize * 37) % 4_000)).unwrap();
                    assert!(store.room.max.covers(store.room.held()));
                }
            });
        }
    });
    counted(&store);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let refused = |options| MemoryStore::new(options).err().unwrap().code();
    assert_eq!(refused(MemoryOptions { max_bytes: 1_000, ..MemoryOptions::default() }), ErrorCode::Config);
    assert_eq!(refused(MemoryOptions { max_entries: 0, ..MemoryOptions::default() }), ErrorCode::Config);
}

#[test]
fn a_user_in_the_wrong_shard_is_refused() {
    let [alice, bob] = ["alice", "bob"].map(Tag::of_user);
    let store = small(10, WhenFull::Evict);
    assert_eq!(create(&store, at(0.0), key(bob, 1), of_user("alice")).unwrap_err().code(), ErrorCode::Config);
    assert!(create(&store, at(0.0), key(alice, 1), of_user("alice")).is_ok());
}

#[test]
fn no_label_and_no_user_is_longer_than_data_may_be() {
    let store = open(MemoryOptions { max_data: 10, ..MemoryOptions::default() });
    let long = || Some("12345678901".to_owned());
    let new = NewRecord { label: long(), ..new_record(1) };
    assert_eq!(create(&store, at(0.0), any_key(1), new).unwrap_err().code(), ErrorCode::SessionTooLarge);
    let new = NewRecord { user: long(), ..new_record(1) };
    assert_eq!(create(&store, at(0.0), any_key(1), new).unwrap_err().code(), ErrorCode::SessionTooLarge);
}
