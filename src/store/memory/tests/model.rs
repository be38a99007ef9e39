//! Any calls, with time that passes between them, come to what they come to in the plainest store there is.

#![forbid(unsafe_code)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::store::conformance::{ShelfHarness, block_on};
use crate::store::record::{Cap, OnFull};

const SECOND: Duration = Duration::from_secs(1);
const KEYS: u32 = 12;
const IMPORTS: u8 = 3;

#[derive(Debug, Clone)]
enum Op {
    Create(Given),
    Save { key: u32, stale: bool, given: Given },
    Touch(u32),
    Delete(u32),
    DeleteMany([u32; 3]),
    Regenerate { from: u32, stale: bool, given: Given },
    Revoke { user: usize, except: Option<u32> },
    BeginImport(u8),
    EndImport(u8),
    Sweep,
}

/// What a record is made of.
#[derive(Debug, Clone)]
struct Given {
    key: u32,
    length: usize,
    max_age: u32,
    idle: Option<u32>,
    authenticated: Option<u32>,
    label: Option<&'static str>,
    cap: Option<(u32, bool)>,
    import: bool,
}

const USERS: [&str; 2] = ["alice", "bob"];

/// Whose a key is. Some have the tag of a user, some share their shard, some neither.
fn owner(key: u32) -> (Tag, Option<&'static str>) {
    let alice = Tag::of_user(USERS[0]);
    match key {
        0..=3 => (alice, Some(USERS[0])),
        4..=6 => (Tag::of_user(USERS[1]), Some(USERS[1])),
        7 => (alice, None),
        8 => (Tag([alice.0[0], !alice.0[1]]), None),
        _ => (Tag([9, 9]), None),
    }
}

fn named(key: u32) -> StoreKey {
    super::key(owner(key).0, key)
}

/// An import has one tag, and is one of the sessions with that tag.
fn import_of(tag: Tag) -> u8 {
    (0..IMPORTS).find(|import| tag_of(*import) == tag).unwrap_or(0)
}

fn tag_of(import: u8) -> Tag {
    owner([0, 4, 9][usize::from(import)]).0
}

