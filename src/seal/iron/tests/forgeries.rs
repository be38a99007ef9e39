//! Whatever is not a token, or no longer one.

#![forbid(unsafe_code)]

use proptest::prelude::*;

use super::*;

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
