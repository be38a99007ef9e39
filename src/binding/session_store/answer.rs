//! Answers as they go to JavaScript: one text, and where there are free texts or errors an array of it and of them.
//!
//! An answer is its ticket, its outcome, and the values of that outcome. A ticket is four characters and an outcome one; a number
//! is the eight bytes of its double, as characters of Latin-1, and what is not there is the double that is no number. Keys and
//! tokens are base64url, of a length that follows from what they are. Node-API takes longer to set an element of an array than
//! JavaScript to read all the numbers of a record from a text.
//!
//! Free texts stand in the one text where there is one answer: of many, whoever kept a piece would keep all.

use napi::Env;
use napi::JsString;
use napi::bindgen_prelude::{Array, Either, Null, ToNapiValue};

use crate::binding::error::error_object;
use crate::binding::session_store::operation::Answer;
use crate::binding::text::exact;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::seal::base64url;
use crate::store::record::{Created, Import, Listed, Loaded, Record, Regenerated, Saved};

/// What a record takes of the packed text, its ticket and outcome included, and its data not.
const RECORD: usize = 96;

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

/// How a text stands among the numbers.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Form {
    Absent = 0,
    Free = 1,
    Inline = 2,
}

/// The values of all answers.
pub(super) type Written<'env> = Either<JsString<'env>, Array<'env>>;

/// Writes answers.
pub(super) fn write(env: &Env, answers: Vec<(u32, Result<Answer>)>) -> napi::Result<Written<'_>> {
    let is_alone = answers.len() == 1;
    let data = answers.first().filter(|_| is_alone).map_or(0, |(_, answer)| data(answer));
    let packed = Vec::with_capacity(answers.len() * RECORD + data);
    let mut values = Values { env, packed, is_alone, free: None };
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
    let packed = env.create_string_latin1(values.packed)?;
    Ok(match values.free {
        None => Either::A(packed),
        Some(mut free) => {
            free.set(0, packed)?;
            Either::B(free)
        }
    })
}

struct Values<'env> {
    env: &'env Env,
    packed: Vec<u8>,
    is_alone: bool,
    free: Option<Array<'env>>,
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

    /// How it stands here is a character of its own: an empty text is one.
    fn optional_text(&mut self, text: Option<&str>) -> napi::Result<()> {
        let Some(text) = text else {
            self.packed.push(Form::Absent as u8);
            return Ok(());
        };
        self.text(text.as_bytes())
    }

    fn text(&mut self, text: &[u8]) -> napi::Result<()> {
        match u32::try_from(text.len()) {
            Ok(length) if self.is_alone && text.is_ascii() => {
                self.packed.push(Form::Inline as u8);
                self.packed.extend_from_slice(&length.to_le_bytes());
                self.packed.extend_from_slice(text);
                Ok(())
            }
            _ => {
                self.packed.push(Form::Free as u8);
                let text = exact(self.env, text)?;
                self.free(text)
            }
        }
    }

    fn free(&mut self, value: impl ToNapiValue) -> napi::Result<()> {
        if self.free.is_none() {
            let mut free = self.env.create_array(0)?;
            // The place of the one text, which is known last.
            free.insert(Null)?;
            self.free = Some(free);
        }
        self.free.as_mut().map_or(Ok(()), |free| free.insert(value))
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

/// What the free texts of most answers take.
fn data(answer: &Result<Answer>) -> usize {
    match answer {
        Ok(Answer::Loaded(Loaded::Found(record))) => record.data.len(),
        _ => 0,
    }
}
