//! Fe26.2: the conformance suite over both generations, the committed vectors, and what is this format's own.

#![forbid(unsafe_code)]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::clock::DAY_MS;
use crate::error::ErrorCode;
use crate::seal::conformance::{self, NOW, bound, now, seal, unseal};
use crate::seal::keyring::{MapRules, PasswordSpec, RawPassword, RawSecret};

const STRONG: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const OTHER: &str = "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC";
const WEAK: &str = "passwordpasswordpasswordpassword";

fn shared() -> Arc<Shared> {
    Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok())).unwrap()
}

fn password(text: &str) -> RawPassword {
    let half = || Some(RawSecret::Text(text.to_owned()));
    RawPassword { id: String::new(), encryption: half(), integrity: half() }
}

fn half_options(usage: KeyUse, iterations: u32) -> Result<HalfOptions> {
    Ok(HalfOptions { usage, salt_bits: 256, iterations, min_password_len: 32 })
}

fn options(iterations: u32) -> IronOptions {
    IronOptions {
        encryption: half_options(KeyUse::Aes256Cbc, iterations),
        integrity: half_options(KeyUse::Integrity, iterations),
        ttl_ms: 60_000.0,
        skew_ms: 60_000.0,
        offset_ms: 0.0,
        also_opens: vec![Rounds { encryption: 1, integrity: 1 }, Rounds { encryption: 8192, integrity: 8192 }],
        salts: SaltPolicy::Epoch,
        max_token_chars: options::MAX_SESSION_TOKEN,
    }
}

fn iron_with(spec: PasswordSpec, options: IronOptions, shared: &Arc<Shared>) -> Arc<Iron> {
    let ring = Keyring::new(spec, MapRules::Session, shared.process()).unwrap();
    Iron::new(ring, options, Arc::clone(shared))
}

fn iron(text: &str, options: IronOptions, shared: &Arc<Shared>) -> Arc<Iron> {
    iron_with(PasswordSpec::Positional(vec![password(text)]), options, shared)
}

/// The salts of a token: of the encryption key, of the MAC's key.
fn salts(token: &str) -> (String, String) {
    let parts: Vec<&str> = token.split('*').collect();
    (parts[2].to_owned(), parts[6].to_owned())
}

/// The suite tries thousands of forgeries: without a second generation each costs microseconds.
fn one_generation() -> IronOptions {
    IronOptions { also_opens: Vec::new(), ..options(1) }
}

#[test]
fn generation_1_conforms() {
    let shared = shared();
    conformance::check(&iron(STRONG, one_generation(), &shared), &iron(OTHER, one_generation(), &shared));
}

/// Few iterations that are still over the limit of what is derived inline: the paths of generation 2 at a bearable cost.
#[test]
fn expensive_derivations_conform() {
    let shared = shared();
    for salts in [SaltPolicy::Epoch, SaltPolicy::Fresh] {
        let options = IronOptions { salts, also_opens: Vec::new(), ..options(MAX_INLINE_ITERATIONS + 1) };
        conformance::check(&iron(STRONG, options.clone(), &shared), &iron(OTHER, options, &shared));
    }
}

#[test]
fn counter_mode_conforms() {
    let shared = shared();
    let options = IronOptions { encryption: half_options(KeyUse::Aes128Ctr, 1), ..one_generation() };
    conformance::check(&iron(STRONG, options.clone(), &shared), &iron(OTHER, options, &shared));
}

