//! Tokens that other packages made.

#![forbid(unsafe_code)]

use serde_json::Value;

use super::*;

#[test]
fn every_peers_tokens_open() {
    let shared = shared();
    let file: Value = serde_json::from_str(include_str!("../../../../__test__/vectors/fe26-2.json")).unwrap();
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
            encryption: Ok(half_options(
                HalfOptions::encryption_algorithm(text("algorithm")).unwrap(),
                number("encryptionIterations"),
            )),
            integrity: Ok(half_options(KeyUse::Integrity, number("integrityIterations"))),
            also_opens: Vec::new(),
            ..options(1)
        };
        let iron = Iron::new(KeySource::Fixed(Arc::new(ring)), made, Arc::clone(&shared));
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
        Some(text) => RawSecret::Text(text.to_owned().into()),
        None => RawSecret::Bytes(SecretBytes::new(unhex(value["hex"].as_str().unwrap()))),
    }
}
