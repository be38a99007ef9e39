//! S6: data comes back as it was given, up to the cap; over it, nothing is written.

#![forbid(unsafe_code)]

use super::probe::{Probe, assert_code, change, key, key_of, session, session_of};
use crate::error::ErrorCode;
use crate::store::record::{Change, Loaded, NewRecord};

/// Each byte there is, and no text in any encoding.
fn bytes(length: usize) -> Vec<u8> {
    (0..=u8::MAX).rev().cycle().take(length).collect()
}

pub(super) fn any_bytes_come_back(probe: &mut Probe) {
    let max = probe.harness().max_data();
    let lengths = [0, 1, 2, 255, 256, 257, 4096, max - 1, max];
    for (n, length) in (1..).zip(lengths) {
        let data = bytes(length);
        probe.make(key(n), NewRecord { data: data.clone(), ..session(n) });
        assert!(probe.record(key(n)).data == data, "{length} bytes, created");
        probe.save(key(n), 1, change(n));
        probe.save(key(n), 2, Change { data: data.clone(), ..change(n) });
        assert!(probe.record(key(n)).data == data, "{length} bytes, saved");
        let to = key(n + 100);
        probe.regenerate(key(n), 3, to, NewRecord { data: data.clone(), ..session(n) });
        assert!(probe.record(to).data == data, "{length} bytes, regenerated");
    }
}

pub(super) fn several_come_back_in_the_order_of_the_keys(probe: &mut Probe) {
    for n in [1, 2, 3] {
        probe.make(key(n), session(n));
    }
    let many = |keys: &[u8]| {
        let keys = keys.iter().map(|n| key(*n)).collect();
        probe.wait(probe.store().load_many(probe.now(), keys)).unwrap()
    };
    for keys in [&[][..], &[2], &[3, 1, 9, 2], &[2, 1, 2]] {
        let one_by_one: Vec<_> = keys.iter().map(|n| probe.load(key(*n))).collect();
        assert_eq!(many(keys), one_by_one, "{keys:?}");
    }
}

pub(super) fn what_is_too_large_is_not_written(probe: &mut Probe) {
    let data = bytes(probe.harness().max_data() + 1);
    let (now, store) = (probe.now(), probe.store());
    let new = || NewRecord { data: data.clone(), ..session_of("alice", 1) };
    let (old, other) = (key_of("alice", 1), key_of("alice", 2));
    assert_code(probe.wait(store.create(now, other, new())), ErrorCode::SessionTooLarge);
    assert_eq!(probe.load(other), Loaded::Absent);
    assert_eq!(probe.count("alice"), 0);

    probe.make(old, session_of("alice", 1));
    let before = probe.record(old);
    let too_large = Change { data: data.clone(), ..change(2) };
    assert_code(probe.wait(store.save(now, old, 1, too_large)), ErrorCode::SessionTooLarge);
    assert_eq!(probe.record(old), before);

    let regenerated = store.regenerate(now, old, 1, other, new(), super::probe::TOMBSTONE);
    assert_code(probe.wait(regenerated), ErrorCode::SessionTooLarge);
    assert_eq!(probe.record(old), before);
    assert_eq!(probe.load(other), Loaded::Absent);
    assert_eq!(probe.listed_keys("alice"), [old]);
}
