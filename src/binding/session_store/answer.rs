//! Answers as they go to JavaScript: an array of one text for everything but free text, and of the free texts after it.
//!
//! An answer is its ticket, its outcome, and the values of that outcome. A ticket is four characters and an outcome one; a number
//! is the eight bytes of its double, as characters of Latin-1, and what is not there is the double that is no number. Keys and
//! tokens are base64url, of a length that follows from what they are. Node-API takes longer to set an element of an array than
//! JavaScript to read all the numbers of a record from a text.

use napi::Env;
use napi::bindgen_prelude::{Array, Null, ToNapiValue};

use crate::binding::error::error_object;
use crate::binding::session_store::operation::Answer;
use crate::binding::text::exact;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::seal::base64url;
use crate::store::record::{Created, Import, Listed, Loaded, Record, Regenerated, Saved};

/// What a record takes of the packed text, its ticket and outcome included.
const RECORD: usize = 85;

/// The outcomes, by which TypeScript knows the values. 0 is an error.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Outcome {
    Error = 0,
    Done = 1,
    Found = 2,
    Absent = 3,
    Ended = 4,
    Exists = 5,
    Full = 6,
    Revoked = 7,
    Conflict = 8,
    NotFound = 9,
    Open = 10,
}

/// The values of all answers.
pub(super) fn write(env: &Env, answers: Vec<(u32, Result<Answer>)>) -> napi::Result<Array<'_>> {
    let mut texts = env.create_array(0)?;
    // The place of the first text, which is known last.
    texts.insert(Null)?;
    let mut values = Values { env, packed: Vec::with_capacity(answers.len() * RECORD), texts };
    for (ticket, answer) in answers {
        values.packed.extend_from_slice(&ticket.to_le_bytes());
        match answer {
            Ok(answer) => values.answer(answer)?,
            Err(error) => {
                values.outcome(Outcome::Error);
                values.free(error_object(env, &error)?)?;
            }
        }
    }
    let Values { packed, mut texts, .. } = values;
    texts.set(0, env.create_string_latin1(packed)?)?;
    Ok(texts)
}

struct Values<'env> {
    env: &'env Env,
    packed: Vec<u8>,
    texts: Array<'env>,
}

impl Values<'_> {
    fn answer(&mut self, answer: Answer) -> napi::Result<()> {
        match answer {
            Answer::Created(created) | Answer::Regenerated(Regenerated::Created(created)) => self.created(created),
            Answer::Loaded(loaded) => return self.loaded(loaded),
            Answer::Saved(Saved::Done { version, expires_at }) => {
                self.outcome(Outcome::Done);
                self.number(whole(version));
                self.instant(expires_at);
            }
            Answer::Saved(Saved::Conflict(record)) | Answer::Regenerated(Regenerated::Conflict(record)) => {
                self.outcome(Outcome::Conflict);
                return self.record(&record);
            }
            Answer::Saved(Saved::NotFound) | Answer::Regenerated(Regenerated::NotFound) => {
                self.outcome(Outcome::NotFound);
            }
            Answer::Listed(listed) => {
                self.outcome(Outcome::Done);
                self.number(count(listed.len()));
                return listed.iter().try_for_each(|listed| self.listed(listed));
            }
            Answer::Import(Import::Open(tag)) => {
                self.outcome(Outcome::Open);
                self.bytes(&tag.0);
            }
            Answer::Import(Import::Done(Some(tag))) => {
                self.outcome(Outcome::Done);
                self.bytes(&tag.0);
            }
            Answer::Import(Import::Done(None)) => self.outcome(Outcome::Absent),
            Answer::LoadedMany(many) => {
                self.outcome(Outcome::Done);
                self.number(count(many.len()));
                return many.into_iter().try_for_each(|loaded| self.loaded(loaded));
            }
            Answer::Instant(at) => {
                self.outcome(Outcome::Done);
                self.optional(at.map(Timestamp::as_millis));
            }
            Answer::Flag(flag) => {
                self.outcome(Outcome::Done);
                self.number(f64::from(u8::from(flag)));
            }
            Answer::Count(number) => {
                self.outcome(Outcome::Done);
                self.number(whole(number));
            }
            Answer::Done => self.outcome(Outcome::Done),
        }
        Ok(())
    }

    fn created(&mut self, created: Created) {
        match created {
            Created::Done { expires_at, evicted } => {
                self.outcome(Outcome::Done);
                self.instant(expires_at);
                self.number(count(evicted.len()));
                for key in evicted {
                    self.bytes(&key.0);
                }
            }
            Created::Exists(token) => {
                self.outcome(Outcome::Exists);
                self.bytes(&token.0);
            }
            Created::Ended => self.outcome(Outcome::Ended),
            Created::Full => self.outcome(Outcome::Full),
            Created::Revoked => self.outcome(Outcome::Revoked),
        }
    }

    fn loaded(&mut self, loaded: Loaded) -> napi::Result<()> {
        match loaded {
            Loaded::Found(record) => {
                self.outcome(Outcome::Found);
                return self.record(&record);
            }
            Loaded::Ended => self.outcome(Outcome::Ended),
            Loaded::Absent => self.outcome(Outcome::Absent),
        }
        Ok(())
    }

    fn record(&mut self, record: &Record) -> napi::Result<()> {
        self.number(whole(record.version));
        self.bytes(&record.write_token.0);
        self.instant(record.created_at);
        self.instant(record.last_seen_at);
        self.optional(record.authenticated_at.map(Timestamp::as_millis));
        self.instant(record.expires_at);
        self.instant(record.absolute_expires_at);
        self.optional(record.idle.map(millis));
        self.text(&record.data)?;
        self.optional_text(record.user.as_deref())?;
        self.optional_text(record.label.as_deref())
    }

    fn listed(&mut self, listed: &Listed) -> napi::Result<()> {
        self.bytes(&listed.key.0);
        self.instant(listed.created_at);
        self.instant(listed.last_seen_at);
        self.optional(listed.authenticated_at.map(Timestamp::as_millis));
        self.instant(listed.expires_at);
        self.optional_text(listed.label.as_deref())
    }

    fn outcome(&mut self, outcome: Outcome) {
        self.packed.push(outcome as u8);
    }

    fn instant(&mut self, at: Timestamp) {
        self.number(at.as_millis());
    }

    fn optional(&mut self, number: Option<f64>) {
        self.number(number.unwrap_or(f64::NAN));
    }

    fn number(&mut self, number: f64) {
        self.packed.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        base64url::encode(bytes, &mut text);
        self.packed.extend_from_slice(text.as_bytes());
    }

    /// Whether it is there is a character of its own: an empty text is one.
    fn optional_text(&mut self, text: Option<&str>) -> napi::Result<()> {
        self.packed.push(u8::from(text.is_some()));
        text.map_or(Ok(()), |text| self.text(text.as_bytes()))
    }

    fn text(&mut self, text: &[u8]) -> napi::Result<()> {
        let text = exact(self.env, text)?;
        self.free(text)
    }

    fn free(&mut self, value: impl ToNapiValue) -> napi::Result<()> {
        self.texts.insert(value)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no session is written 2^53 times")]
fn whole(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "no list is as long as 2^53")]
fn count(length: usize) -> f64 {
    length as f64
}

fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round()
}
