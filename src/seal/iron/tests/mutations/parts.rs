//! The ways that know what the parts of a token are.

#![forbid(unsafe_code)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

use super::mutate::Case;
use super::*;
use crate::seal::edits::BASE64URL;

const ID: usize = 1;
const ENCRYPTION_SALT: usize = 2;
const IV: usize = 3;
const CIPHERTEXT: usize = 4;
const EXPIRATION: usize = 5;
pub(super) const INTEGRITY_SALT: usize = 6;
const MAC: usize = 7;
const ENCODED: [usize; 3] = [IV, CIPHERTEXT, MAC];

impl Case<'_> {
    /// A change that is canonical base64url again, so that nothing but the MAC can tell.
    pub(super) fn flip_a_decoded_bit(&mut self) {
        let part = ENCODED[self.random.below(ENCODED.len())];
        let (at, bit) = (self.random.below(1 << 16), self.random.below(8));
        self.set(part, |text| match URL_SAFE_NO_PAD.decode(text) {
            Ok(mut bytes) if !bytes.is_empty() => {
                let at = at % bytes.len();
                bytes[at] ^= 1 << bit;
                URL_SAFE_NO_PAD.encode(bytes)
            }
            _ => text.to_owned(),
        });
    }

    /// Each part from either of two tokens.
    pub(super) fn splice_parts(&mut self) {
        let other: Vec<String> = self.another().split('*').map(str::to_owned).collect();
        let choice = self.random.next();
        let parts = self.parts().into_iter().enumerate();
        let spliced: Vec<String> = parts
            .map(|(at, part)| if choice >> at & 1 == 0 { part } else { other.get(at).cloned().unwrap_or(part) })
            .collect();
        self.token = spliced.join("*");
    }

    pub(super) fn swap_parts(&mut self) {
        let mut parts = self.parts();
        let (one, two) = (self.random.below(parts.len()), self.random.below(parts.len()));
        parts.swap(one, two);
        self.token = parts.join("*");
    }

    /// A part in the place of another.
    pub(super) fn copy_a_part(&mut self) {
        let mut parts = self.parts();
        let (from, to) = (self.random.below(parts.len()), self.random.below(parts.len()));
        parts[to] = parts[from].clone();
        self.token = parts.join("*");
    }

    /// A part more, or one less.
    pub(super) fn repeat_a_part(&mut self) {
        let mut parts = self.parts();
        let at = self.random.below(parts.len());
        if self.random.one_in(2) {
            parts.insert(at, parts[at].clone());
        } else {
            parts.remove(at);
        }
        self.token = parts.join("*");
    }

    /// Another spelling of the same bytes, as lenient decoders read it.
    pub(super) fn spell_differently(&mut self) {
        let part = ENCODED[self.random.below(ENCODED.len())];
        let way = self.random.below(5);
        let at = self.random.next();
        self.set(part, |text| {
            let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
            match way {
                0 => URL_SAFE.encode(bytes),
                1 => STANDARD.encode(bytes),
                2 => format!("{text}="),
                3 => with_unused_bits(text),
                _ => {
                    let place = usize::try_from(at % 1000).unwrap() % (text.chars().count() + 1);
                    let blank = [' ', '\n', '\t', '='][usize::try_from(at % 4).unwrap()];
                    text.chars().take(place).chain([blank]).chain(text.chars().skip(place)).collect()
                }
            }
        });
    }

    pub(super) fn change_a_salt(&mut self) {
        let part = if self.random.one_in(2) { ENCRYPTION_SALT } else { INTEGRITY_SALT };
        let length = match self.random.below(4) {
            0 => 0,
            1 => 64,
            2 => [1, 255, 256, 257][self.random.below(4)],
            _ => self.random.below(301),
        };
        let salt = if self.random.one_in(2) { self.salt(length) } else { self.random.text(BASE64URL, length) };
        self.set(part, |_| salt);
    }

    pub(super) fn change_expiration(&mut self) {
        let later = (NOW + 1000.0 * f64::from(u32::try_from(self.random.below(1 << 30)).unwrap())).to_string();
        let earlier = (NOW - 60_000.0 - f64::from(u32::try_from(self.random.below(1 << 30)).unwrap())).to_string();
        let digits = 1 + self.random.below(400);
        let long = self.random.text(b"123456789", digits);
        let forms = [
            "",
            "0",
            "1",
            "-1",
            "+1",
            "1e99",
            "0x7fffffffffff",
            "Infinity",
            "NaN",
            "1.5",
            " 1",
            "\u{661}\u{662}",
            "00",
            &later,
            &later,
            &later,
            &long,
            &long,
            &earlier,
            &earlier,
        ];
        let form = self.random.pick(&forms).to_owned();
        let append = self.random.one_in(8);
        self.set(EXPIRATION, |text| if append { format!("{text}{form}") } else { form });
    }

    pub(super) fn change_prefix(&mut self) {
        let prefixes = [
            "",
            "Fe26.1",
            "Fe26.3",
            "fe26.2",
            "FE26.2",
            "Fe26.2 ",
            " Fe26.2",
            "Fe26.20",
            "Fe26",
            "Fe26.2\0",
            "ik1",
            "F\u{435}26.2",
        ];
        let prefix = self.random.pick(&prefixes).to_owned();
        self.set(0, |_| prefix);
    }

    pub(super) fn change_id(&mut self) {
        let ids =
            ["", "1", "2", "3", "01", "k", "K", "default", "__proto__", "constructor", "a b", "\u{e9}", "undefined"];
        let id = self.random.pick(&ids).to_owned();
        self.set(ID, |_| id);
    }

    pub(super) fn change_mac(&mut self) {
        let theirs = self.another().rsplit('*').next().unwrap_or_default().to_owned();
        let random: [u8; 32] = self.random.bytes();
        let kept = self.random.below(32);
        let way = self.random.below(6);
        self.set(MAC, |text| match (way, URL_SAFE_NO_PAD.decode(text)) {
            (0, _) => theirs,
            (1, _) => URL_SAFE_NO_PAD.encode(random),
            (2, _) => URL_SAFE_NO_PAD.encode([0; 32]),
            (3, Ok(bytes)) => URL_SAFE_NO_PAD.encode(&bytes[..kept.min(bytes.len())]),
            // A comparison of the beginning, or of the end, would let this one pass.
            (way, Ok(mut bytes)) if bytes.len() == 32 => {
                let changed = if way == 4 { kept..32 } else { 0..kept };
                bytes[changed.clone()].copy_from_slice(&random[changed]);
                URL_SAFE_NO_PAD.encode(bytes)
            }
            _ => String::new(),
        });
    }
}

/// The last character with its unused low bits set, where it has some.
fn with_unused_bits(text: &str) -> String {
    let bytes = text.as_bytes();
    let last = bytes.last().and_then(|last| BASE64URL.iter().position(|character| character == last));
    match last {
        Some(value) if !bytes.len().is_multiple_of(4) => {
            format!("{}{}", &text[..text.len() - 1], char::from(BASE64URL[value | 1]))
        }
        _ => format!("{text}A"),
    }
}
