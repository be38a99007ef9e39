//! What scripts are given.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::session::id::StoreKey;
use crate::store::record::{NewRecord, OnFull};

use super::keys;

/// As far as a double counts milliseconds exactly.
const FAR: u128 = 1 << 53;

/// The arguments of a script, in their order. What there is not is empty.
pub(super) struct Arguments(Vec<Vec<u8>>);

impl Arguments {
    pub(super) fn of(first: impl Into<Vec<u8>>) -> Self {
        Self(vec![first.into()])
    }

    pub(super) fn and(mut self, next: impl Into<Vec<u8>>) -> Self {
        self.0.push(next.into());
        self
    }

    pub(super) fn and_some(self, next: Option<String>) -> Self {
        self.and(next.unwrap_or_default())
    }

    /// A label may be empty, and yet be one.
    pub(super) fn and_label(self, label: Option<&str>) -> Self {
        self.and_some(label.map(|label| format!("+{label}")))
    }

    pub(super) fn parts(&self) -> Vec<&[u8]> {
        self.0.iter().map(Vec::as_slice).collect()
    }
}

/// A duration in whole milliseconds, rounded.
pub(super) fn span(duration: Duration) -> String {
    let rounded = duration.saturating_add(Duration::from_micros(500));
    rounded.as_millis().min(FAR).to_string()
}

/// Those of `add.lua`.
pub(super) fn added(key: &StoreKey, new: &NewRecord) -> Arguments {
    let user = new.user.as_deref();
    let evicting = new.cap.and_then(|cap| match cap.on_full {
        OnFull::EvictOldest { tombstone } => Some(span(tombstone)),
        OnFull::Refuse => None,
    });
    Arguments::of(keys::id(key))
        .and(new.data.clone())
        .and(new.write_token.0)
        .and(user.unwrap_or_default())
        .and_some(user.map(keys::user))
        .and_some(new.authenticated.map(span))
        .and(span(new.age))
        .and(span(new.lifetime.max_age))
        .and_some(new.lifetime.idle.map(span))
        .and_label(new.label.as_deref())
        .and_some(new.cap.map(|cap| cap.max.max(1).to_string()))
        .and_some(evicting)
        .and_some(new.import.as_ref().map(keys::import))
}
