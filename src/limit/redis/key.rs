//! The names of buckets in Redis: hashes of keys, and what is asked of them.

#![forbid(unsafe_code)]

use ring::digest::{SHA256, digest};

use crate::limit::quota::Quota;
use crate::seal::base64url;

/// Half of the SHA-256 of a key. It has no secret: all processes have to find the same one. Who makes two keys that meet has made
/// both, and shares his bucket with himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Tag(pub(super) [u8; 16]);

impl Tag {
    pub(super) fn of(key: &[u8]) -> Self {
        let mut tag = [0; 16];
        tag.copy_from_slice(&digest(&SHA256, key).as_ref()[..16]);
        Self(tag)
    }
}

/// What stands behind the tag of every key of a limit. The quota is in it: a state is of one quota, and a changed one begins anew.
pub(super) fn suffix(name: &str, quota: &Quota) -> String {
    format!(":{}.{}.{}:{name}", quota.rate(), quota.period(), quota.burst())
}

/// The name of a slot. The tag alone decides on the slot of a Cluster, so that all limits of one key are on one.
pub(super) fn slot(prefix: &str, tag: Tag) -> String {
    let mut name = String::with_capacity(prefix.len() + 24);
    name.push_str(prefix);
    name.push('{');
    base64url::encode(&tag.0, &mut name);
    name.push('}');
    name
}
