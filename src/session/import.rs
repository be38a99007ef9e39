//! What names the import of a sealed session into a store.
//!
//! ```text
//! K  = SHA-256(lp("ironkeep import") | lp(session name) | lp(audience) | lp(the seal's session id) | createdAt)
//! id = tag | K
//! ```
//!
//! `createdAt` is the seal's, in whole milliseconds, as 64 bits, big-endian. Everybody who holds a seal of the session comes to
//! the same K, so that requests which race meet one record. K is no secret: a cookie needs a MAC too.

#![forbid(unsafe_code)]

use ring::digest::{SHA256, digest};

use crate::clock::Timestamp;
use crate::seal::{Bound, lp};
use crate::session::id::{SessionId, Tag};
use crate::store::record::ImportKey;

/// K of a sealed session.
#[must_use]
pub fn import_key(bound: &Bound, sealed_id: &str, created_at: Timestamp) -> ImportKey {
    let mut message = lp::join(&["ironkeep import", &bound.name, &bound.audience, sealed_id]);
    message.extend_from_slice(&created_at.whole_millis().to_be_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, &message).as_ref());
    ImportKey(key)
}

/// The id that an imported session has.
#[must_use]
pub fn imported_id(tag: Tag, key: &ImportKey) -> SessionId {
    SessionId::from_parts(tag, &key.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(name: &str, audience: &str) -> Bound {
        Bound { purpose: "session".into(), name: name.into(), audience: audience.into() }
    }

    fn at(millis: f64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn everything_is_in_the_key() {
        let key = import_key(&bound("h3", "app"), "id", at(1000.0));
        assert_eq!(import_key(&bound("h3", "app"), "id", at(1000.9)), key);
        for other in [
            import_key(&bound("h4", "app"), "id", at(1000.0)),
            import_key(&bound("h3", "other"), "id", at(1000.0)),
            import_key(&bound("h3a", "pp"), "id", at(1000.0)),
            import_key(&bound("h3", "app"), "id2", at(1000.0)),
            import_key(&bound("h3", "app"), "id", at(1001.0)),
        ] {
            assert_ne!(other, key);
        }
    }

    #[test]
    fn the_id_has_the_tag_and_the_key() {
        let key = import_key(&bound("h3", ""), "id", at(0.0));
        let id = imported_id(Tag([1, 2]), &key);
        assert_eq!(id.tag(), Tag([1, 2]));
        assert_eq!(id.expose()[2..], key.0);
    }

    #[test]
    fn a_time_that_no_seal_has_is_taken_as_the_epoch() {
        let odd = import_key(&bound("h3", ""), "id", at(f64::NAN));
        assert_eq!(odd, import_key(&bound("h3", ""), "id", at(-5.0)));
    }
}
