//! The kinds of tokens that are mutated, each with a reader that opens it.

#![forbid(unsafe_code)]

use super::*;
use crate::seal::seeded::Random;

/// Tokens of one kind. They are the same in every run, so that a seed is all that repeats a case.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) reader: Arc<Iron>,
    /// What opens; everything else has to be refused.
    pub(super) authentic: Vec<String>,
}

/// What a kind is made of: what reads, and the passwords by which tokens are written, one after the other.
struct Recipe {
    name: &'static str,
    reads: fn() -> PasswordSpec,
    writes: [fn() -> PasswordSpec; 2],
    options: IronOptions,
    /// The iterations of the tokens where they are not those that the reader writes.
    written: Option<u32>,
}

/// The longest token that the readers take, in characters.
pub(super) const LONGEST_TOKEN: usize = 2000;

fn made(cipher: KeyUse, iterations: u32, also_opens: &[u32]) -> IronOptions {
    IronOptions {
        encryption: Ok(half_options(cipher, iterations)),
        also_opens: also_opens
            .iter()
            .map(|&rounds| Rounds { encryption: rounds, integrity: rounds })
            .collect(),
        max_token_chars: LONGEST_TOKEN,
        ..options(iterations)
    }
}

fn lasting(options: IronOptions) -> IronOptions {
    IronOptions { ttl_ms: 0.0, ..options }
}

fn fresh(options: IronOptions) -> IronOptions {
    IronOptions { salts: SaltPolicy::Fresh, ..options }
}

fn bytes(id: &str, key: &[u8]) -> RawPassword {
    let half = || Some(RawSecret::Bytes(SecretBytes::new(key.to_vec())));
    RawPassword { id: id.into(), encryption: half(), integrity: half() }
}

fn raw_with_id() -> PasswordSpec {
    PasswordSpec::Positional(vec![bytes("k", &[7; 32])])
}

fn raw_and_previous() -> PasswordSpec {
    PasswordSpec::Positional(vec![bytes("", &[7; 32]), bytes("", &[9; 32])])
}

fn raw() -> PasswordSpec {
    PasswordSpec::Positional(vec![bytes("", &[7; 32])])
}

fn raw_previous() -> PasswordSpec {
    PasswordSpec::Positional(vec![bytes("", &[9; 32])])
}

fn strong() -> PasswordSpec {
    PasswordSpec::Positional(vec![password(STRONG)])
}

fn other() -> PasswordSpec {
    PasswordSpec::Positional(vec![password(OTHER)])
}

fn strong_and_other() -> PasswordSpec {
    PasswordSpec::Positional(vec![password(STRONG), password(OTHER)])
}

fn first_of_map() -> PasswordSpec {
    PasswordSpec::Map(vec![("1".into(), password(OTHER))])
}

fn map() -> PasswordSpec {
    PasswordSpec::Map(vec![("1".into(), password(OTHER)), ("2".into(), password(STRONG))])
}

fn text_and_bytes() -> PasswordSpec {
    let integrity = Some(RawSecret::Bytes(SecretBytes::new(vec![5; 32])));
    PasswordSpec::Positional(vec![RawPassword { integrity, ..password(STRONG) }])
}

#[rustfmt::skip]
fn recipes() -> Vec<Recipe> {
    use KeyUse::{Aes128Ctr as Ctr, Aes256Cbc as Cbc};
    let recipe = |name, reads, writes, options| Recipe { name, reads, writes, options, written: None };
    let of_one = || made(Cbc, 1, &[]);
    vec![
        recipe("bytes with an id", raw_with_id, [raw_with_id; 2], of_one()),
        recipe("bytes and previous bytes, CTR, without expiry", raw_and_previous, [raw, raw_previous], lasting(made(Ctr, 1, &[]))),
        recipe("text and bytes", text_and_bytes, [text_and_bytes; 2], of_one()),
        recipe("generation 1", strong, [strong; 2], of_one()),
        recipe("generation 1, CTR, without expiry", strong, [strong; 2], lasting(made(Ctr, 1, &[]))),
        recipe("generation 1 by id", map, [map, first_of_map], of_one()),
        recipe("generation 1, current and previous", strong_and_other, [strong, other], of_one()),
        Recipe { written: Some(1), ..recipe("generation 1 read as legacy", strong, [strong; 2], made(Cbc, 8192, &[1])) },
        recipe("generation 2, the day's salts", strong, [strong; 2], made(Cbc, 8192, &[1, 8192])),
        recipe("generation 2, the day's salts, CTR, by id", map, [map, first_of_map], lasting(made(Ctr, 8192, &[1, 8192]))),
        recipe("generation 2, salts in the cache", strong_and_other, [strong, other], fresh(lasting(made(Cbc, 8192, &[1])))),
        recipe("generation 2 alone, salts in the cache, CTR", strong, [strong; 2], fresh(made(Ctr, 8192, &[]))),
        recipe("generation 2 alone, the day's salts, by id", map, [map, first_of_map], made(Cbc, 8192, &[])),
    ]
}

