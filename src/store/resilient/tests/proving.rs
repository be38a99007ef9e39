//! What becomes of creations and saves whose answer is lost.

#![forbid(unsafe_code)]

use super::world::{
    MS, Step, TOMBSTONE, World, at, broken, change, key, lost, now_or_never, record, refused, unreached,
};
use crate::error::{Error, ErrorCode, Result};
use crate::store::SessionStore;
use crate::store::record::{Created, Loaded, Saved};

const DONE: Step = Step::Done(std::time::Duration::ZERO);

fn create(world: &World) -> Result<Created> {
    now_or_never(world.store.create(at(), key(1), record(7)))
}

fn save(world: &World) -> Result<Saved> {
    now_or_never(world.store.save(at(), key(1), 1, change(7)))
}

/// With a session of version 1.
fn world() -> World {
    let world = World::new();
    now_or_never(world.below.memory.create(at(), key(1), record(1))).unwrap();
    world
}

/// The version that is there, and who wrote it.
fn there(world: &World) -> Option<(u64, u8)> {
    match now_or_never(world.below.memory.load(at(), key(1))).unwrap() {
        Loaded::Found(record) => Some((record.version, record.write_token.0[0])),
        Loaded::Ended | Loaded::Absent => None,
    }
}

#[test]
fn a_creation_is_known_by_its_token() {
    let table: &[(&[Step], bool, &[&str])] = &[
        (&[lost()], true, &["create", "load"]),
        (&[broken()], true, &["create", "load", "create"]),
        (&[Step::Fails(Error::StoreTimeout)], true, &["create", "load", "create"]),
        (&[broken(), DONE, lost()], true, &["create", "load", "create", "load"]),
        (&[lost(), broken()], true, &["create", "load", "load"]),
        (&[lost(), broken(), broken()], false, &["create", "load", "load"]),
        (&[unreached(), refused()], true, &["create", "create", "create"]),
    ];
    for (steps, known, asked) in table {
        let world = World::new();
        world.go(steps);
        let created = create(&world);
        assert_eq!(matches!(created, Ok(Created::Done { .. })), *known, "{steps:?}: {created:?}");
        assert_eq!(world.asked(), *asked, "{steps:?}");
        assert_eq!(there(&world), Some((1, 7)), "{steps:?}: once, whatever was said");
    }
}

#[test]
fn a_creation_gives_what_the_record_says() {
    let world = World::new();
    let expected = now_or_never(world.below.memory.create(at(), key(2), record(1))).unwrap();
    world.go(&[lost()]);
    assert_eq!(create(&world).unwrap(), expected, "the same lifetime, from the same moment on");
}

#[test]
fn a_key_that_another_has_is_no_creation_of_ours() {
    let world = world();
    world.go(&[broken()]);
    assert_eq!(create(&world).unwrap_err().code(), ErrorCode::StoreUnavailable);
    assert_eq!(world.asked(), ["create", "load"]);
}

#[test]
fn a_save_is_known_by_its_token() {
    let table: &[(&[Step], bool, &[&str])] = &[
        (&[lost()], true, &["save", "load"]),
        (&[broken()], true, &["save", "load", "save"]),
        (&[broken(), DONE, lost()], true, &["save", "load", "save", "load"]),
        (&[refused(), unreached()], true, &["save", "save", "save"]),
    ];
    for (steps, known, asked) in table {
        let world = world();
        world.go(steps);
        let saved = save(&world);
        assert_eq!(matches!(saved, Ok(Saved::Done { version: 2, .. })), *known, "{steps:?}: {saved:?}");
        assert_eq!(world.asked(), *asked, "{steps:?}");
        assert_eq!(there(&world), Some((2, 7)), "{steps:?}");
    }
}

#[test]
fn a_save_that_others_wrote_over_stays_unknown() {
    let world = world();
    world.go(&[broken()]);
    // In its place, since nothing can come between its steps here.
    now_or_never(world.below.memory.save(at(), key(1), 1, change(2))).unwrap();
    assert_eq!(save(&world).unwrap_err(), Error::StoreUnavailable("the connection broke".to_owned()));
    assert_eq!(world.asked(), ["save", "load"]);
    assert_eq!(there(&world), Some((2, 2)), "and nothing of theirs is lost");
}

#[test]
fn a_save_of_a_session_that_ended_stays_unknown() {
    let world = world();
    now_or_never(world.below.memory.delete(at(), key(1), TOMBSTONE)).unwrap();
    world.go(&[broken()]);
    assert_eq!(save(&world).unwrap_err().code(), ErrorCode::StoreUnavailable);
    assert_eq!(world.asked(), ["save", "load"]);
}

#[test]
fn looking_is_within_the_budget_and_the_time_of_the_call() {
    let world = world();
    // Uses those up that there are before any call.
    for _ in 0..2 {
        world.go(&[broken(), broken(), broken()]);
        drop(world.load());
    }
    world.asked();
    world.go(&[lost()]);
    assert!(save(&world).is_err());
    assert_eq!(world.asked(), ["save"]);

    let world = self::world();
    world.go(&[lost()]);
    let store = world.store.within(Some(25 * MS));
    assert!(now_or_never(store.save(at(), key(1), 1, change(7))).is_err());
    assert_eq!(world.asked(), ["save"]);
}
