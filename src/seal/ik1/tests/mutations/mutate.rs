//! The ways to make a token another text.

#![forbid(unsafe_code)]

use std::ops::Range;

use super::readers::Readers;
use super::*;
use crate::seal::edits::{self, BASE64URL};
use crate::seal::seeded::Random;

const WORD: &[u8] = b"abcdefghijklmnopqrstuvwxyz_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A mutant on its way.
struct Case<'a> {
    random: Random,
    readers: &'a Readers,
    token: String,
}

/// One way to change a token.
type Way<'a> = fn(&mut Case<'a>);

/// A mutant of one of the tokens, and none of them again.
pub(super) fn mutant(readers: &Readers, seed: u64) -> String {
    let mut random = Random::new(seed);
    let token = readers.authentic[random.below(readers.authentic.len())].clone();
    let mut case = Case { random, readers, token };
    // Most mutants differ in one thing, so that this is what they are refused for.
    let times = if case.random.one_in(4) { 2 + case.random.below(3) } else { 1 };
    for _ in 0..times {
        case.mutate();
    }
    while case.readers.authentic.contains(&case.token) {
        case.mutate();
    }
    case.token
}

impl<'a> Case<'a> {
    fn mutate(&mut self) {
        let ways: [(usize, Way<'a>); 19] = [
            // In the text.
            (4, Self::flip_a_bit),
            (8, Self::substitute),
            (3, Self::truncate),
            (3, Self::insert),
            (2, Self::delete),
            (3, Self::change_case),
            (3, Self::spell_differently),
            (3, Self::splice_anywhere),
            (2, Self::move_a_separator),
            (2, Self::change_prefix),
            (8, Self::change_kid),
            // In the bytes.
            (16, Self::flip_a_decoded_bit),
            (10, Self::replace_bytes),
            (8, Self::swap_two_bytes),
            (8, Self::set_a_field_to_one_byte),
            (10, Self::splice_a_field),
            (6, Self::splice_from_elsewhere),
            (6, Self::change_the_length),
            // The whole.
            (4, Self::take_one_from_elsewhere),
        ];
        let mut at = self.random.below(ways.iter().map(|(weight, _)| weight).sum());
        for (weight, way) in ways {
            if at < weight {
                return way(self);
            }
            at -= weight;
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut Random, &mut Vec<char>)) {
        let mut characters: Vec<char> = self.token.chars().collect();
        if !characters.is_empty() {
            change(&mut self.random, &mut characters);
        }
        self.token = characters.into_iter().collect();
    }

    /// Changes the bytes, where the text still stands for some.
    fn edit_bytes(&mut self, change: impl FnOnce(&mut Random, &mut Vec<u8>)) {
        let Some((kid, encoded)) = self.token.strip_prefix(PREFIX).and_then(|named| named.split_once('.')) else {
            return;
        };
        let Some(mut bytes) = crate::seal::base64url::decode(encoded) else { return };
        let kid = kid.to_owned();
        if !bytes.is_empty() {
            change(&mut self.random, &mut bytes);
        }
        self.token = with_body(&kid, &bytes);
    }

    fn another(&mut self) -> String {
        self.readers.authentic[self.random.below(self.readers.authentic.len())].clone()
    }

    fn one_from_elsewhere(&mut self) -> String {
        self.readers.elsewhere[self.random.below(self.readers.elsewhere.len())].clone()
    }

    fn flip_a_bit(&mut self) {
        self.edit(|random, characters| edits::flip_a_bit(random, characters));
    }

    fn substitute(&mut self) {
        self.edit(|random, characters| edits::substitute(random, characters));
    }

    fn truncate(&mut self) {
        self.edit(edits::truncate);
    }

    fn insert(&mut self) {
        self.edit(edits::insert);
    }

    fn delete(&mut self) {
        self.edit(edits::delete);
    }

    fn change_case(&mut self) {
        self.edit(|random, characters| {
            let start = random.below(characters.len());
            if let Some(letter) = characters[start..].iter_mut().find(|character| character.is_ascii_alphabetic()) {
                *letter = char::from(u8::try_from(*letter).unwrap() ^ 0x20);
            }
        });
    }

    /// Texts that a lax reader takes for the same bytes.
    fn spell_differently(&mut self) {
        let changed = match self.random.below(5) {
            0 => self.token.replace('-', "+"),
            1 => self.token.replace('_', "/"),
            2 => format!("{}=", self.token),
            3 => format!(" {}\n", self.token),
            _ => {
                let last = self
                    .token
                    .bytes()
                    .last()
                    .and_then(|byte| BASE64URL.iter().position(|&known| known == byte));
                let shorter = self.token.char_indices().last().map_or("", |(at, _)| &self.token[..at]);
                // Where the last bits stand for nothing, the next character stands for the same.
                format!("{shorter}{}", char::from(BASE64URL[last.unwrap_or(0) ^ 1]))
            }
        };
        self.token = changed;
    }

    fn splice_anywhere(&mut self) {
        let other: Vec<char> = self.another().chars().collect();
        self.edit(|random, characters| {
            let at = random.below(characters.len() + 1);
            let from = if random.one_in(2) { at.min(other.len()) } else { random.below(other.len()) };
            characters.truncate(at);
            characters.extend(&other[from..]);
        });
    }

    /// The same characters, but for where one part ends and the next begins.
    fn move_a_separator(&mut self) {
        self.edit(|random, characters| {
            let start = random.below(8);
            if let Some(at) = (start..characters.len()).find(|&at| characters[at] == '.') {
                let to = (at + random.below(9)).saturating_sub(4).min(characters.len() - 1);
                let separator = characters.remove(at);
                characters.insert(to, separator);
            }
        });
    }

    fn change_prefix(&mut self) {
        let prefix = self
            .random
            .pick(&["", "ik", "ik1", "IK1.", "ik2.", "ik1..", "ik1*", "Fe26.2*", ".ik1.", "ik1.ik1.", " ik1."]);
        self.token = self.token.replacen(PREFIX, prefix, 1);
    }

    /// Another key's id, one that nobody has, or none at all.
    fn change_kid(&mut self) {
        let Some((kid, encoded)) = self.token.strip_prefix(PREFIX).and_then(|named| named.split_once('.')) else {
            return;
        };
        let kid = match self.random.below(8) {
            0..4 => self.readers.keys[self.random.below(self.readers.keys.len())].0.to_owned(),
            4 => kid.to_uppercase(),
            5 => (*self
                .random
                .pick(&["", "0", "default", "__proto__", "k1 ", "k1-", "aZ09_aZ09_aZ09_Xx", "\u{e9}"]))
            .to_owned(),
            _ => {
                let length = 1 + self.random.below(17);
                self.random.text(WORD, length)
            }
        };
        self.token = format!("{PREFIX}{kid}.{encoded}");
    }

    fn flip_a_decoded_bit(&mut self) {
        self.edit_bytes(|random, bytes| {
            let field = field(random, bytes.len());
            let at = field.start + random.below(field.len());
            bytes[at] ^= 1 << random.below(8);
        });
    }

    fn replace_bytes(&mut self) {
        self.edit_bytes(|random, bytes| {
            let field = field(random, bytes.len());
            let from = field.start + random.below(field.len());
            let to = (from + 1 + random.below(32)).min(field.end);
            for byte in &mut bytes[from..to] {
                *byte = random.bytes::<1>()[0];
            }
        });
    }

    fn swap_two_bytes(&mut self) {
        self.edit_bytes(|random, bytes| {
            let (left, right) = (field(random, bytes.len()), field(random, bytes.len()));
            bytes.swap(left.start + random.below(left.len()), right.start + random.below(right.len()));
        });
    }

    fn set_a_field_to_one_byte(&mut self) {
        self.edit_bytes(|random, bytes| {
            let field = field(random, bytes.len());
            let byte = if random.one_in(2) { 0 } else { random.bytes::<1>()[0] };
            bytes[field].fill(byte);
        });
    }

    /// A field, or all that follows, of another token that opens.
    fn splice_a_field(&mut self) {
        let other = body(&self.another());
        self.edit_bytes(|random, bytes| splice(random, bytes, &other));
    }

    fn splice_from_elsewhere(&mut self) {
        let other = body(&self.one_from_elsewhere());
        self.edit_bytes(|random, bytes| splice(random, bytes, &other));
    }

    /// Bytes added or taken away at the end, in front of the tag, or between the others.
    fn change_the_length(&mut self) {
        self.edit_bytes(|random, bytes| {
            let field = field(random, bytes.len());
            let at = if random.one_in(2) { field.start } else { field.end };
            let count = 1 + random.below(40);
            if random.one_in(2) {
                let added: Vec<u8> = (0..count).map(|_| random.bytes::<1>()[0]).collect();
                bytes.splice(at..at, added);
            } else {
                bytes.drain(at.saturating_sub(count)..at);
            }
        });
    }

    fn take_one_from_elsewhere(&mut self) {
        self.token = self.one_from_elsewhere();
    }
}

/// Where one of the four fields is. In bytes that are too few for all, any of them.
fn field(random: &mut Random, length: usize) -> Range<usize> {
    if length < LEAST {
        return 0..length;
    }
    let fields = [0..SALT, SALT..LEAD, LEAD..length - gcm::TAG, length - gcm::TAG..length];
    // The tag sees what the commitment lets pass.
    fields[random.below(10).saturating_sub(6).max(random.below(4))].clone()
}

fn splice(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let field = field(random, bytes.len().min(other.len()));
    if random.one_in(2) {
        bytes[field.clone()].copy_from_slice(&other[field]);
    } else {
        bytes.truncate(field.start);
        bytes.extend_from_slice(&other[field.start..]);
    }
}
