//! Calls as they come from JavaScript: the numbers of all calls of a tick, one after another, and their texts.
//!
//! A call is its operation, its ticket, the caller's time, its deadline in milliseconds, whether it can be cancelled, and as many
//! values as its operation has. Each value is one number: itself, or for a text its length. What is wrong with one call is that
//! call's error, and the next one is read all the same.
//!
//! Where each one is is found first, since what are no calls is refused as a whole. Read they are where they are made, which for a
//! store that waits is another thread.

use std::time::Duration;

use crate::binding::arguments::{count, wrong};
use crate::binding::session_store::operation::Operation;
use crate::binding::task::Head;
use crate::binding::values::{Submission, Values, ascii, bytes};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::seal::base64url;
use crate::session::id::{StoreKey, Tag};
use crate::store::record::{Cap, Change, ImportKey, Lifetime, NewRecord, OnFull, Revocation, Version, WriteToken};

/// How many values a new record has.
const NEW_RECORD: usize = 11;
/// Which of those are texts, the first one by the lowest bit.
const NEW_RECORD_TEXTS: u32 = 0b100_1000_0111;
/// How many values an operation has, and which are texts.
type Shape = (usize, u32);
/// Those of each operation, by its number.
const VALUES: [Shape; 15] = [
    (1 + NEW_RECORD, 0b1 | NEW_RECORD_TEXTS << 1),
    (1, 0b1),
    (7, 0b100_1101),
    (1, 0b1),
    (2, 0b1),
    (4 + NEW_RECORD, 0b101 | NEW_RECORD_TEXTS << 4),
    (1, 0b1),
    (1, 0b1),
    (4, 0b11),
    (3, 0b11),
    (2, 0b1),
    (1, 0),
    (1, 0b1),
    (2, 0b1),
    (0, 0),
];
/// The characters of a key.
const KEY_LENGTH: usize = 46;
/// The largest number that JavaScript counts to.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

const CALLS: &str = wrong!("calls", "whole calls, as numbers and texts");
const KEY: &str = wrong!("key", "a store's key: 34 bytes in base64url");
const KEYS: &str = wrong!("keys", "an array of at most 65,536 keys");
const TOMBSTONE: &str = wrong!("tombstone", "a number of milliseconds");
const KEEP: &str = wrong!("keep", "a number of milliseconds");
const USER: &str = wrong!("userId", "a string");
const EXPECTED: &str = wrong!("expected", "a version");
const LIMIT: &str = wrong!("limit", "a whole number");
const IMPORT: &str = wrong!("import", "32 bytes in base64url");
const LABEL: &str = wrong!("label", "a string");
const DATA: &str = wrong!("data", "a string");
const MAX_KEYS: usize = 65_536;

/// One call, read.
pub(super) struct Call {
    pub(super) head: Head,
    pub(super) now: Timestamp,
    /// `None`: it may take as long as it takes.
    pub(super) deadline: Option<Duration>,
    pub(super) operation: Result<Operation>,
}

/// The calls of a tick, of which it is known how many they are, and where each begins.
pub(super) struct Calls {
    values: Values,
    heads: Vec<Head>,
}

impl Calls {
    /// Looks where the calls of a tick are, and at nothing in them.
    ///
    /// # Errors
    /// [`Error::Config`] for what are no calls at all: none of them is made then.
    pub(super) fn find(submission: Submission) -> Result<Self> {
        let mut values = Values::of(submission);
        let mut heads = Vec::new();
        while values.has_more() {
            heads.push(values.skip_call()?);
            if values.is_broken() {
                return Err(Error::Config(CALLS));
            }
        }
        values.rewind();
        Ok(Self { values, heads })
    }

    /// Of all calls.
    pub(super) fn heads(&self) -> &[Head] {
        &self.heads
    }
}

impl Iterator for Calls {
    type Item = Call;

    fn next(&mut self) -> Option<Call> {
        // Every one was found before.
        if self.values.has_more() { self.values.call().ok() } else { None }
    }
}

impl Values {
    fn skip_call(&mut self) -> Result<Head> {
        let (_, shape, ticket) = self.beginning()?;
        let (_now, _deadline, can_be_cancelled) = (self.raw(), self.raw(), self.raw() != 0.0);
        self.skip(shape, 0);
        Ok(Head { ticket, can_be_cancelled })
    }

