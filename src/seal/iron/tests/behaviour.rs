//! The conformance suite over both generations, and what is this format's own.

#![forbid(unsafe_code)]

use super::*;

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
    let options = IronOptions { encryption: Ok(half_options(KeyUse::Aes128Ctr, 1)), ..one_generation() };
    conformance::check(&iron(STRONG, options.clone(), &shared), &iron(OTHER, options, &shared));
}

#[test]
fn keys_given_as_bytes_conform() {
    let shared = shared();
    let key = |byte: u8| {
        let half = || Some(RawSecret::Bytes(SecretBytes::new(vec![byte; 32])));
        let raw = RawPassword { id: "k".into(), encryption: half(), integrity: half() };
        iron_with(PasswordSpec::Positional(vec![raw]), one_generation(), &shared)
    };
    conformance::check(&key(1), &key(2));
}

/// Its MAC verifies whatever the salt says, since the MAC is not over it: the salt has to be what a sealer writes.
#[test]
fn a_mac_key_given_as_bytes_has_no_salt() {
    let raw = || {
        let integrity = Some(RawSecret::Bytes(SecretBytes::new(vec![5; 32])));
        PasswordSpec::Positional(vec![RawPassword { integrity, ..password(STRONG) }])
    };
    let iron = iron_with(raw(), one_generation(), &shared());
    let token = seal(&iron, b"{}", now()).unwrap();
    unseal(&iron, &token, now()).unwrap();
    for salt in ["a", "Fe26.2", &salts(&token).0] {
        let mut parts: Vec<&str> = token.split('*').collect();
        assert_eq!(std::mem::replace(&mut parts[6], salt), "");
        let spelled = parts.join("*");
        assert_eq!(unseal(&iron, &spelled, now()).unwrap_err(), Error::BadMac);
        assert_eq!(iron.unseal_blocking(&spelled, &bound(), now()).unwrap_err(), Error::BadMac);
    }
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
fn blocking_calls_agree_with_the_others() {
    let shared = shared();
    for iterations in [1, 8192] {
        let iron = iron(STRONG, options(iterations), &shared);
        let token = iron.seal_blocking(b"{}", now()).unwrap();
        assert_eq!(iron.unseal_blocking(&token, &bound(), now()).unwrap().payload, b"{}");
        assert_eq!(unseal(&iron, &token, now()).unwrap().payload, b"{}");
        let forged = forge(&token);
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
    assert_eq!(huge.code(), ErrorCode::CookieTooLarge);
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
