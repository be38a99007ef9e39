//! The users of a shard: their sessions in the order in which they were made, and when they were revoked.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::room::{Room, Size, allocated};
use super::session::NOBODY;
use super::table::{Key, Table};

/// A user's name beside its hash, which is keyed: users choose their names.
pub(super) struct Name {
    hash: u64,
    pub(super) name: Arc<str>,
}

impl Name {
    pub(super) fn new(hash: u64, name: &str) -> Self {
        Self { hash, name: name.into() }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Name {}

impl Key for Name {
    fn hash(&self) -> u64 {
        self.hash
    }
}

/// A user who has sessions, or was revoked. The end of the entry is that of the revocation.
pub(super) struct User {
    /// The sessions that were made first and last, or [`NOBODY`].
    pub(super) first: u32,
    pub(super) last: u32,
    /// Who proved before this who they are makes no session; 0 when nobody was revoked.
    pub(super) revoked: u64,
}

impl User {
    pub(super) fn new() -> Self {
        Self { first: NOBODY, last: NOBODY, revoked: 0 }
    }
}

pub(super) type Users = Table<Name, User>;

/// The end of an entry that is no revocation: its last session is its end.
pub(super) const NEVER: u64 = u64::MAX;

/// What an entry takes. It counts as no entry of the store, since a user with a session has one already.
pub(super) fn size(name: &str) -> Size {
    const COUNTS: usize = 2 * size_of::<usize>();
    Size::of_bytes(Users::COST + allocated(name.len() + COUNTS))
}

/// Forgets a revocation, and the user if there is nothing else to know.
pub(super) fn forget(users: &mut Users, slot: u32, room: &Room) {
    if users.get(slot).value.first == NOBODY {
        if let Some(gone) = users.swap_remove(slot) {
            room.give(size(&gone.key.name));
        }
    } else {
        users.value(slot).revoked = 0;
        users.set_end(slot, NEVER);
    }
}
