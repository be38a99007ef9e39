//! What a token is bound to: purpose, session name, audience, key id, key.

#![forbid(unsafe_code)]

use super::*;

/// Everything that a reader brings.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    bound: Bound,
    kid: &'static str,
    key: u8,
}

/// Every combination of a few of each, among them texts that are one another's parts and neighbours.
fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for purpose in ["session", "csrf", ""] {
        for name in ["h3", "h", "admin", ""] {
            for audience in ["", "3", "h3", "app.example"] {
                for kid in ["k1", "k2"] {
                    for key in [1, 2] {
                        let bound = Bound { purpose: purpose.into(), name: name.into(), audience: audience.into() };
                        places.push(Place { bound, kid, key });
                    }
                }
            }
        }
    }
    places
}

#[test]
fn a_token_of_one_place_is_nothing_in_another() {
    let (options, keys) = (options(), [key(1), key(2)]);
    let key_of = |place: &Place| &keys[usize::from(place.key) - 1];
    let places = places();
    let mut refused = 0;
    for made in &places {
        let token = seal(key_of(made), made.kid, &made.bound, b"{}", never(), &options).unwrap();
        let bytes = body(&token);
        for read in &places {
            let text = with_body(read.kid, &bytes);
            let outcome = Token::parse(&text, &options).unwrap().open(key_of(read), &read.bound, now(), &options);
            // The key and the purpose are in the commitment, the rest under the tag.
            let same_keys = made.key == read.key && made.bound.purpose == read.bound.purpose;
            let expected = match (made == read, same_keys) {
                (true, _) => Ok(b"{}".to_vec()),
                (false, true) => Err(Refusal::Tag),
                (false, false) => Err(Refusal::Commitment),
            };
            assert_eq!(outcome, expected, "made for {made:?}, read as {read:?}");
            refused += usize::from(outcome.is_err());
        }
    }
    assert_eq!(refused, places.len() * (places.len() - 1));
}

/// In HKDF a secret is a message, so nothing pads it.
#[test]
fn secrets_that_differ_in_a_zero_behind_them_are_two_keys() {
    let token = sealed(b"{}", never(), &options());
    let longer = Ik1Key::new(&[&[1; 32][..], &[0]].concat());
    let parsed = Token::parse(&token, &options()).unwrap();
    assert_eq!(parsed.open(&longer, &bound(), now(), &options()), Err(Refusal::Commitment));
}
