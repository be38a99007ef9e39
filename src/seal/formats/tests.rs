//! Moving a fleet from one format to the other and back, and what each of them refuses meanwhile.

#![forbid(unsafe_code)]

use super::*;
use crate::clock::stopped;
use crate::error::ErrorCode;
use crate::seal::conformance::{NOW, bound, now, seal, unseal};
use crate::seal::ik1::Ik1Options;
use crate::seal::iron::options::{HalfOptions, IronOptions, SaltPolicy};
use crate::seal::key_cache::KeyUse;
use crate::seal::password::RawSecret;
use crate::seal::ring::{KeySource, Ring, RingEntry};
use crate::seal::shared::Shared;

const SECRET: &str = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const DAY: f64 = 86_400_000.0;

/// A ring of the same key in each process, and a sealer with it.
fn process(written: Written) -> Arc<Formats> {
    let shared = Shared::new(1, Box::new(|job| std::thread::Builder::new().spawn(job).is_ok()), stopped()).unwrap();
    let entry = RingEntry {
        id: "a".into(),
        secret: RawSecret::Text(SECRET.to_owned().into()),
        seal_from: Timestamp::from_millis(0.0),
    };
    let ring = Ring::new(vec![entry], Arc::clone(&shared)).unwrap();
    let half = |usage| HalfOptions { usage, salt_bits: 256, iterations: 1, min_password_len: 32 };
    let options = IronOptions {
        encryption: Ok(half(KeyUse::Aes256Cbc)),
        integrity: Ok(half(KeyUse::Integrity)),
        ttl_ms: 0.0,
        skew_ms: 60_000.0,
        offset_ms: 0.0,
        also_opens: Vec::new(),
        salts: SaltPolicy::Fresh,
        max_token_chars: 65_536,
    };
    let iron = Iron::new(KeySource::Ring(Arc::clone(&ring)), options, shared);
    Formats::both(written, iron, Ik1::new(ring, Ik1Options::default(), None))
}

fn modern(until: Option<f64>) -> Written {
    Written::Ik1 { accept_iron_until: until.map(Timestamp::from_millis) }
}

#[test]
fn a_fleet_moves_to_ik1_and_back_without_signing_anyone_out() {
    let steps = [Written::Iron, modern(Some(NOW + DAY)), Written::Iron];
    for pair in steps.windows(2) {
        let (before, after) = (process(pair[0]), process(pair[1]));
        // While it is rolled out, either process meets the cookies of the other.
        for (sealer, reader) in [(&before, &after), (&after, &before)] {
            let token = seal(sealer, b"data", now()).unwrap();
            let opened = unseal(reader, &token, now()).unwrap();
            assert_eq!((opened.payload.as_slice(), opened.other_format), (&b"data"[..], true));
            assert!(!unseal(sealer, &token, now()).unwrap().other_format);
        }
    }
}

#[test]
fn fe26_2_is_read_until_the_date_alone() {
    let token = seal(&process(Written::Iron), b"data", now()).unwrap();
    let reader = process(modern(Some(NOW)));
    assert!(unseal(&reader, &token, now().plus_millis(-1.0)).is_ok());
    assert_eq!(unseal(&reader, &token, now()).unwrap_err(), Error::BadMac);
    assert_eq!(unseal(&process(modern(None)), &token, now()).unwrap_err(), Error::BadMac);
}

#[test]
fn ik1_is_nothing_without_a_ring() {
    let token = seal(&process(modern(None)), b"data", now()).unwrap();
    let alone = Formats::iron_alone(Arc::clone(process(Written::Iron).iron()));
    assert_eq!(unseal(&alone, &token, now()).unwrap_err().code(), ErrorCode::SealInvalid);
}

/// With each format writing, a token opens for exactly what it was sealed for; Fe26.2 where ik1 is expected does for nothing.
#[test]
fn every_other_purpose_name_and_audience_is_refused() {
    let texts = ["", "a", "b", "a\u{0}", "ab"];
    let bounds: Vec<Bound> = texts
        .iter()
        .flat_map(|purpose| texts.iter().map(move |name| (purpose, name)))
        .flat_map(|(purpose, name)| {
            texts.iter().map(|audience| Bound {
                purpose: (*purpose).into(),
                name: (*name).into(),
                audience: (*audience).into(),
            })
        })
        .collect();
    let (iron, ik1) = (process(Written::Iron), process(modern(None)));
    let ready = |attempt: Result<Attempt<String>>| match attempt.unwrap() {
        Attempt::Ready(token) => token,
        Attempt::NeedsKey => panic!("nothing here is derived at a cost"),
    };
    for sealed_for in &bounds {
        let token = ready(ik1.try_seal(b"data", sealed_for, now()));
        let legacy = ready(iron.try_seal(b"data", sealed_for, now()));
        for opened_for in &bounds {
            let opened = ik1.try_unseal(&token, opened_for, now());
            if sealed_for == opened_for {
                assert!(opened.is_ok());
            } else {
                assert_eq!(opened.unwrap_err(), Error::BadMac, "{sealed_for:?} {opened_for:?}");
            }
            assert_eq!(ik1.try_unseal(&legacy, opened_for, now()).unwrap_err(), Error::BadMac);
        }
    }
}

#[test]
fn an_unknown_key_is_told_apart_for_the_ring_to_be_read_again() {
    let token = seal(&process(modern(None)), b"data", now()).unwrap().replacen("ik1.a.", "ik1.b.", 1);
    assert_eq!(unseal(&process(modern(None)), &token, now()).unwrap_err().code(), ErrorCode::KeyUnknown);
}

#[test]
fn nothing_is_waited_for() {
    let ik1 = process(modern(None));
    let token = seal(&ik1, b"data", now()).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    for ask in [
        |format: Arc<Formats>, _: String, done| format.request_seal_key(&bound(), now(), done),
        |format: Arc<Formats>, token, done| format.request_unseal_key(token, &bound(), now(), done),
    ] {
        let sender = sender.clone();
        ask(Arc::clone(&ik1), token.clone(), Box::new(move |outcome| sender.send(outcome).unwrap()));
        receiver.try_recv().unwrap().unwrap();
    }
}
