//! Tokens that node:crypto made, and those that have to be refused.

#![forbid(unsafe_code)]

use serde_json::Value;

use super::*;

fn file() -> Value {
    serde_json::from_str(include_str!("../../../../__test__/vectors/ik1.json")).unwrap()
}

fn bytes_of(value: &Value) -> Vec<u8> {
    match value["text"].as_str() {
        Some(text) => text
            .repeat(value["times"].as_u64().map_or(1, |times| times.try_into().unwrap()))
            .into_bytes(),
        None => unhex(value["hex"].as_str().unwrap()),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

fn bound_of(vector: &Value) -> Bound {
    let text = |field| text(vector, field).to_owned();
    Bound { purpose: text("purpose"), name: text("sessionName"), audience: text("audience") }
}

fn open(vector: &Value, now: f64) -> Result<Vec<u8>> {
    let token = Token::parse(text(vector, "token"), &options())?;
    let key = Ik1Key::new(&bytes_of(&vector["secret"]));
    Ok(token.open(&key, &bound_of(vector), Timestamp::from_millis(now), &options())?)
}

#[test]
fn tokens_of_node_crypto_open() {
    let file = file();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 20);
    for vector in vectors {
        let name = text(vector, "name");
        let payload = bytes_of(&vector["payload"]);
        assert_eq!(open(vector, vector["issuedAt"].as_f64().unwrap()).unwrap(), payload, "{name}");
        let expires = vector["expiresAt"].as_f64().unwrap();
        if expires > 0.0 {
            assert_eq!(open(vector, expires + 4999.0).unwrap(), payload, "{name}");
            assert_eq!(open(vector, expires + 5000.0), Err(Error::Expired), "{name}");
        } else {
            assert_eq!(open(vector, 1e18).unwrap(), payload, "{name}");
        }
        assert_eq!(Token::parse(text(vector, "token"), &options()).unwrap().kid(), text(vector, "kid"));
    }
}

/// Where nothing is deflated, a token is the same for every writer.
#[test]
fn the_same_salt_writes_the_same_token() {
    let mut written = 0;
    for vector in file()["vectors"].as_array().unwrap() {
        if vector["deflated"].as_bool().unwrap() {
            continue;
        }
        let token = text(vector, "token");
        let salt = *body(token).first_chunk().unwrap();
        let instant = |field: &str| Timestamp::from_millis(vector[field].as_f64().unwrap());
        let expires_at = (vector["expiresAt"] != 0).then(|| instant("expiresAt"));
        let header = Times { issued_at: instant("issuedAt"), expires_at }.header(0);
        let key = Ik1Key::new(&bytes_of(&vector["secret"]));
        let plaintext = [&header[..], &bytes_of(&vector["payload"])];
        let ours = write(&key, text(vector, "kid"), &bound_of(vector), &salt, &plaintext, usize::MAX).unwrap();
        assert_eq!(ours, token, "{}", text(vector, "name"));
        written += 1;
    }
    assert!(written >= 15);
}

#[test]
fn what_has_to_be_refused_is() {
    let file = file();
    let refused = file["refused"].as_array().unwrap();
    assert!(refused.len() >= 30);
    for vector in refused {
        let error = open(vector, vector["now"].as_f64().unwrap()).unwrap_err();
        assert_eq!(error.code().as_str(), text(vector, "code"), "{}", text(vector, "name"));
    }
}
