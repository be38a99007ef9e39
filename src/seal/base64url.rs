//! base64url without padding, canonical: one spelling for each sequence of bytes (RFC 4648, sections 3.5 and 5).
//!
//! Bytes of our own and authentic text go through the vectored engine, which is unsafe code of the `base64` crate. What
//! anybody may have sent goes through the scalar one, which is safe Rust.

#![forbid(unsafe_code)]

use std::sync::LazyLock;

use base64::Engine;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::GeneralPurpose as Vectored;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::Simd as Vectored;
use base64::engine::general_purpose::{NO_PAD, URL_SAFE_NO_PAD};

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static VECTORED: LazyLock<Vectored> = LazyLock::new(|| Vectored::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static VECTORED: LazyLock<Vectored> = LazyLock::new(|| Vectored::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// Appends `bytes` to `text`.
pub fn encode(bytes: &[u8], text: &mut String) {
    VECTORED.encode_string(bytes, text);
}

/// Decodes text that anybody may have sent; `None` for what is not canonical.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes text that a MAC verified; `None` for what is not canonical.
#[must_use]
pub fn decode_authentic(text: &str) -> Option<Vec<u8>> {
    VECTORED.decode(text).ok()
}

/// Decodes exactly `N` bytes; `None` for another length and for what is not canonical.
#[must_use]
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // The engine asks for room by the length of the text, so a text of another length is refused here.
    if text.len() != base64::encoded_len(N, false)? {
        return None;
    }
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        encode(bytes, &mut text);
        text
    }

    #[test]
    fn both_engines_agree_on_every_length() {
        let bytes: Vec<u8> = (0..=255).cycle().take(600).map(|byte: u8| byte.wrapping_mul(151)).collect();
        for length in 0..bytes.len() {
            let text = encoded(&bytes[..length]);
            assert_eq!(text, URL_SAFE_NO_PAD.encode(&bytes[..length]));
            assert_eq!(decode(&text).as_deref(), Some(&bytes[..length]));
            assert_eq!(decode_authentic(&text).as_deref(), Some(&bytes[..length]));
        }
    }

    #[test]
    fn what_is_not_canonical_is_refused_by_both() {
        let text = encoded(&[0xff; 100]);
        let spoiled = ["A", "AB", "AAAAB", "AA==", "A A", "AA+A", "AA/A", "\u{e9}AAA"].map(str::to_owned);
        // Another character at every position, so that each lane of the vectored engine meets one.
        let planted = (0..text.len()).flat_map(|at| {
            ["+", "=", "\n", "\u{80}"].map(|wrong| format!("{}{wrong}{}", &text[..at], &text[at + 1..]))
        });
        for text in spoiled.into_iter().chain(planted) {
            assert_eq!(decode(&text), None, "{text}");
            assert_eq!(decode_authentic(&text), None, "{text}");
        }
    }

    #[test]
    fn an_array_has_one_length() {
        let text = encoded(&[7; 16]);
        assert_eq!(decode_array::<16>(&text), Some([7; 16]));
        assert_eq!(decode_array::<15>(&text), None);
        assert_eq!(decode_array::<17>(&text), None);
        assert_eq!(decode_array::<16>(&text[1..]), None);
    }
}
