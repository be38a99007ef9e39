//! Fe26.2 with a key ring: which key writes, and that nothing of a removed key stays.

#![forbid(unsafe_code)]

use super::*;
use crate::seal::ring::{Ring, RingEntry};

fn entry(id: &str, secret: &str) -> RingEntry {
    let secret = RawSecret::Text(secret.to_owned().into());
    RingEntry { id: id.to_owned(), secret, seal_from: Timestamp::from_millis(0.0) }
}

fn ring(entries: Vec<RingEntry>, shared: &Arc<Shared>) -> (Arc<Ring>, Arc<Iron>) {
    ring_with(entries, options(8192), shared)
}

fn ring_with(entries: Vec<RingEntry>, options: IronOptions, shared: &Arc<Shared>) -> (Arc<Ring>, Arc<Iron>) {
    let ring = Ring::new(entries, Arc::clone(shared)).unwrap();
    let iron = Iron::new(KeySource::Ring(Arc::clone(&ring)), options, Arc::clone(shared));
    (ring, iron)
}

#[test]
fn it_keeps_what_every_format_keeps() {
    let shared = shared();
    let (_, one) = ring_with(vec![entry("a", STRONG)], one_generation(), &shared);
    let (_, other) = ring_with(vec![entry("a", OTHER)], one_generation(), &shared);
    // An id that the ring does not hold is refused under a code of its own, so the suite runs with a token's own id alone.
    let token = seal(&one, b"{}", now()).unwrap();
    assert_eq!(unseal(&one, &token, now()).unwrap().payload, b"{}");
    assert_eq!(unseal(&other, &token, now()).unwrap_err(), Error::BadMac);
    assert_eq!(unseal(&one, &token.replacen("*a*", "*b*", 1), now()).unwrap_err().code(), ErrorCode::KeyUnknown);
}

#[test]
fn rotation_signs_nobody_out() {
    let shared = shared();
    let (ring, iron) = ring(vec![entry("a", STRONG)], &shared);
    let old = seal(&iron, b"1", now()).unwrap();
    assert!(old.starts_with("Fe26.2*a*"));

    ring.replace(vec![entry("b", OTHER), entry("a", STRONG)]).unwrap();
    let opened = unseal(&iron, &old, now()).unwrap();
    assert_eq!((opened.payload.as_slice(), opened.older_key), (&b"1"[..], true));
    let new = seal(&iron, b"2", now()).unwrap();
    assert!(new.starts_with("Fe26.2*b*"));
    assert!(!unseal(&iron, &new, now()).unwrap().older_key);
}

#[test]
fn nothing_of_a_removed_key_opens_or_stays() {
    let shared = shared();
    let (ring, iron) = ring(vec![entry("a", STRONG), entry("b", OTHER)], &shared);
    let token = seal(&iron, b"1", now()).unwrap();
    unseal(&iron, &token, now()).unwrap();
    // Another process's salts: their keys are in the process's cache.
    let elsewhere = Iron::new(
        KeySource::Fixed(Arc::new(
            Keyring::new(
                PasswordSpec::Positional(vec![RawPassword { id: "a".into(), ..password(STRONG) }]),
                MapRules::Session,
                shared.process(),
            )
            .unwrap(),
        )),
        IronOptions { salts: SaltPolicy::Fresh, ..options(8192) },
        Arc::clone(&shared),
    );
    let foreign = seal(&elsewhere, b"2", now()).unwrap();
    unseal(&iron, &foreign, now()).unwrap();
    let held = |secret: &Half| {
        let Half::Text(secret) = secret else { panic!("the key is text") };
        let spec = |usage, salt: String| KeySpec { secret: Arc::clone(secret), usage, iterations: 8192, salt };
        let (first, second) = salts(&foreign);
        shared.key_now(&spec(KeyUse::Aes256Cbc, first)).is_some()
            || shared.key_now(&spec(KeyUse::Integrity, second)).is_some()
    };
    let keys = iron.keyring().unwrap();
    let removed = Arc::clone(keys.opening("a", now()).unwrap()[0].password);
    drop(keys);
    assert!(held(removed.halves().unwrap().0));

    ring.replace(vec![entry("b", OTHER)]).unwrap();
    assert!(!held(removed.halves().unwrap().0), "derived keys go in the same call");
    let of_removed = |iron: &Iron| {
        iron.epochs
            .read()
            .unwrap()
            .values()
            .flatten()
            .any(|((position, _), _)| *position == removed.position)
    };
    assert!(!of_removed(&iron), "salts and their keys go in the same call");
    for token in [&token, &foreign] {
        assert_eq!(unseal(&iron, token, now()).unwrap_err().code(), ErrorCode::KeyUnknown);
    }
}

