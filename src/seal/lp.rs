//! `lp(x)`: a text behind its length, so that no two lists of texts have the same bytes.

#![forbid(unsafe_code)]

/// The length of the text in UTF-8 bytes, as a 32-bit big-endian number. No text of JavaScript is as long as its maximum.
#[must_use]
pub fn length(text: &str) -> [u8; 4] {
    u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// `lp` of each text, one after the other.
#[must_use]
pub fn join(texts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(texts.iter().map(|text| text.len() + 4).sum());
    for text in texts {
        bytes.extend_from_slice(&length(text));
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_behind_the_number_of_its_bytes() {
        assert_eq!(join(&["a", "", "\u{fc}"]), b"\0\0\0\x01a\0\0\0\0\0\0\0\x02\xc3\xbc");
    }

    #[test]
    fn the_same_text_cut_elsewhere_is_something_else() {
        assert_ne!(join(&["ab", "c"]), join(&["a", "bc"]));
        assert_ne!(join(&["a", ""]), join(&["", "a"]));
        assert_ne!(join(&["a"]), join(&["a", ""]));
    }
}
