//! Which key opens what, and what the cache keeps.

#![forbid(unsafe_code)]

use super::*;

/// A derived key is never found by id or salt alone: the same id and the same salts under another password stay refused,
/// however warm the cache is with the first.
#[test]
fn one_salt_under_two_passwords_is_two_keys() {
    let shared = shared();
    let keyed = |text: &str| {
        let spec = PasswordSpec::Map(vec![("1".into(), password(text))]);
        iron_with(spec, IronOptions { also_opens: Vec::new(), ..options(8192) }, &shared)
    };
    let (first, second) = (keyed(STRONG), keyed(OTHER));
    let token = seal(&first, b"{\"secret\":1}", now()).unwrap();
    for _ in 0..3 {
        unseal(&first, &token, now()).unwrap();
        assert_eq!(unseal(&second, &token, now()).unwrap_err(), Error::BadMac);
    }

    // A stranger's salts, put into a token of each: both keys are cached, and each opens its own.
    let fresh = |text: &str| {
        let spec = PasswordSpec::Map(vec![("1".into(), password(text))]);
        iron_with(spec, IronOptions { salts: SaltPolicy::Fresh, also_opens: Vec::new(), ..options(8192) }, &shared)
    };
    let salted = |iron: &Iron, text: &str| {
        let secret = Arc::new(crate::seal::derive::TextSecret::new(text, shared.process()));
        let salted = |usage, salt: &str| {
            let spec = KeySpec { secret: Arc::clone(&secret), usage, iterations: 8192, salt: salt.into() };
            Salted { salt: salt.into(), key: Arc::new(spec.derive()) }
        };
        let pair = SaltPair {
            day: 0,
            encryption: salted(KeyUse::Aes256Cbc, "aa"),
            integrity: salted(KeyUse::Integrity, "bb"),
        };
        iron.write(b"{}", iron.keyring().unwrap().sealing(now()).unwrap(), &pair, now()).unwrap()
    };
    let (third, fourth) = (fresh(STRONG), fresh(OTHER));
    let (one, two) = (salted(&third, STRONG), salted(&fourth, OTHER));
    assert_eq!(salts(&one), salts(&two));
    for _ in 0..2 {
        assert!(unseal(&third, &one, now()).is_ok());
        assert!(unseal(&fourth, &two, now()).is_ok());
        assert_eq!(unseal(&third, &two, now()).unwrap_err(), Error::BadMac);
        assert_eq!(unseal(&fourth, &one, now()).unwrap_err(), Error::BadMac);
    }
}

#[test]
fn a_forged_token_leaves_nothing_in_the_cache() {
    let shared = shared();
    let iron = iron(STRONG, IronOptions { salts: SaltPolicy::Fresh, ..options(8192) }, &shared);
    let token = seal(&iron, b"{}", now()).unwrap();
    let forged = forge(&token);
    assert_eq!(unseal(&iron, &forged, now()).unwrap_err(), Error::BadMac);
    assert_eq!(iron.try_unseal(&token, &bound(), now()).unwrap(), Attempt::NeedsKey);
    unseal(&iron, &token, now()).unwrap();
    assert!(matches!(iron.try_unseal(&token, &bound(), now()).unwrap(), Attempt::Ready(_)));
    // Under a warm salt a forgery is refused on the spot, without a derivation.
    assert_eq!(iron.try_unseal(&forged, &bound(), now()).unwrap_err(), Error::BadMac);
}

