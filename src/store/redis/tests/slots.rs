//! Sessions whose slot is moved to another node under calls.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use super::sharing::{HOUR, anyone, change, guest, key, never, open, session, wait};
use crate::redis::testing::Cluster;
use crate::session::id::Tag;
use crate::store::SessionStore;
use crate::store::record::{Change, Created, Loaded, NewRecord, Regenerated, Saved};
use crate::store::redis::{RedisStore, keys};

/// Has callers stop, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn count_up(store: &RedisStore) {
    let Loaded::Found(record) = wait(store.load(never(), anyone(0))).unwrap() else { panic!("it is gone") };
    let count = u32::from_be_bytes(record.data.try_into().unwrap()) + 1;
    let change = Change { data: count.to_be_bytes().to_vec(), ..change(0) };
    let saved = wait(store.save(never(), anyone(0), record.version, change)).unwrap();
    assert!(matches!(saved, Saved::Done { .. }), "{saved:?}");
}

/// No session is absent for a moment, no write is lost, and no call fails.
#[test]
fn a_slot_that_moves_loses_no_session() {
    let cluster = Cluster::start();
    let options = cluster.options();
    let store = open(&options);
    wait(store.create(never(), anyone(0), NewRecord { data: vec![0; 4], ..guest(0) })).unwrap();
    for n in 1..80 {
        wait(store.create(never(), anyone(n), NewRecord { data: n.to_be_bytes().to_vec(), ..guest(1) })).unwrap();
    }
    let name = keys::slot(&options.prefix, Tag([7, 7]));
    let slot = cluster.nodes[0].query::<u16>(&["CLUSTER", "KEYSLOT", &name]);
    let (is_over, counted) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in (1..80_u16).cycle() {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let loaded = wait(store.load(never(), anyone(n))).unwrap();
                    assert!(
                        matches!(&loaded, Loaded::Found(record) if record.data == n.to_be_bytes()),
                        "{n}: {loaded:?}"
                    );
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                count_up(&store);
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        // Into the slot that moves, and out of it to a user's.
        scope.spawn(|| {
            for n in 100..u16::MAX {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let created = wait(store.create(never(), anyone(n), guest(1))).unwrap();
                assert!(matches!(created, Created::Done { .. }), "{created:?}");
                let moved = wait(store.regenerate(never(), anyone(n), 1, key("alice", n), session("alice", 1), HOUR));
                assert!(matches!(moved, Ok(Regenerated::Created(Created::Done { .. }))), "{moved:?}");
                assert_eq!(wait(store.load(never(), anyone(n))).unwrap(), Loaded::Ended);
            }
        });
        let _over = Over(&is_over);
        for _ in 0..3 {
            let from = cluster.owner(&name);
            let to = cluster.owner_beside(from);
            let before = counted.load(Ordering::SeqCst);
            cluster.move_slot(slot, from, to);
            while counted.load(Ordering::SeqCst) < before + 5 {
                thread::yield_now();
            }
        }
    });
    let Loaded::Found(record) = wait(store.load(never(), anyone(0))).unwrap() else { panic!("it is gone") };
    assert_eq!(record.data, counted.load(Ordering::SeqCst).to_be_bytes());
}
