//! The texts of a submission: one behind the other, so that few values cross. They come as UTF-16, whose lengths are those that
//! JavaScript knows; nearly all are ASCII, which is made bytes of many characters at a time.

use napi::bindgen_prelude::{Array, Either, FromNapiValue, JsValue, Utf16String};
use napi::{JsString, JsStringUtf16};

use crate::binding::arguments::{Given, list, wrong};
use crate::error::{Error, Result};

pub(crate) const TEXTS: &str = wrong!("texts", "a text, or an array of at most 65,536 texts");

/// The texts that are not read yet.
pub(crate) struct Texts {
    pieces: Vec<Utf16String>,
    piece: usize,
    at: usize,
}

impl Texts {
    /// Copies the texts.
    ///
    /// # Errors
    /// [`Error::Config`] for what is neither a text nor an array of texts.
    pub(crate) fn copy(texts: Given<'_, JsString<'_>>) -> Result<Self> {
        let pieces = match texts {
            Either::A(text) => vec![piece(text)?],
            Either::B(texts) => list(&Array::from_unknown(texts).map_err(|_| Error::Config(TEXTS))?, TEXTS, piece)?,
        };
        Ok(Self { pieces, piece: 0, at: 0 })
    }

    /// Goes back to the first one.
    pub(crate) fn rewind(&mut self) {
        (self.piece, self.at) = (0, 0);
    }

    /// The next text, which has so many units of UTF-16. `None`: no piece holds all of it.
    pub(crate) fn next(&mut self, length: usize) -> Option<&[u16]> {
        if length == 0 {
            return Some(&[]);
        }
        while self.at == self.pieces.get(self.piece)?.len() {
            self.piece += 1;
            self.at = 0;
        }
        let text = self.pieces[self.piece].get(self.at..)?.get(..length)?;
        self.at += length;
        Some(text)
    }
}

fn piece(text: JsString<'_>) -> Result<Utf16String> {
    Utf16String::from_unknown(text.to_unknown()).map_err(|_| Error::Config(TEXTS))
}

/// Without the zero that Node-API writes behind it.
pub(crate) fn units<'a>(piece: &'a JsStringUtf16<'_>) -> &'a [u16] {
    piece.as_slice().split_last().map_or(&[], |(_zero, units)| units)
}

/// As UTF-8. A surrogate without its other half becomes U+FFFD.
pub(crate) fn bytes(mut units: &[u16]) -> Vec<u8> {
    if is_ascii(units) {
        return units.iter().map(|&unit| low(unit)).collect();
    }
    let mut bytes = Vec::with_capacity(units.len());
    while !units.is_empty() {
        let ascii = units.iter().position(|&unit| unit >= 0x80).unwrap_or(units.len());
        let (before, rest) = units.split_at(ascii);
        let others = rest.iter().position(|&unit| unit < 0x80).unwrap_or(rest.len());
        let (others, rest) = rest.split_at(others);
        bytes.extend(before.iter().map(|&unit| low(unit)));
        for character in char::decode_utf16(others.iter().copied()) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        units = rest;
    }
    bytes
}

/// As [`bytes`].
pub(crate) fn text(units: &[u16]) -> String {
    // Nothing else comes out of `bytes`.
    String::from_utf8(bytes(units)).unwrap_or_default()
}

/// Text that is ASCII as it is; `None` for any other, and for more than there is room for.
pub(crate) fn ascii<'a>(units: &[u16], room: &'a mut [u8]) -> Option<&'a str> {
    let room = room.get_mut(..units.len())?;
    for (byte, &unit) in room.iter_mut().zip(units) {
        *byte = low(unit);
    }
    is_ascii(units).then(|| str::from_utf8(room).ok())?
}

/// Looks at many at a time, and so at all of them.
#[inline]
fn is_ascii(units: &[u16]) -> bool {
    units.iter().fold(0, |seen, unit| seen | unit) < 0x80
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "of ASCII nothing is lost")]
fn low(unit: u16) -> u8 {
    unit as u8
}
