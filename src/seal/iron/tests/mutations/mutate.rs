//! The ways to make a token another text.

#![forbid(unsafe_code)]

use super::kinds::Kind;
use super::parts::INTEGRITY_SALT;
use crate::seal::edits::{self, BASE64URL};
use crate::seal::seeded::Random;

/// A mutant on its way.
pub(super) struct Case<'a> {
    pub(super) random: Random,
    pub(super) kind: &'a Kind,
    pub(super) token: String,
}

/// One way to change a token.
type Way<'a> = fn(&mut Case<'a>);

/// A mutant of one of the kind's tokens, and none of them again.
pub(super) fn mutant(kind: &Kind, seed: u64) -> String {
    let mut random = Random::new(seed);
    let token = kind.authentic[random.below(kind.authentic.len())].clone();
    let mut case = Case { random, kind, token };
    // Most mutants differ in one thing, so that this is what they are refused for.
    let times = if case.random.one_in(4) { 2 + case.random.below(3) } else { 1 };
    for _ in 0..times {
        case.mutate();
    }
    while case.kind.authentic.contains(&case.token) {
        case.mutate();
    }
    case.token
}

/// A mutant that names a salt of its own for the MAC: where keys are derived, it costs a derivation.
pub(super) fn salted_mutant(kind: &Kind, seed: u64) -> String {
    let random = Random::new(!seed);
    let mut case = Case { random, kind, token: mutant(kind, seed) };
    if case.random.one_in(2) {
        let salt = case.salt(64);
        case.set(INTEGRITY_SALT, |_| salt);
    }
    case.token
}

impl<'a> Case<'a> {
    fn mutate(&mut self) {
        let ways: [(usize, Way<'a>); 20] = [
            (8, Self::flip_a_bit),
            (12, Self::substitute),
            (12, Self::flip_a_decoded_bit),
            (8, Self::replace_a_run),
            (6, Self::splice_parts),
            (4, Self::splice_anywhere),
            (3, Self::truncate),
            (4, Self::insert),
            (3, Self::delete),
            (3, Self::swap_parts),
            (2, Self::copy_a_part),
            (1, Self::repeat_a_part),
            (6, Self::spell_differently),
            (6, Self::change_a_salt),
            (4, Self::change_case),
            (6, Self::change_expiration),
            (2, Self::change_prefix),
            (4, Self::change_id),
            (4, Self::change_mac),
            (3, Self::move_a_separator),
        ];
        let mut at = self.random.below(ways.iter().map(|(weight, _)| weight).sum());
        for (weight, way) in ways {
            if at < weight {
                return way(self);
            }
            at -= weight;
        }
    }

    pub(super) fn parts(&self) -> Vec<String> {
        self.token.split('*').map(str::to_owned).collect()
    }

    /// Changes a part, where there is one of that number.
    pub(super) fn set(&mut self, part: usize, change: impl FnOnce(&str) -> String) {
        let mut parts = self.parts();
        if let Some(text) = parts.get_mut(part) {
            *text = change(text);
        }
        self.token = parts.join("*");
    }

    fn edit(&mut self, change: impl FnOnce(&mut Random, &mut Vec<char>)) {
        let mut characters: Vec<char> = self.token.chars().collect();
        if !characters.is_empty() {
            change(&mut self.random, &mut characters);
        }
        self.token = characters.into_iter().collect();
    }

    /// Another token under the same keys.
    pub(super) fn another(&mut self) -> String {
        self.kind.authentic[self.random.below(self.kind.authentic.len())].clone()
    }

    pub(super) fn salt(&mut self, length: usize) -> String {
        self.random.text(b"0123456789abcdef", length)
    }

    /// One of the eight bits of a character, as latin1.
    fn flip_a_bit(&mut self) {
        self.edit(|random, characters| edits::flip_a_bit(random, characters));
    }

    fn substitute(&mut self) {
        self.edit(|random, characters| edits::substitute(random, characters));
    }

    fn replace_a_run(&mut self) {
        self.edit(|random, characters| {
            let from = random.below(characters.len());
            let to = (from + 2 + random.below(40)).min(characters.len());
            for place in &mut characters[from..to] {
                if *place != '*' {
                    *place = char::from(BASE64URL[random.below(BASE64URL.len())]);
                }
            }
        });
    }

    fn splice_anywhere(&mut self) {
        let other: Vec<char> = self.another().chars().collect();
        self.edit(|random, characters| {
            let at = random.below(characters.len() + 1);
            // Half of them keep their length, and so may keep their parts.
            let from = if random.one_in(2) { at.min(other.len()) } else { random.below(other.len()) };
            characters.truncate(at);
            characters.extend(&other[from..]);
        });
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
        if self.random.one_in(2) {
            let part = self.random.below(8);
            let upper = self.random.one_in(2);
            self.set(part, |text| if upper { text.to_uppercase() } else { text.to_lowercase() });
            return;
        }
        self.edit(|random, characters| {
            // The next letter, since most parts are digits in good part.
            let start = random.below(characters.len());
            if let Some(letter) = characters[start..].iter_mut().find(|character| character.is_ascii_alphabetic()) {
                *letter = char::from(u8::try_from(*letter).unwrap() ^ 0x20);
            }
        });
    }

    /// The same characters, but for where one part ends and the next begins.
    fn move_a_separator(&mut self) {
        self.edit(|random, characters| {
            let start = random.below(characters.len());
            if let Some(at) = (start..characters.len()).find(|&at| characters[at] == '*') {
                let to = (at + random.below(9)).saturating_sub(4).min(characters.len() - 1);
                let separator = characters.remove(at);
                characters.insert(to, separator);
            }
        });
    }
}
