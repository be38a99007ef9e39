//! The key of a call, as UTF-8.
//!
//! Node-API gives a text as UTF-16 in two calls, and as bytes in four, since those of which kind it takes have to be asked first.
//! Nearly all keys are ASCII and short, and take no memory.

use napi::JsString;

use crate::binding::arguments::wrong;
use crate::binding::error::to_js;
use crate::binding::texts::units;
use crate::binding::values::{ascii, bytes};
use crate::error::{Error, ErrorCode};

pub(super) const KEY: &str = wrong!("key", "a string");
/// What most keys are within: an address, an id.
const SHORT: usize = 96;

pub(super) enum Key {
    Short([u8; SHORT], usize),
    Long(Vec<u8>),
}

impl Key {
    /// # Errors
    /// `ERR_CONFIG` for what is no text.
    pub(super) fn read(argument: JsString<'_>) -> napi::Result<Self, ErrorCode> {
        let text = argument.into_utf16().map_err(|_| to_js(&Error::Config(KEY)))?;
        let (units, mut room) = (units(&text), [0; SHORT]);
        let short = ascii(units, &mut room).map(str::len);
        Ok(short.map_or_else(|| Self::Long(bytes(units)), |length| Self::Short(room, length)))
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short(room, length) => room.get(..*length).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}
