//! Edits of the bytes in a token, which stay canonical base64url and so come as far as the key.

#![forbid(unsafe_code)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of one edit: what is done, where (two of them), and with which byte.
const EDIT: usize = 4;
/// More edits than this leave nothing that is worth a look.
const MOST: usize = 16;

/// One of the tokens after the edits that `program` says: its first byte names the token, four each an edit.
pub(super) fn edited<'a>(program: &[u8], tokens: impl Iterator<Item = &'a str>) -> String {
    let tokens: Vec<(&str, Vec<u8>)> = tokens.filter_map(parts).collect();
    let (first, rest) = program.split_first().unwrap_or((&0, &[]));
    let (kid, bytes) = &tokens[usize::from(*first) % tokens.len()];
    let (mut kid, mut bytes) = ((*kid).to_owned(), bytes.clone());
    for edit in rest.as_chunks::<EDIT>().0.iter().take(MOST) {
        let [what, high, low, value] = *edit;
        let at = usize::from(u16::from_be_bytes([high, low]));
        let other = &tokens[usize::from(value) % tokens.len()];
        apply(what, at, value, (&mut kid, &mut bytes), &other.1);
    }
    format!("ik1.{kid}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn apply(what: u8, at: usize, value: u8, (kid, bytes): (&mut String, &mut Vec<u8>), other: &[u8]) {
    // A place in the bytes, or behind them.
    let at = at % (bytes.len() + 1);
    match what % 8 {
        0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (value % 8)),
        1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value),
        2 => bytes.insert(at, value),
        3 => drop(bytes.drain(at..(at + usize::from(value)).min(bytes.len()))),
        4 => bytes.truncate(at),
        // The head of this token before the tail of another.
        5 => drop(bytes.splice(at.., other.iter().skip(at).copied())),
        6 => bytes.extend(other),
        _ if at.is_multiple_of(2) => kid.insert(0, char::from(value)),
        _ => kid.push(char::from(value)),
    }
}

fn parts(token: &str) -> Option<(&str, Vec<u8>)> {
    let (kid, encoded) = token.strip_prefix("ik1.")?.split_once('.')?;
    Some((kid, URL_SAFE_NO_PAD.decode(encoded).ok()?))
}