fn given() -> impl Strategy<Value = Given> {
    let times = (prop::sample::select(vec![5, 20, 60]), prop::option::of(prop::sample::select(vec![0, 4, 9])));
    let labels = prop::option::of(prop::sample::select(vec!["", "phone", "a laptop at home"]));
    let cap = prop::option::of((1..4u32, any::<bool>()));
    (0..KEYS, 0..200usize, times, prop::option::of(0..30u32), labels, cap, prop::bool::weighted(0.2)).prop_map(
        |(key, length, (max_age, idle), authenticated, label, cap, import)| Given {
            key,
            length,
            max_age,
            idle,
            authenticated,
            label,
            cap,
            import: import && tag_of(import_of(owner(key).0)) == owner(key).0,
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let stale = || prop::bool::weighted(0.2);
    prop_oneof![
        8 => given().prop_map(Op::Create),
        4 => (0..KEYS, stale(), given()).prop_map(|(key, stale, given)| Op::Save { key, stale, given }),
        3 => (0..KEYS).prop_map(Op::Touch),
        2 => (0..KEYS).prop_map(Op::Delete),
        1 => prop::array::uniform3(0..KEYS).prop_map(Op::DeleteMany),
        4 => (0..KEYS, stale(), given()).prop_map(|(from, stale, given)| Op::Regenerate { from, stale, given }),
        1 => (0..USERS.len(), prop::option::of(0..KEYS)).prop_map(|(user, except)| Op::Revoke { user, except }),
        2 => (0..IMPORTS).prop_map(Op::BeginImport),
        1 => (0..IMPORTS).prop_map(Op::EndImport),
        1 => Just(Op::Sweep),
    ]
}

/// `step` makes each write and each session's beginning another one.
fn record(given: &Given, step: u16) -> NewRecord {
    let (tag, user) = owner(given.key);
    NewRecord {
        data: (0..given.length).map(|n| n.to_le_bytes()[0]).collect(),
        write_token: token(step),
        user: user.map(str::to_owned),
        authenticated: given.authenticated.map(|ago| ago * SECOND),
        age: Duration::from_millis(step.into()),
        lifetime: lifetime(given),
        label: given.label.map(str::to_owned),
        cap: given.cap.map(|(max, refuse)| {
            let evict = OnFull::EvictOldest { tombstone: 7 * SECOND };
            Cap { max, on_full: if refuse { OnFull::Refuse } else { evict } }
        }),
        import: given.import.then(|| import(import_of(tag))),
    }
}

fn lifetime(given: &Given) -> Lifetime {
    Lifetime { max_age: given.max_age * SECOND, idle: given.idle.map(|idle| idle * SECOND) }
}

fn token(step: u16) -> WriteToken {
    let mut token = [0; 16];
    token[..2].copy_from_slice(&step.to_le_bytes());
    WriteToken(token)
}

fn import(n: u8) -> ImportKey {
    ImportKey([n; 32])
}

/// What a call came to, to be compared.
fn run(store: &dyn SessionStore, now: Timestamp, step: u16, op: &Op) -> String {
    let expected = |key: u32, stale: bool| match block_on(store.load(now, named(key))) {
        Ok(Loaded::Found(record)) => record.version + u64::from(stale),
        _ => 1,
    };
    let tombstone = 10 * SECOND;
    match op {
        Op::Create(given) => format!("{:?}", block_on(store.create(now, named(given.key), record(given, step)))),
        Op::Save { key, stale, given } => {
            let NewRecord { data, write_token, label, .. } = record(given, step);
            let lifetime = given.idle.map(|_| lifetime(given));
            let change = Change { data, write_token, lifetime, label };
            format!("{:?}", block_on(store.save(now, named(*key), expected(*key, *stale), change)))
        }
        Op::Touch(key) => format!("{:?}", block_on(store.touch(now, named(*key)))),
        Op::Delete(key) => format!("{:?}", block_on(store.delete(now, named(*key), tombstone))),
        Op::DeleteMany(keys) => {
            format!("{:?}", block_on(store.delete_many(now, keys.map(named).to_vec(), tombstone)))
        }
        Op::Regenerate { from, stale, given } => {
            let (expected, new) = (expected(*from, *stale), record(given, step));
            let to = named(given.key);
            format!("{:?}", block_on(store.regenerate(now, named(*from), expected, to, new, tombstone)))
        }
        Op::Revoke { user, except } => {
            let revocation = Revocation { except: except.map(named), tombstone, keep: 15 * SECOND };
            format!("{:?}", block_on(store.revoke(now, USERS[*user], revocation)))
        }
        Op::BeginImport(n) => format!("{:?}", block_on(store.begin_import(now, import(*n), tag_of(*n), 20 * SECOND))),
        Op::EndImport(n) => format!("{:?}", block_on(store.end_import(now, import(*n), 20 * SECOND))),
        Op::Sweep => format!("{:?}", block_on(store.delete_expired(now, u32::MAX))),
    }
}

/// All that can be read.
fn shown(store: &dyn SessionStore, now: Timestamp) -> Vec<String> {
    let loaded = (0..KEYS).map(|key| match block_on(store.load(now, named(key))) {
        // Its `Debug` shows less.
        Ok(Loaded::Found(found)) => {
            let Record { data, version, write_token, user, created_at, last_seen_at, .. } = &*found;
            let Record { authenticated_at, expires_at, absolute_expires_at, idle, label, .. } = &*found;
            let times = (created_at, last_seen_at, authenticated_at, expires_at, absolute_expires_at, idle);
            format!("{data:?} {version} {write_token:?} {user:?} {times:?} {label:?}")
        }
        other => format!("{other:?}"),
    });
    let listed =
        USERS.map(|user| format!("{:?} {:?}", block_on(store.list(now, user)), block_on(store.count(now, user))));
    loaded.chain(listed).collect()
}

proptest! {
    #[test]
    fn it_agrees_with_the_plainest_store(ops in prop::collection::vec((0..7u32, op()), 1..120)) {
        let plain: Arc<dyn SessionStore> = ShelfHarness::new().store();
        let store = open(MemoryOptions::default());
        let mut now = at(0.0);
        for (step, (seconds, op)) in (1..).zip(&ops) {
            now = now.plus(*seconds * SECOND);
            prop_assert_eq!(run(&store, now, step, op), run(&*plain, now, step, op), "step {} at {:?}", step, now);
            prop_assert_eq!(shown(&store, now), shown(&*plain, now), "after step {}", step);
            counted(&store);
        }
        block_on(store.delete_expired(now.plus(120 * SECOND), u32::MAX)).unwrap();
        prop_assert_eq!(store.room.held(), Size::default(), "nothing is left, and nothing is counted");
    }
}
