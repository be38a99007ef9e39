//! Whole tokens, opened with the keys at hand: nothing opens but what was sealed.

#![forbid(unsafe_code)]

use std::sync::{Arc, LazyLock};

use ironkeep::error::{ErrorCode, Result};
use ironkeep::seal::iron::Iron;
use ironkeep::seal::iron::options::{IronOptions, SaltPolicy};
use ironkeep::seal::key_cache::KeyUse;
use ironkeep::seal::keyring::PasswordSpec;
use ironkeep::seal::{Attempt, SealFormat};

use super::readers::{OTHER, STRONG, bound, bytes, now, options, reader, text};

/// Tokens that the readers' own passwords sealed, in the order of [`readers`], two for each.
const AUTHENTIC: &str = include_str!("authentic.txt");

/// Each reader with what it opens.
type Readers = Vec<(Arc<Iron>, Vec<&'static str>)>;

static READERS: LazyLock<Readers> = LazyLock::new(|| {
    let tokens: Vec<&str> = AUTHENTIC.lines().collect();
    let readers: Vec<_> = readers().into_iter().flatten().collect();
    assert_eq!(readers.len() * 2, tokens.len());
    let pairs = tokens.chunks(2).map(<[&str]>::to_vec);
    readers.into_iter().zip(pairs).inspect(|(iron, tokens)| warm(iron, tokens)).collect()
});

/// Every kind of password and both generations.
fn readers() -> [Result<Arc<Iron>>; 5] {
    let list = |secrets: &[&str]| PasswordSpec::Positional(secrets.iter().map(|secret| text(secret)).collect());
    let map = || PasswordSpec::Map(vec![("1".into(), text(OTHER)), ("2".into(), text(STRONG))]);
    let fresh = |options| IronOptions { salts: SaltPolicy::Fresh, ..options };
    [
        reader(PasswordSpec::Positional(vec![bytes("k")]), options(KeyUse::Aes256Cbc, 1, &[])),
        reader(list(&[STRONG, OTHER]), options(KeyUse::Aes256Cbc, 1, &[])),
        reader(map(), options(KeyUse::Aes128Ctr, 1, &[])),
        reader(list(&[STRONG]), options(KeyUse::Aes256Cbc, 8192, &[1])),
        reader(map(), fresh(options(KeyUse::Aes128Ctr, 8192, &[]))),
    ]
}

/// Gets the keys of a reader's tokens derived, so that the MAC of whatever names their salts is compared at once.
fn warm(iron: &Arc<Iron>, tokens: &[&str]) {
    for token in tokens {
        let done = |outcome| assert_eq!(outcome, Ok(()), "an authentic token is refused");
        Arc::clone(iron).request_unseal_key((*token).to_owned(), &bound(), now(), Box::new(done));
        assert!(matches!(iron.try_unseal(token, &bound(), now()), Ok(Attempt::Ready(_))));
    }
}

/// Checks any bytes.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (iron, authentic) in READERS.iter() {
        match iron.try_unseal(text, &bound(), now()) {
            Ok(Attempt::Ready(_)) => {
                // One reader's token may open at another, which has the same password.
                assert!(AUTHENTIC.lines().any(|token| token == text), "a forged token opens");
            }
            Ok(Attempt::NeedsKey) => assert!(!authentic.contains(&text), "a key is not at hand"),
            Err(error) => {
                assert!(!authentic.contains(&text), "an authentic token is refused: {error}");
                let code = error.code();
                assert!(
                    matches!(code, ErrorCode::SealInvalid | ErrorCode::SealExpired | ErrorCode::KeyUnknown),
                    "{code:?}"
                );
            }
        }
    }
}