/// A process of its own, which derives on the thread that asks.
fn process() -> Arc<Shared> {
    let inline = |job: Job| {
        job();
        true
    };
    Shared::new(1, Box::new(inline), stopped()).unwrap()
}

/// Every kind, with its keys at hand.
pub(super) fn warm() -> Vec<Kind> {
    let kinds: Vec<Kind> = (0..).zip(recipes()).map(|(number, recipe)| made_of(&recipe, number)).collect();
    for Kind { reader, authentic, .. } in &kinds {
        // The second round finds the keys that the first one derived.
        for token in authentic.iter().chain(authentic) {
            unseal(reader, token, now()).unwrap();
        }
        for token in authentic {
            assert!(matches!(reader.try_unseal(token, &bound(), now()), Ok(Attempt::Ready(_))));
        }
    }
    kinds
}

/// The kinds whose keys have to be derived, and none of them is. Their tokens never open, so that none ever is.
pub(super) fn cold() -> Vec<Kind> {
    let expensive = recipes().into_iter().filter(|recipe| recipe.options.salts == SaltPolicy::Fresh);
    let mut kinds: Vec<Kind> = (0..).zip(expensive).map(|(number, recipe)| made_of(&recipe, number)).collect();
    kinds.push(made_of(
        &Recipe {
            name: "generation 2 by id, cold",
            reads: map,
            writes: [map, first_of_map],
            options: fresh(made(KeyUse::Aes256Cbc, 8192, &[1])),
            written: None,
        },
        100,
    ));
    kinds
}

fn made_of(recipe: &Recipe, number: u64) -> Kind {
    let reader = iron_with((recipe.reads)(), recipe.options.clone(), &process());
    let mut random = Random::new(number);
    let mut authentic: Vec<String> = Vec::new();
    for (write, payload) in recipe
        .writes
        .into_iter()
        .zip([&b"{\"id\":\"6c1f\",\"data\":{\"user\":\"ann\"}}"[..], b"{}"])
    {
        let written = recipe.written.map_or_else(|| recipe.options.clone(), options);
        let writer = iron_with(write(), written, &process());
        authentic.push(sealed(&writer, payload, &mut random));
        authentic.push(sealed(&writer, &payload.repeat(7), &mut random));
    }
    Kind { name: recipe.name, reader, authentic }
}

/// What [`Iron::try_seal`] writes, with salts and an iv that a seed repeats.
fn sealed(writer: &Iron, payload: &[u8], random: &mut Random) -> String {
    let keyring = writer.keyring().unwrap();
    let password = keyring.sealing(now()).unwrap();
    let (encryption, integrity) = password.halves().unwrap();
    let written = writer.options.written().unwrap();
    let epoch = writer.epoch(password, written, &bound()).unwrap();
    if let Some(epoch) = &epoch {
        epoch.prepare(now().utc_day(), &writer.shared, Box::new(|outcome| outcome.unwrap()));
    }
    let mut salted = |half: &Half, options: &HalfOptions| match half {
        Half::Bytes(key) => Salted { salt: String::new(), key: Arc::clone(key) },
        Half::Text(secret) => {
            let salt = random.text(b"0123456789abcdef", 64);
            let key = secret.derive(&salt, options.iterations, options.usage.key_len());
            Salted { salt, key: Arc::new(key) }
        }
    };
    let pair = epoch.and_then(|epoch| epoch.pair(now()).0).unwrap_or_else(|| {
        Arc::new(SaltPair {
            day: now().utc_day(),
            encryption: salted(encryption, writer.options.encryption().unwrap()),
            integrity: salted(integrity, writer.options.integrity().unwrap()),
        })
    });
    let iv = random.bytes();
    let usage = writer.options.encryption().unwrap().usage;
    let ciphertext = cipher::encrypt(usage, pair.encryption.key.expose(), &iv, payload).unwrap();
    let body =
        Writer::new((&password.id, &pair.encryption.salt), (&iv, &ciphertext), &writer.options.expiration(now()));
    let mac = mac::sign(pair.integrity.key.expose(), body.signed().as_bytes());
    body.finish(&pair.integrity.salt, mac.as_ref(), LONGEST_TOKEN).unwrap()
}
