//! Epoch salts, as a seal uses them.

#![forbid(unsafe_code)]

use serde_json::Value;

use super::*;

#[test]
fn epoch_salts_are_those_of_the_published_derivation() {
    let file: Value = serde_json::from_str(include_str!("../../../../__test__/vectors/epoch-salts.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    let mut strong = 0;
    for vector in vectors {
        let text = |field: &str| vector[field].as_str().unwrap();
        let shared = shared();
        let iron = iron(text("secret"), options(8192), &shared);
        if !crate::seal::strength::is_strong(text("secret")) {
            continue;
        }
        strong += 1;
        let bound = Bound { name: text("name").into(), ..bound() };
        let at = Timestamp::from_millis(vector["day"].as_f64().unwrap() * DAY_MS);
        let (sender, receiver) = std::sync::mpsc::channel();
        Arc::clone(&iron).request_seal_key(&bound, at, Box::new(move |outcome| sender.send(outcome).unwrap()));
        receiver.recv().unwrap().unwrap();
        let Attempt::Ready(token) = iron.try_seal(b"{}", &bound, at).unwrap() else { panic!("the pair is ready") };
        assert_eq!(salts(&token), (text("encryptionSalt").into(), text("integritySalt").into()));
        let pair = iron.pair(iron.keyring().unwrap().sealing(now()).unwrap(), &bound, at).unwrap().unwrap();
        assert_eq!(pair.encryption.key.expose(), unhex(text("encryptionKeyHex")));
        assert_eq!(pair.integrity.key.expose(), unhex(text("integrityKeyHex")));
    }
    assert!(strong > 3, "the vectors hold strong secrets");
}

#[test]
fn a_strong_password_has_one_pair_a_day_for_the_fleet_and_a_weak_one_its_own() {
    let (here, there) = (shared(), shared());
    let pair = |text: &str, shared: &Arc<Shared>, days: f64| {
        salts(&seal(&iron(text, options(8192), shared), b"{}", now().plus_millis(days * DAY_MS)).unwrap())
    };
    assert_eq!(pair(STRONG, &here, 0.0), pair(STRONG, &there, 0.0));
    assert_ne!(pair(STRONG, &here, 0.0), pair(STRONG, &shared(), 1.0));
    assert_ne!(pair(WEAK, &here, 0.0), pair(WEAK, &there, 0.0));

    let kept = iron(WEAK, options(8192), &here);
    let token = seal(&kept, b"{}", now()).unwrap();
    assert_eq!(salts(&token), salts(&seal(&kept, b"{}", now()).unwrap()));
}

#[test]
fn a_day_that_is_not_ready_seals_with_the_last_pair_and_prepares_its_own() {
    let jobs: Arc<Mutex<Vec<Job>>> = Arc::default();
    let queue = Arc::clone(&jobs);
    let shared = Shared::new(
        1,
        Box::new(move |job| {
            queue.lock().unwrap().push(job);
            true
        }),
        stopped(),
    )
    .unwrap();
    let run_all = || {
        let ready = std::mem::take(&mut *jobs.lock().unwrap());
        let count = ready.len();
        for job in ready {
            job();
        }
        count
    };
    let sealed = |iron: &Arc<Iron>, at: Timestamp| match iron.try_seal(b"{}", &bound(), at).unwrap() {
        Attempt::Ready(token) => Some(salts(&token)),
        Attempt::NeedsKey => None,
    };
    let iron = iron(STRONG, options(8192), &shared);
    assert_eq!(sealed(&iron, now()), None);
    Arc::clone(&iron).request_seal_key(&bound(), now(), Box::new(|outcome| outcome.unwrap()));
    while run_all() > 0 {}
    let today = sealed(&iron, now()).unwrap();

    let tomorrow = now().plus_millis(DAY_MS);
    assert_eq!(sealed(&iron, tomorrow).as_ref(), Some(&today));
    assert_eq!(sealed(&iron, tomorrow).as_ref(), Some(&today));
    while run_all() > 0 {}
    let next = sealed(&iron, tomorrow).unwrap();
    assert_ne!(next, today);

    // In the last hour the next day's pair is prepared ahead, while today's still seals.
    let last_minute = Timestamp::from_millis(((NOW / DAY_MS).floor() + 2.0) * DAY_MS - 1.0);
    assert_eq!(sealed(&iron, last_minute), Some(next.clone()));
    while run_all() > 0 {}
    let after = sealed(&iron, last_minute.plus_millis(1.0)).unwrap();
    assert_ne!(after, next);
    assert_eq!(run_all(), 0, "nothing was left to derive at midnight");
}

#[test]
fn our_own_old_salts_are_told_from_a_strangers() {
    let shared = shared();
    let iron = iron(STRONG, IronOptions { ttl_ms: 0.0, ..options(8192) }, &shared);
    let spec_of = |at: Timestamp| {
        let token = seal(&iron_on(at, &iron), b"{}", at).unwrap();
        let Half::Text(secret) = iron.keyring().unwrap().sealing(now()).unwrap().halves().unwrap().1.clone() else {
            panic!("the password is text")
        };
        KeySpec { secret, usage: KeyUse::Integrity, iterations: 8192, salt: salts(&token).1 }
    };
    let (recent, ancient) = (spec_of(now().plus_millis(-20.0 * DAY_MS)), spec_of(now().plus_millis(-40.0 * DAY_MS)));
    seal(&iron, b"{}", now()).unwrap();
    let keyring = iron.keyring().unwrap();
    let epoch = iron.reading_epochs(&keyring.opening("", now()).unwrap(), &bound()).unwrap().remove(0);
    assert!(epoch.own_key(&recent).is_some());
    assert!(epoch.own_key(&ancient).is_none());
    assert!(epoch.own_key(&KeySpec { iterations: 1, ..recent.clone() }).is_none());
    assert!(epoch.own_key(&KeySpec { usage: KeyUse::Aes256Cbc, ..recent }).is_none());
}

/// The same password in another process, whose clock is elsewhere.
fn iron_on(_at: Timestamp, like: &Arc<Iron>) -> Arc<Iron> {
    iron(STRONG, like.options.clone(), &shared())
}
