//! What a snapshot holds, and what it is when something happens while it is written.

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;

use super::*;
use crate::error::ErrorCode;
use crate::session::id::SessionId;
use crate::store::conformance::block_on;
use crate::store::memory::snapshot::draft_of;

/// A folder that goes when the test ends.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ironkeep-memory-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("sessions")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn begin(folder: &Folder, now: Timestamp) -> Result<MemoryStore> {
    MemoryStore::with_snapshot(MemoryOptions::default(), folder.file(), now)
}

pub(super) fn refusal(folder: &Folder) -> Error {
    begin(folder, at(0.0)).err().unwrap()
}

fn alice(n: u32) -> StoreKey {
    key(Tag::of_user("alice"), n)
}

/// A store with one of everything.
pub(super) fn fill(store: &MemoryStore) {
    let rich = NewRecord {
        user: Some("alice".into()),
        label: Some("Telefon \u{1f4f1}".into()),
        authenticated: Some(MINUTE),
        age: 2 * MINUTE,
        lifetime: Lifetime { max_age: 600 * MINUTE, idle: Some(30 * MINUTE) },
        ..new_record(300)
    };
    block_on(store.create(at(0.0), alice(1), rich.clone())).unwrap();
    block_on(store.create(at(0.0), alice(2), NewRecord { label: Some(String::new()), ..rich })).unwrap();
    block_on(store.create(at(0.0), any_key(3), new_record(0))).unwrap();
    let change = Change { data: (0..=255).collect(), write_token: WriteToken([7; 16]), lifetime: None, label: None };
    block_on(store.save(at(5.0), any_key(3), 1, change)).unwrap();
    block_on(store.touch(at(9.0), alice(2))).unwrap();
    block_on(store.delete(at(9.0), any_key(4), 50 * MINUTE)).unwrap();
    let revocation = Revocation { except: None, tombstone: MINUTE, keep: 50 * MINUTE };
    block_on(store.revoke(at(9.0), "bob", revocation)).unwrap();
    for n in [1, 2, 3] {
        block_on(store.begin_import(at(9.0), ImportKey([n; 32]), any_key(n.into()).tag(), 50 * MINUTE)).unwrap();
    }
    block_on(store.create(at(9.0), any_key(2), NewRecord { import: Some(ImportKey([2; 32])), ..new_record(5) }))
        .unwrap();
    block_on(store.end_import(at(9.0), ImportKey([4; 32]), 50 * MINUTE)).unwrap();
}

fn shown(store: &MemoryStore, now: Timestamp) -> Vec<String> {
    let keys = [alice(1), alice(2), any_key(2), any_key(3), any_key(4)];
    let loaded = keys.map(|key| match block_on(store.load(now, key)).unwrap() {
        Loaded::Found(record) => {
            let Record { data, write_token, user, label, authenticated_at, idle, .. } = &*record;
            format!("{record:?} {data:?} {write_token:?} {user:?} {label:?} {authenticated_at:?} {idle:?}")
        }
        other => format!("{other:?}"),
    });
    let imports = [1, 2, 3, 4]
        .map(|n| format!("{:?}", block_on(store.begin_import(now, ImportKey([n; 32]), Tag([9, 9]), Duration::ZERO))));
    let stale = NewRecord { user: Some("bob".into()), authenticated: Some(MINUTE), ..new_record(1) };
    let bob = block_on(store.create(at(10.0), key(Tag::of_user("bob"), 1), stale));
    let listed = [format!("{bob:?}"), format!("{:?}", block_on(store.list(now, "alice")))];
    loaded.into_iter().chain(imports).chain(listed).collect()
}

#[test]
fn everything_is_there_again() {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    fill(&store);
    store.snapshot().unwrap();
    let again = begin(&folder, at(10.0)).unwrap();
    counted(&again);
    assert_eq!(again.room.held(), store.room.held());
    let there = shown(&store, at(10.0));
    assert_eq!(shown(&again, at(10.0)), there);
    assert!(there.iter().any(|text| text.contains("Revoked")) && there.iter().any(|text| text.contains("Ended")));
    // It can be written to, and ends in time.
    assert!(block_on(again.touch(at(20.0), alice(1))).unwrap().is_some());
    block_on(again.delete_expired(at(1e12), u32::MAX)).unwrap();
    assert_eq!(again.room.held(), Size::default());
}

#[test]
fn what_had_expired_is_left_out() {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    fill(&store);
    store.snapshot().unwrap();
    let later = begin(&folder, at(0.0).plus(61 * MINUTE)).unwrap();
    assert_eq!(later.held_entries(), 0);
    assert_eq!(begin(&folder, at(0.0).plus(40 * MINUTE)).unwrap().held_entries(), 2 + 1 + 4, "alice idled out");
}

