//! Whether a secret looks guessable.
//!
//! A check that errs towards silence: it knows only what a person would type, not what an attacker's dictionary holds.

#![forbid(unsafe_code)]

use std::collections::{HashMap, HashSet};

/// The least Shannon entropy, in bits for each character, of a secret that does not look typed.
const MIN_BITS_PER_CHAR: f64 = 3.5;

/// The least length of a strong secret, in bytes.
const MIN_BYTES: usize = 32;

/// The least number of different bytes in a key. 32 random bytes have fewer once in 10^16 keys.
const MIN_DIFFERENT_BYTES: usize = 16;

/// How much of a secret is looked at, in characters. What a person types shows well before that.
const MAX_LOOKED_AT: usize = 1024;

/// Secrets that stand in documentation, ours and h3's. Whoever copies one shares it with everybody else who did.
const SAMPLES: &[&str] = &[
    "80d42cfb-1cd2-462c-8f17-e3237d9027e9",
    "a-password-of-at-least-32-characters",
    "correct horse battery staple correct horse",
    "docs/formats.md--example-key-0001",
];

/// Whether `secret` looks like something that a person typed: low entropy for each character, or a repeated block.
#[must_use]
pub fn is_guessable(secret: &str) -> bool {
    let secret = secret.char_indices().nth(MAX_LOOKED_AT).map_or(secret, |(end, _)| &secret[..end]);
    bits_per_char(secret) < MIN_BITS_PER_CHAR || is_repeated_block(secret.as_bytes()) || SAMPLES.contains(&secret)
}

/// Whether a key given as bytes looks made up: few different bytes, or a repeated block.
#[must_use]
pub fn are_guessable(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(MAX_LOOKED_AT)];
    bytes.iter().collect::<HashSet<_>>().len() < MIN_DIFFERENT_BYTES || is_repeated_block(bytes)
}

/// Whether `secret` may protect what is worth more than one session: long enough, and not guessable.
#[must_use]
pub fn is_strong(secret: &str) -> bool {
    secret.len() >= MIN_BYTES && !is_guessable(secret)
}

#[expect(clippy::cast_precision_loss, reason = "counts of characters are far below 2^52")]
fn bits_per_char(secret: &str) -> f64 {
    let mut counts: HashMap<char, usize> = HashMap::new();
    for character in secret.chars() {
        *counts.entry(character).or_default() += 1;
    }
    let total = counts.values().sum::<usize>() as f64;
    counts
        .values()
        .map(|&count| {
            let share = count as f64 / total;
            -share * share.log2()
        })
        .sum()
}

/// Whether a shorter block, written at least twice in a row and possibly cut at the end, gives `bytes`.
fn is_repeated_block(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_are_strong() {
        assert!(is_strong("Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU"));
        assert!(is_strong("q0Xh3mJt8ZbYw6RkLc5Vn2Ps9Ga7Df1EuMiToWeB+/="));
    }

    #[test]
    fn typed_secrets_are_guessable() {
        for typed in [
            "",
            "password",
            "passwordpasswordpasswordpassword",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "1234567123456712345671234567123456712345671234567",
            "abcdefghijklmnopabcdefghijklmnopabc",
        ] {
            assert!(is_guessable(typed), "{typed}");
        }
        for sample in SAMPLES {
            assert!(is_guessable(sample));
        }
    }

    #[test]
    fn the_start_of_a_long_secret_tells() {
        assert!(is_guessable(&"a".repeat(10_000_000)));
        let strong = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
        assert!(is_guessable(&strong.repeat(1_000_000)));
        assert!(!is_guessable(&format!("{strong}{}", "a".repeat(8))));
    }

    #[test]
    fn made_up_bytes_are_guessable() {
        assert!(are_guessable(&[0; 32]));
        assert!(are_guessable(&(0..4).cycle().take(32).collect::<Vec<u8>>()));
        assert!(are_guessable(&(0..16).cycle().take(64).collect::<Vec<u8>>()));
        assert!(!are_guessable(b"Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU"));
    }

    #[test]
    fn short_secrets_are_not_strong() {
        assert!(!is_guessable("Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6e"));
        assert!(!is_strong("Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6e"));
    }
}