#[test]
fn keys_given_as_bytes_conform() {
    let shared = shared();
    let key = |byte: u8| {
        let half = || Some(RawSecret::Bytes(vec![byte; 32]));
        let raw = RawPassword { id: "k".into(), encryption: half(), integrity: half() };
        iron_with(PasswordSpec::Positional(vec![raw]), one_generation(), &shared)
    };
    conformance::check(&key(1), &key(2));
}

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
        let secret = Arc::new(crate::seal::derive::TextSecret::new(text.into(), shared.process()));
        let salted = |usage, salt: &str| {
            let spec = KeySpec { secret: Arc::clone(&secret), usage, iterations: 8192, salt: salt.into() };
            Salted { salt: salt.into(), key: Arc::new(spec.derive()) }
        };
        let pair = SaltPair {
            day: 0,
            encryption: salted(KeyUse::Aes256Cbc, "aa"),
            integrity: salted(KeyUse::Integrity, "bb"),
        };
        iron.write(b"{}", iron.keyring.sealing().unwrap(), &pair, now()).unwrap()
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
fn every_peers_tokens_open() {
    let shared = shared();
    let file: Value = serde_json::from_str(include_str!("../../../__test__/vectors/fe26-2.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() > 40);
    for vector in vectors {
        let text = |field: &str| vector[field].as_str().unwrap();
        let number = |field: &str| u32::try_from(vector[field].as_u64().unwrap()).unwrap();
        let half = |field: &str| secret_of(if vector[field].is_null() { &vector["password"] } else { &vector[field] });
        let id = if text("id").is_empty() { "default" } else { text("id") };
        let raw =
            RawPassword { id: String::new(), encryption: Some(half("encryption")), integrity: Some(half("integrity")) };
        let ring = Keyring::new(PasswordSpec::Map(vec![(id.into(), raw)]), MapRules::Iron, shared.process()).unwrap();
        let made = IronOptions {
            encryption: half_options(
                HalfOptions::encryption_algorithm(text("algorithm")).unwrap(),
                number("encryptionIterations"),
            ),
            integrity: half_options(KeyUse::Integrity, number("integrityIterations")),
            also_opens: Vec::new(),
            ..options(1)
        };
        let iron = Iron::new(ring, made, Arc::clone(&shared));
        let at = Timestamp::from_millis(vector["expiresAt"].as_f64().unwrap_or(NOW) - 1.0);
        let opened = unseal(&iron, text("token"), at).unwrap_or_else(|error| panic!("{}: {error}", text("name")));
        assert_eq!(String::from_utf8(opened.payload).unwrap(), text("payload"), "{}", text("name"));
        if let Some(expires) = vector["expiresAt"].as_f64() {
            let late = Timestamp::from_millis(expires + 60_000.0);
            assert_eq!(unseal(&iron, text("token"), late).unwrap_err(), Error::Expired);
        }
    }
}

fn secret_of(value: &Value) -> RawSecret {
    match value["text"].as_str() {
        Some(text) => RawSecret::Text(text.to_owned()),
        None => RawSecret::Bytes(unhex(value["hex"].as_str().unwrap())),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn epoch_salts_are_those_of_the_published_derivation() {
    let file: Value = serde_json::from_str(include_str!("../../../__test__/vectors/epoch-salts.json")).unwrap();
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
        let pair = iron.pair(iron.keyring.sealing().unwrap(), &bound, at).unwrap().unwrap();
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
    let jobs: Arc<Mutex<Vec<Box<dyn FnOnce() + Send>>>> = Arc::default();
    let queue = Arc::clone(&jobs);
    let shared = Shared::new(
        1,
        Box::new(move |job| {
            queue.lock().unwrap().push(job);
            true
        }),
    )
    .unwrap();
    let run_all = || {
        let ready = std::mem::take(&mut *jobs.lock().unwrap());
        let count = ready.len();
        ready.into_iter().for_each(|job| job());
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
        let Half::Text(secret) = iron.keyring.sealing().unwrap().halves().unwrap().1.clone() else { unreachable!() };
        KeySpec { secret, usage: KeyUse::Integrity, iterations: 8192, salt: salts(&token).1 }
    };
    let (recent, ancient) = (spec_of(now().plus_millis(-20.0 * DAY_MS)), spec_of(now().plus_millis(-40.0 * DAY_MS)));
    seal(&iron, b"{}", now()).unwrap();
    let epoch = iron.reading_epoch(&bound()).unwrap();
    assert!(epoch.own_key(&recent).is_some());
    assert!(epoch.own_key(&ancient).is_none());
    assert!(epoch.own_key(&KeySpec { iterations: 1, ..recent.clone() }).is_none());
    assert!(epoch.own_key(&KeySpec { usage: KeyUse::Aes256Cbc, ..recent }).is_none());
}

/// The same password in another process, whose clock is elsewhere.
fn iron_on(_at: Timestamp, like: &Arc<Iron>) -> Arc<Iron> {
    iron(STRONG, like.options.clone(), &shared())
}

#[test]
fn both_generations_are_read_and_the_weaker_is_marked() {
    let shared = shared();
    let (one, two) = (iron(STRONG, options(1), &shared), iron(STRONG, options(8192), &shared));
    let (weak, strong) = (seal(&one, b"1", now()).unwrap(), seal(&two, b"2", now()).unwrap());
    assert!(!unseal(&one, &weak, now()).unwrap().legacy);
    assert!(!unseal(&one, &strong, now()).unwrap().legacy);
    assert!(!unseal(&two, &strong, now()).unwrap().legacy);
    assert!(unseal(&two, &weak, now()).unwrap().legacy);

    let strict = iron(STRONG, IronOptions { also_opens: Vec::new(), ..options(8192) }, &shared);
    assert_eq!(unseal(&strict, &weak, now()).unwrap_err(), Error::BadMac);
}

#[test]
fn the_previous_password_opens_and_is_marked() {
    let shared = shared();
    for iterations in [1, 8192] {
        let previous = iron(OTHER, options(iterations), &shared);
        let spec = PasswordSpec::Positional(vec![password(STRONG), password(OTHER)]);
        let both = iron_with(spec, options(iterations), &shared);
        let token = seal(&previous, b"{}", now()).unwrap();
        assert!(unseal(&both, &token, now()).unwrap().older_key);
        assert!(!unseal(&both, &seal(&both, b"{}", now()).unwrap(), now()).unwrap().older_key);
        assert!(unseal(&previous, &seal(&both, b"{}", now()).unwrap(), now()).is_err());
    }
}

#[test]
fn a_forged_token_leaves_nothing_in_the_cache() {
    let shared = shared();
    let iron = iron(STRONG, IronOptions { salts: SaltPolicy::Fresh, ..options(8192) }, &shared);
    let token = seal(&iron, b"{}", now()).unwrap();
    let forged = format!("{}A", &token[..token.len() - 1]);
    assert_eq!(unseal(&iron, &forged, now()).unwrap_err(), Error::BadMac);
    assert_eq!(iron.try_unseal(&token, &bound(), now()).unwrap(), Attempt::NeedsKey);
    unseal(&iron, &token, now()).unwrap();
    assert!(matches!(iron.try_unseal(&token, &bound(), now()).unwrap(), Attempt::Ready(_)));
    // Under a warm salt a forgery is refused on the spot, without a derivation.
    assert_eq!(iron.try_unseal(&forged, &bound(), now()).unwrap_err(), Error::BadMac);
}

#[test]
fn blocking_calls_agree_with_the_others() {
    let shared = shared();
    for iterations in [1, 8192] {
        let iron = iron(STRONG, options(iterations), &shared);
        let token = iron.seal_blocking(b"{}", now()).unwrap();
        assert_eq!(iron.unseal_blocking(&token, &bound(), now()).unwrap().payload, b"{}");
        assert_eq!(unseal(&iron, &token, now()).unwrap().payload, b"{}");
        let forged = format!("{}A", &token[..token.len() - 1]);
        assert_eq!(iron.unseal_blocking(&forged, &bound(), now()).unwrap_err(), Error::BadMac);
    }
}

#[test]
fn what_cannot_seal_says_why() {
    let shared = shared();
    let missing_salt = Ok(HalfOptions { salt_bits: 0, ..options(1).encryption.unwrap() });
    let huge_salt = Ok(HalfOptions { salt_bits: 1025, ..options(1).encryption.unwrap() });
    for (made, expected) in [
        (iron("short", options(1), &shared), Error::PasswordTooShort { min: 32 }),
        (iron("", options(1), &shared), Error::EmptyPassword),
        (iron(STRONG, IronOptions { encryption: missing_salt, ..options(1) }, &shared), Error::MissingSaltBits),
        (iron(STRONG, IronOptions { encryption: huge_salt, ..options(1) }, &shared), Error::InvalidSaltBits),
        (iron(STRONG, IronOptions { encryption: Err(Error::BadOptions), ..options(1) }, &shared), Error::BadOptions),
        (iron(STRONG, options(0), &shared), Error::InvalidIterations),
    ] {
        assert_eq!(seal(&made, b"{}", now()).unwrap_err(), expected);
    }
    let huge = seal(&iron(STRONG, options(1), &shared), &vec![b'x'; 60_000], now()).unwrap_err();
    assert_eq!(huge.code(), ErrorCode::SessionTooLarge);
}

#[test]
fn expiry_is_irons() {
    let iron = iron(STRONG, options(1), &shared());
    let token = seal(&iron, b"{}", now()).unwrap();
    assert!(unseal(&iron, &token, now().plus_millis(60_000.0 + 59_999.0)).is_ok());
    assert_eq!(unseal(&iron, &token, now().plus_millis(60_000.0 + 60_000.0)).unwrap_err(), Error::Expired);
    let parts: Vec<&str> = token.split('*').collect();
    for (expiration, expected) in [("0", Error::Expiration), ("1e9", Error::Expiration), ("-1", Error::Expiration)] {
        let mut changed = parts.clone();
        changed[5] = expiration;
        assert_eq!(unseal(&iron, &changed.join("*"), now()).unwrap_err(), expected);
    }
}

proptest! {
    #[test]
    fn any_payload_comes_back(payload in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let iron = iron(STRONG, options(1), &shared());
        let token = seal(&iron, &payload, now()).unwrap();
        prop_assert_eq!(unseal(&iron, &token, now()).unwrap().payload, payload);
    }

    #[test]
    fn no_text_opens_or_panics(text in "(Fe26\\.2)?[*a-zA-Z0-9_=.\u{e9}-]{0,300}") {
        prop_assert!(unseal(&iron(STRONG, one_generation(), &shared()), &text, now()).is_err());
    }

    #[test]
    fn no_mutation_opens(position in 0usize..300, byte in 0x20u8..0x7f) {
        let iron = iron(STRONG, one_generation(), &shared());
        let token = seal(&iron, b"{\"id\":\"1\",\"data\":{}}", now()).unwrap();
        let position = position % token.len();
        let mut changed = token.clone();
        changed.replace_range(position..=position, &char::from(byte).to_string());
        prop_assume!(changed != token);
        prop_assert!(unseal(&iron, &changed, now()).is_err());
    }
}
