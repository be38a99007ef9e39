//! Imports: a marker on a slot of its own says which tag an import has, and the slot of that tag how far it has come, since that
//! is where its record is created.
//!
//! A tag's slot holds it for at least as long as the marker does: it is told first. So a marker that is still there never finds
//! that what was done is forgotten.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::error::Result;
use crate::session::id::Tag;
use crate::store::record::{Import, ImportKey};

use super::arguments::{Arguments, span};
use super::calls::Call;
use super::keys;
use super::reply::unreadable;

/// What the marker of an import holds that ended before it had a tag.
const NO_TAG: &str = "-";

impl Call {
    pub(super) async fn begin_import(&self, import: ImportKey, tag: Tag, keep: Duration) -> Result<Import> {
        let (is_new, tag) = self.mark(&import, &keys::tag(tag), keep, false).await?;
        let Some(tag) = tag else { return Ok(Import::Done(None)) };
        let is_open = self.on_its_tag(&import, tag, keep, "begin").await?;
        if !is_new {
            self.mark(&import, &keys::tag(tag), keep, true).await?;
        }
        Ok(if is_open { Import::Open(tag) } else { Import::Done(Some(tag)) })
    }

    pub(super) async fn end_import(&self, import: ImportKey, keep: Duration) -> Result<()> {
        let (_, tag) = self.mark(&import, NO_TAG, keep, false).await?;
        if let Some(tag) = tag {
            self.on_its_tag(&import, tag, keep, "end").await?;
            self.mark(&import, NO_TAG, keep, true).await?;
        }
        Ok(())
    }

    /// Reads the marker, or makes it with this tag. Says whether it is new, and its tag.
    async fn mark(&self, import: &ImportKey, tag: &str, keep: Duration, keeps: bool) -> Result<(bool, Option<Tag>)> {
        let arguments =
            Arguments::of(keys::import(import))
                .and(tag)
                .and(span(keep))
                .and(if keeps { "keep" } else { "" });
        let slot = keys::marker_slot(&self.prefix, import);
        let mut reply = self.run_on(&self.scripts.marker, &slot, arguments).await?;
        let is_new = reply.text()? == "new";
        match reply.text()?.as_str() {
            NO_TAG => Ok((is_new, None)),
            text => Ok((is_new, Some(keys::read_tag(text).ok_or_else(unreadable)?))),
        }
    }

    /// Whether it is open.
    async fn on_its_tag(&self, import: &ImportKey, tag: Tag, keep: Duration, act: &str) -> Result<bool> {
        let arguments = Arguments::of(keys::import(import)).and(span(keep)).and(act);
        Ok(self.run(&self.scripts.import, tag, arguments).await?.text()? == "open")
    }
}