    /// A call's operation, the values that those have, and its ticket.
    fn beginning(&mut self) -> Result<(u32, Shape, u32)> {
        let number = count(self.raw(), CALLS)?;
        let shape = VALUES.get(usize::try_from(number).unwrap_or(usize::MAX));
        let &shape = shape.ok_or(Error::Config(CALLS))?;
        Ok((number, shape, count(self.raw(), CALLS)?))
    }

    /// Goes to the end of a call of which so many values were read.
    fn skip(&mut self, (arity, texts): Shape, read: usize) {
        for value in read..arity {
            if texts >> value & 1 == 1 {
                _ = self.units(CALLS);
            } else {
                self.raw();
            }
        }
    }

    fn call(&mut self) -> Result<Call> {
        let (number, shape, ticket) = self.beginning()?;
        let head = self.head();
        let first = self.at();
        let operation = self.operation(number);
        // Where a value was wrong, those behind it were not read.
        self.skip(shape, self.at() - first);
        let (now, deadline, can_be_cancelled, operation) = match head {
            Ok((now, deadline, can_be_cancelled)) => (now, deadline, can_be_cancelled, operation),
            Err(error) => (Timestamp::from_millis(0.0), None, false, Err(error)),
        };
        Ok(Call { head: Head { ticket, can_be_cancelled }, now, deadline, operation })
    }

    fn head(&mut self) -> Result<(Timestamp, Option<Duration>, bool)> {
        const DEADLINE: &str = wrong!("deadline", "a number of milliseconds");
        // All three are read before anything is said of one.
        let (now, deadline, can_be_cancelled) = (self.raw(), self.raw(), self.raw() != 0.0);
        if now.is_nan() {
            return Err(Error::Config(wrong!("now", "a number")));
        }
        if deadline.is_nan() {
            return Err(Error::Config(DEADLINE));
        }
        // One that is too long for a Duration is none.
        let deadline = Duration::try_from_secs_f64(deadline.max(0.0) / 1000.0).ok();
        Ok((Timestamp::from_millis(now), deadline, can_be_cancelled))
    }

    fn operation(&mut self, number: u32) -> Result<Operation> {
        Ok(match number {
            0 => Operation::Create { key: self.key()?, new: self.new_record()? },
            1 => Operation::Load { key: self.key()? },
            2 => Operation::Save { key: self.key()?, expected: self.version()?, change: self.change()? },
            3 => Operation::Touch { key: self.key()? },
            4 => Operation::Delete { key: self.key()?, tombstone: self.duration(TOMBSTONE)? },
            5 => Operation::Regenerate {
                from: self.key()?,
                expected: self.version()?,
                to: self.key()?,
                tombstone: self.duration(TOMBSTONE)?,
                new: self.new_record()?,
            },
            6 => Operation::List { user: self.text(USER)? },
            7 => Operation::Count { user: self.text(USER)? },
            8 => Operation::Revoke { user: self.text(USER)?, revocation: self.revocation()? },
            9 => Operation::BeginImport {
                import: ImportKey(self.bytes(IMPORT)?),
                tag: Tag(self.bytes(wrong!("tag", "2 bytes in base64url"))?),
                keep: self.duration(KEEP)?,
            },
            10 => Operation::EndImport { import: ImportKey(self.bytes(IMPORT)?), keep: self.duration(KEEP)? },
            11 => Operation::DeleteExpired { limit: count(self.number(LIMIT)?, LIMIT)? },
            12 => Operation::LoadMany { keys: self.keys()? },
            13 => Operation::DeleteMany { keys: self.keys()?, tombstone: self.duration(TOMBSTONE)? },
            _ => Operation::Close,
        })
    }

    fn new_record(&mut self) -> Result<Box<NewRecord>> {
        const AUTHENTICATED: &str = wrong!("authenticated", "a number of milliseconds");
        Ok(Box::new(NewRecord {
            data: self.data()?,
            write_token: self.write_token()?,
            user: self.optional_text(USER)?,
            authenticated: self.optional_duration(AUTHENTICATED)?,
            age: self.duration(wrong!("age", "a number of milliseconds"))?,
            lifetime: self.lifetime()?.ok_or(Error::Config(MAX_AGE))?,
            label: self.optional_text(LABEL)?,
            cap: self.cap()?,
            import: self.units(IMPORT)?.map(|text| decoded(text, IMPORT)).transpose()?.map(ImportKey),
        }))
    }