/// Forged tokens keep the lane of strangers full. Whatever honest token of the fleet comes meanwhile, under the current
/// password, the previous one, or from a process that writes the other generation, has the other lane for itself.
#[test]
fn no_forgery_makes_an_honest_token_of_any_of_our_passwords_wait() {
    let sealed = |text: &str| seal(&iron(text, options(8192), &shared()), b"{}", now()).unwrap();
    let list = || PasswordSpec::Positional(vec![password(STRONG), password(OTHER)]);
    let map = || {
        let with_id = |id: &str, text: &str| (id.to_owned(), password(text));
        PasswordSpec::Map(vec![with_id("1", OTHER), with_id("2", STRONG)])
    };
    let named = {
        let spec = PasswordSpec::Map(vec![("1".into(), password(OTHER))]);
        seal(&iron_with(spec, options(8192), &shared()), b"{}", now()).unwrap()
    };
    for (spec, written, token) in [
        (list(), 8192, sealed(STRONG)),
        (list(), 8192, sealed(OTHER)),
        (map(), 8192, named),
        (list(), 1, sealed(STRONG)),
        (list(), 1, sealed(OTHER)),
    ] {
        let jobs: Arc<Mutex<Vec<Job>>> = Arc::default();
        let queue = Arc::clone(&jobs);
        let spawn = move |job: Job| {
            queue.lock().unwrap().push(job);
            true
        };
        let iron = iron_with(spec, options(written), &Shared::new(1, Box::new(spawn), stopped()).unwrap());
        let busy = Arc::new(Mutex::new(0));
        for number in 0..200 {
            let forged = format!(
                "Fe26.2*1*{number}*AAAAAAAAAAAAAAAAAAAAAA*AAAAAAAAAAAAAAAAAAAAAA**{number}x*{}A",
                "A".repeat(42)
            );
            let busy = Arc::clone(&busy);
            let done = move |outcome| {
                if outcome == Err(Error::Busy) {
                    *busy.lock().unwrap() += 1;
                }
            };
            Arc::clone(&iron).request_unseal_key(forged, &bound(), now(), Box::new(done));
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        let done = move |outcome| sender.send(outcome).unwrap();
        Arc::clone(&iron).request_unseal_key(token.clone(), &bound(), now(), Box::new(done));
        while let Some(job) = { jobs.lock().unwrap().pop() } {
            job();
        }
        assert_eq!(receiver.try_recv().unwrap(), Ok(()));
        assert!(*busy.lock().unwrap() > 0, "the forgeries filled their lane");
        assert!(matches!(iron.try_unseal(&token, &bound(), now()).unwrap(), Attempt::Ready(_)));
    }
}

/// A token of a stranger's salts that has proven authentic is not refused for its second key.
#[test]
fn an_authentic_token_queues_with_strangers_once() {
    let token = {
        let fresh = IronOptions { salts: SaltPolicy::Fresh, ..options(8192) };
        seal(&iron(STRONG, fresh, &shared()), b"{}", now()).unwrap()
    };
    let jobs: Arc<Mutex<Vec<Job>>> = Arc::default();
    let queue = Arc::clone(&jobs);
    let spawn = move |job: Job| {
        queue.lock().unwrap().push(job);
        true
    };
    let iron = iron(
        STRONG,
        IronOptions { salts: SaltPolicy::Fresh, ..options(8192) },
        &Shared::new(1, Box::new(spawn), stopped()).unwrap(),
    );
    let (sender, outcomes) = std::sync::mpsc::channel();
    let ask = |who: &'static str, token: String| {
        let sender = sender.clone();
        let done = move |outcome| sender.send((who, outcome)).unwrap();
        Arc::clone(&iron).request_unseal_key(token, &bound(), now(), Box::new(done));
    };
    ask("honest", token.clone());
    for number in 0..100 {
        ask("forger", token_with_salt(&forge(&token), &number.to_string()));
    }
    while let Some(job) = { jobs.lock().unwrap().pop() } {
        job();
    }
    let first = outcomes.try_iter().find(|(_, outcome)| *outcome != Err(Error::Busy));
    assert_eq!(first, Some(("honest", Ok(()))));
    assert!(matches!(iron.try_unseal(&token, &bound(), now()).unwrap(), Attempt::Ready(_)));
}

fn token_with_salt(token: &str, salt: &str) -> String {
    let mut parts: Vec<&str> = token.split('*').collect();
    parts[6] = salt;
    parts.join("*")
}