#[test]
fn closing_writes_the_last_one() {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    fill(&store);
    block_on(store.close()).unwrap();
    let written = fs::read(folder.file()).unwrap();
    block_on(store.close()).unwrap();
    assert_eq!(store.snapshot().unwrap_err().code(), ErrorCode::StoreClosed);
    assert_eq!(fs::read(folder.file()).unwrap(), written);
    assert_eq!(shown(&begin(&folder, at(10.0)).unwrap(), at(10.0)).len(), 11);
    assert_eq!(begin(&folder, at(10.0)).unwrap().room.held(), store.room.held());
}

#[test]
fn there_is_no_id_in_it_and_nobody_else_reads_it() {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    let id = SessionId::random(Tag([1, 2])).unwrap();
    block_on(store.create(at(0.0), id.key(), new_record(9))).unwrap();
    store.snapshot().unwrap();
    let bytes = fs::read(folder.file()).unwrap();
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(holds(&id.key().0), "the search finds what is there");
    assert!(!holds(&id.expose()[2..]) && !holds(id.encode().as_bytes()));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(folder.file()).unwrap().permissions()) & 0o777,
        0o600
    );
}

#[test]
fn a_smaller_store_evicts_or_refuses() {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    for n in 0..50 {
        block_on(store.create(at(f64::from(n)), any_key(n), new_record(10))).unwrap();
    }
    store.snapshot().unwrap();
    let open = |when_full| {
        let options = MemoryOptions { max_entries: 20, when_full, ..MemoryOptions::default() };
        MemoryStore::with_snapshot(options, folder.file(), at(100.0))
    };
    assert_eq!(open(WhenFull::Evict).unwrap().held_entries(), 20);
    assert_eq!(open(WhenFull::Refuse).err().unwrap().code(), ErrorCode::StoreUnavailable);
}

/// Sessions that move between shards while snapshots are written: each of them has each session once, and never both ends.
#[test]
fn a_session_that_moves_is_in_it_once() {
    const CHAINS: u32 = 16;
    const STEPS: u32 = 400;
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    let id = |chain: u32, step: u32| any_key(chain * 1_000_000 + step);
    let (running, imported) = (AtomicU32::new(2), |chain: u32, step: u32| {
        let mut import = [0; 32];
        import[..4].copy_from_slice(&chain.to_le_bytes());
        import[4..8].copy_from_slice(&step.to_le_bytes());
        ImportKey(import)
    });
    for chain in 0..CHAINS {
        block_on(store.create(at(0.0), id(chain, 0), new_record(200))).unwrap();
    }
    let mut seen = 0;
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (store, running) = (&store, &running);
            scope.spawn(move || {
                for step in 0..STEPS {
                    for chain in (0..CHAINS).filter(|chain| chain % 2 == thread) {
                        let (from, to) = (id(chain, step), id(chain, step + 1));
                        let import = imported(chain, step);
                        block_on(store.begin_import(at(0.0), import, to.tag(), MINUTE)).unwrap();
                        let new = NewRecord { import: Some(import), ..new_record(200) };
                        let moved = block_on(store.regenerate(at(0.0), from, 1, to, new, MINUTE)).unwrap();
                        assert!(matches!(moved, Regenerated::Created(Created::Done { .. })));
                    }
                }
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while running.load(Ordering::SeqCst) > 0 {
            store.snapshot().unwrap();
            let again = begin(&folder, at(0.0)).unwrap();
            let live: usize = again.shards.iter().map(|part| part.hold().sessions.len()).sum();
            assert_eq!(live, CHAINS as usize);
            for part in &again.imports {
                for marker in part.hold().markers.iter() {
                    let Import::Done(Some(tag)) = marker.value else { continue };
                    let (chain, step) = marker.key.0[..8].split_at(4);
                    let [chain, step] = [chain, step].map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
                    let to = id(chain, step + 1);
                    assert_eq!(to.tag(), tag);
                    seen += 1;
                    assert_ne!(
                        block_on(again.load(at(0.0), to)).unwrap(),
                        Loaded::Absent,
                        "an import is done for nothing"
                    );
                }
            }
        }
    });
    assert!(seen > 100, "hardly anything happened meanwhile: {seen}");
}

#[test]
fn it_knows_whether_something_may_have_changed() {
    let folder = Folder::new();
    let store = begin(&folder, at(0.0)).unwrap();
    assert!(!store.has_changed(), "a new one");
    fill(&store);
    assert!(store.has_changed());
    store.snapshot().unwrap();
    assert!(!store.has_changed(), "a written one");
    block_on(store.load(at(10.0), alice(1))).unwrap();
    block_on(store.list(at(10.0), "alice")).unwrap();
    assert!(!store.has_changed(), "a read one");
    block_on(store.end_import(at(10.0), ImportKey([9; 32]), MINUTE)).unwrap();
    assert!(store.has_changed(), "a marker");
    let draft = draft_of(&folder.file());
    fs::create_dir(&draft).unwrap();
    store.snapshot().unwrap_err();
    assert!(store.has_changed(), "what was not written is still to be");
    fs::remove_dir(&draft).unwrap();
    store.snapshot().unwrap();
    assert!(!store.has_changed() && !begin(&folder, at(10.0)).unwrap().has_changed());
}