    fn change(&mut self) -> Result<Box<Change>> {
        Ok(Box::new(Change {
            data: self.data()?,
            write_token: self.write_token()?,
            lifetime: self.lifetime()?,
            label: self.optional_text(LABEL)?,
        }))
    }

    fn revocation(&mut self) -> Result<Revocation> {
        Ok(Revocation {
            except: self.units(KEY)?.map(|text| decoded(text, KEY)).transpose()?.map(StoreKey),
            tombstone: self.duration(TOMBSTONE)?,
            keep: self.duration(KEEP)?,
        })
    }

    fn lifetime(&mut self) -> Result<Option<Lifetime>> {
        let max_age = self.optional_duration(MAX_AGE)?;
        let idle = self.optional_duration(wrong!("lifetime.idle", "a number of milliseconds"))?;
        Ok(max_age.map(|max_age| Lifetime { max_age, idle }))
    }

    fn cap(&mut self) -> Result<Option<Cap>> {
        const MAX: &str = wrong!("cap.max", "a whole number of at least 1");
        const EVICTS: &str = wrong!("cap.tombstone", "a number of milliseconds");
        let max = self.optional(MAX)?;
        let tombstone = self.optional_duration(EVICTS)?;
        let Some(max) = max else { return Ok(None) };
        let max = count(max, MAX)?;
        if max == 0 {
            return Err(Error::Config(MAX));
        }
        let on_full = tombstone.map_or(OnFull::Refuse, |tombstone| OnFull::EvictOldest { tombstone });
        Ok(Some(Cap { max, on_full }))
    }

    fn write_token(&mut self) -> Result<WriteToken> {
        self.bytes(wrong!("writeToken", "16 bytes in base64url")).map(WriteToken)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what does not fit is refused before")]
    fn version(&mut self) -> Result<Version> {
        let number = self.number(EXPECTED)?;
        let fits = number.fract() == 0.0 && (0.0..=MAX_SAFE).contains(&number);
        if fits { Ok(number as u64) } else { Err(Error::Config(EXPECTED)) }
    }

    fn key(&mut self) -> Result<StoreKey> {
        self.bytes(KEY).map(StoreKey)
    }

    /// Keys are joined by commas: an array of them would be as many more values.
    fn keys(&mut self) -> Result<Vec<StoreKey>> {
        let text = self.text(KEYS)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        if text.len() / (KEY_LENGTH + 1) >= MAX_KEYS {
            return Err(Error::Config(KEYS));
        }
        text.split(',').map(|key| StoreKey::decode(key).ok_or(Error::Config(KEY))).collect()
    }

    fn bytes<const N: usize>(&mut self, wrong: &'static str) -> Result<[u8; N]> {
        decoded(self.units(wrong)?.ok_or(Error::Config(wrong))?, wrong)
    }

    fn data(&mut self) -> Result<Vec<u8>> {
        self.units(DATA)?.map(bytes).ok_or(Error::Config(DATA))
    }

    fn duration(&mut self, wrong: &'static str) -> Result<Duration> {
        duration(self.number(wrong)?, wrong)
    }

    fn optional_duration(&mut self, wrong: &'static str) -> Result<Option<Duration>> {
        self.optional(wrong)?.map(|number| duration(number, wrong)).transpose()
    }
}

const MAX_AGE: &str = wrong!("lifetime.maxAge", "a number of milliseconds");

fn duration(millis: f64, wrong: &'static str) -> Result<Duration> {
    if millis.is_nan() || millis < 0.0 {
        return Err(Error::Config(wrong));
    }
    // For ever, as far as a Duration goes.
    Ok(Duration::try_from_secs_f64(millis / 1000.0).unwrap_or(Duration::MAX))
}

fn decoded<const N: usize>(text: &[u16], wrong: &'static str) -> Result<[u8; N]> {
    let mut room = [0; KEY_LENGTH];
    ascii(text, &mut room).and_then(base64url::decode_array).ok_or(Error::Config(wrong))
}
