//! Edits of a token's text that know nothing of its format.

#![forbid(unsafe_code)]

use crate::seal::seeded::Random;

pub(crate) const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The longest text that is inserted, in characters: more than the readers of the mutants take.
const LONGEST_INSERT: usize = 4000;
/// What is in no token, or in none there. The last ones are others whose low byte, or whose compatibility form, is an `A`.
const FOREIGN: &[char] = &[
    '.', '=', '+', '/', '*', ' ', '\t', '\n', '\r', '\0', '%', ';', '"', '~', '\u{7f}', '\u{e9}', '\u{141}', '\u{ff21}',
];

/// A character of a token, or one that is in none.
fn character(random: &mut Random) -> char {
    if random.one_in(4) {
        FOREIGN[random.below(FOREIGN.len())]
    } else {
        char::from(BASE64URL[random.below(BASE64URL.len())])
    }
}

/// One of the eight bits of a character, as latin1.
pub(crate) fn flip_a_bit(random: &mut Random, characters: &mut [char]) {
    let at = random.below(characters.len());
    let byte = u8::try_from(characters[at]).unwrap_or(0xff);
    characters[at] = char::from(byte ^ (1 << random.below(8)));
}

pub(crate) fn substitute(random: &mut Random, characters: &mut [char]) {
    let at = random.below(characters.len());
    characters[at] = character(random);
}

pub(crate) fn truncate(random: &mut Random, characters: &mut Vec<char>) {
    let length = random.below(characters.len());
    if random.one_in(2) {
        characters.truncate(length);
    } else {
        characters.drain(..length);
    }
}

pub(crate) fn insert(random: &mut Random, characters: &mut Vec<char>) {
    let at = random.below(characters.len() + 1);
    if random.one_in(4) {
        let length = random.below(LONGEST_INSERT);
        characters.splice(at..at, random.text(BASE64URL, length).chars());
    } else {
        let inserted: Vec<char> = (0..=random.below(4)).map(|_| character(random)).collect();
        characters.splice(at..at, inserted);
    }
}

pub(crate) fn delete(random: &mut Random, characters: &mut Vec<char>) {
    let from = random.below(characters.len());
    let to = (from + 1 + random.below(8)).min(characters.len());
    characters.drain(from..to);
}