#[test]
fn a_derivation_whose_key_was_removed_meanwhile_is_discarded() {
    let jobs: Arc<Mutex<Vec<Job>>> = Arc::default();
    let queue = Arc::clone(&jobs);
    let held = Shared::new(
        1,
        Box::new(move |job| {
            queue.lock().unwrap().push(job);
            true
        }),
        stopped(),
    )
    .unwrap();
    let (ring, iron) = ring(vec![entry("a", STRONG), entry("b", OTHER)], &held);
    // Made by a process of its own, so that the key is not at hand here.
    let token = {
        let (_, elsewhere) = self::ring(vec![entry("a", STRONG)], &shared());
        seal(&elsewhere, b"1", now()).unwrap()
    };
    let (sender, outcome) = std::sync::mpsc::channel();
    Arc::clone(&iron).request_unseal_key(
        token.clone(),
        &bound(),
        now(),
        Box::new(move |done| sender.send(done).unwrap()),
    );
    ring.replace(vec![entry("b", OTHER)]).unwrap();
    loop {
        let Some(job) = jobs.lock().unwrap().pop() else { break };
        job();
    }
    assert_eq!(outcome.recv().unwrap().unwrap_err().code(), ErrorCode::KeyUnknown);
    assert_eq!(format!("{held:?}").matches("KeyCache(0 keys)").count(), 1, "{held:?}");
    assert!(iron.epochs.read().unwrap().values().all(Vec::is_empty));
}

#[test]
fn fresh_salts_of_a_removed_key_seal_nothing() {
    let shared = shared();
    let fresh = IronOptions { salts: SaltPolicy::Fresh, ..options(8192) };
    let (ring, iron) = ring_with(vec![entry("a", STRONG), entry("b", OTHER)], fresh, &shared);
    let (sender, done) = std::sync::mpsc::channel();
    Arc::clone(&iron).request_seal_key(&bound(), now(), Box::new(move |outcome| sender.send(outcome).unwrap()));
    done.recv().unwrap().unwrap();
    assert_eq!(iron.fresh.lock().unwrap().len(), 1);
    ring.replace(vec![entry("b", OTHER)]).unwrap();
    assert_eq!(iron.fresh.lock().unwrap().len(), 0);
    let token = seal(&iron, b"{}", now()).unwrap();
    assert!(token.starts_with("Fe26.2*b*"));
    unseal(&iron, &token, now()).unwrap();
}

#[test]
fn each_use_is_counted_for_its_key() {
    let shared = shared();
    let (ring, iron) = ring_with(vec![entry("a", STRONG), entry("b", OTHER)], one_generation(), &shared);
    let token = seal(&iron, b"{}", now()).unwrap();
    unseal(&iron, &token, now()).unwrap();
    unseal(&iron, &token, now()).unwrap();
    unseal(&iron, &forge(&token), now()).unwrap_err();
    let counts: Vec<_> = ring.info(now()).unwrap().iter().map(|key| (key.sealed, key.opened)).collect();
    assert_eq!(counts, [(1, 2), (0, 0)]);
}

#[test]
fn a_closed_ring_opens_and_seals_nothing() {
    let shared = shared();
    let (ring, iron) = ring(vec![entry("a", STRONG)], &shared);
    let token = seal(&iron, b"{}", now()).unwrap();
    ring.close();
    assert_eq!(iron.try_seal(b"{}", &bound(), now()).unwrap_err(), Error::RingClosed);
    assert_eq!(iron.try_unseal(&token, &bound(), now()).unwrap_err(), Error::RingClosed);
    assert_eq!(unseal(&iron, &token, now()).unwrap_err().code(), ErrorCode::KeyringClosed);
    assert!(iron.epochs.read().unwrap().values().all(Vec::is_empty));
}
