//! The names of keys. None holds an id of a session or of a user, only hashes of them.

#![forbid(unsafe_code)]

use ring::digest::{SHA256, digest};

use crate::seal::base64url;
use crate::session::id::{StoreKey, Tag};
use crate::store::record::ImportKey;

/// What all keys of this tag begin with. What is in braces alone decides on the slot, so that all of them are on one.
pub(super) fn slot(prefix: &str, tag: Tag) -> String {
    format!("{prefix}{{{:02x}{:02x}}}", tag.0[0], tag.0[1])
}

/// The key of a session within its tag, as `common.lua` names it.
pub(super) fn session(slot: &str, id: &str) -> String {
    [slot, ":s:", id].concat()
}

/// The key of a tombstone.
pub(super) fn tombstone(slot: &str, id: &str) -> String {
    [slot, ":t:", id].concat()
}

/// What all keys begin with for the marker of an import, whose tag is not known before it is read.
pub(super) fn marker_slot(prefix: &str, import: &ImportKey) -> String {
    format!("{prefix}{{i{:02x}{:02x}}}", import.0[0], import.0[1])
}

/// A session, within its tag.
pub(super) fn id(key: &StoreKey) -> String {
    text(&key.0[2..])
}

/// An import.
pub(super) fn import(import: &ImportKey) -> String {
    text(&import.0)
}

/// A user.
pub(super) fn user(user: &str) -> String {
    text(digest(&SHA256, user.as_bytes()).as_ref())
}

/// A tag as the marker of an import holds it.
pub(super) fn tag(tag: Tag) -> String {
    text(&tag.0)
}

/// Reads what [`tag`] made.
pub(super) fn read_tag(text: &str) -> Option<Tag> {
    base64url::decode_array(text).map(Tag)
}

/// Reads what [`id`] made.
pub(super) fn read_id(tag: Tag, text: &str) -> Option<StoreKey> {
    let hash: [u8; 32] = base64url::decode_array(text)?;
    let mut key = [0; 34];
    key[..2].copy_from_slice(&tag.0);
    key[2..].copy_from_slice(&hash);
    Some(StoreKey(key))
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    base64url::encode(bytes, &mut text);
    text
}
