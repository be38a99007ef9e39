//! Payloads as JavaScript text.

use std::borrow::Cow;

use napi::{Env, JsString, Result};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Decodes as `TextDecoder` decodes: a byte order mark at the start goes, bytes that are no UTF-8 become U+FFFD.
pub(crate) fn decode<'env>(env: &'env Env, payload: &[u8]) -> Result<JsString<'env>> {
    exact(env, payload.strip_prefix(BYTE_ORDER_MARK).unwrap_or(payload))
}

/// The text with all that is in it; bytes that are no UTF-8 become U+FFFD.
///
/// V8 reads UTF-8 twice, a character at a time; Latin-1 and UTF-16 it copies.
pub(crate) fn exact<'env>(env: &'env Env, text: &[u8]) -> Result<JsString<'env>> {
    // What nearly all text is, found out sixteen bytes and more at a time.
    if text.is_ascii() {
        return env.create_string_latin1(text);
    }
    // The lossy decoder is slow on text that is whole.
    let text = std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed);
    match latin1(text.as_bytes()) {
        Some(latin1) => env.create_string_latin1(latin1),
        None => env.create_string_utf16(text.encode_utf16().collect::<Vec<_>>()),
    }
}

/// UTF-8 as Latin-1, if all of it fits. Outside of ASCII those are the sequences that start with C2 or C3.
fn latin1(utf8: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(utf8.len());
    let mut rest = utf8;
    while let Some(at) = rest.iter().position(|byte| !byte.is_ascii()) {
        text.extend_from_slice(&rest[..at]);
        let [lead @ (0xc2 | 0xc3), continuation, tail @ ..] = &rest[at..] else { return None };
        text.push(lead << 6 | continuation & 0x3f);
        rest = tail;
    }
    text.extend_from_slice(rest);
    Some(text)
}
