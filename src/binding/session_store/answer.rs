//! Answers as they go to JavaScript: the values of all of them, one after another, in one array.
//!
//! An answer is its ticket, its outcome, and the values of that outcome. What is not there is undefined.

use napi::bindgen_prelude::{Array, ToNapiValue};
use napi::{Env, JsString};

use crate::binding::error::error_object;
use crate::binding::session_store::operation::Answer;
use crate::binding::text::exact;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::seal::base64url;
use crate::store::record::{Created, Import, Listed, Loaded, Record, Regenerated, Saved};

/// The outcomes, by which TypeScript knows the values. 0 is an error.
#[derive(Clone, Copy)]
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
    let mut values = Values { env, array: env.create_array(0)? };
    for (ticket, answer) in answers {
        values.put(ticket)?;
        match answer {
            Ok(answer) => values.answer(answer)?,
            Err(error) => {
                values.outcome(Outcome::Error)?;
                values.put(error_object(env, &error)?)?;
            }
        }
    }
    Ok(values.array)
}

struct Values<'env> {
    env: &'env Env,
    array: Array<'env>,
}

impl Values<'_> {
    fn answer(&mut self, answer: Answer) -> napi::Result<()> {
        match answer {
            Answer::Created(created) | Answer::Regenerated(Regenerated::Created(created)) => self.created(created),
            Answer::Loaded(loaded) => self.loaded(loaded),
            Answer::Saved(Saved::Done { version, expires_at }) => {
                self.outcome(Outcome::Done)?;
                self.put(whole(version))?;
                self.instant(expires_at)
            }
            Answer::Saved(Saved::Conflict(record)) | Answer::Regenerated(Regenerated::Conflict(record)) => {
                self.outcome(Outcome::Conflict)?;
                self.record(&record)
            }
            Answer::Saved(Saved::NotFound) | Answer::Regenerated(Regenerated::NotFound) => {
                self.outcome(Outcome::NotFound)
            }
            Answer::Listed(listed) => {
                self.outcome(Outcome::Done)?;
                self.put(count(listed.len()))?;
                listed.iter().try_for_each(|listed| self.listed(listed))
            }
            Answer::Import(Import::Open(tag)) => {
                self.outcome(Outcome::Open)?;
                self.bytes(&tag.0)
            }
            Answer::Import(Import::Done(tag)) => {
                self.outcome(Outcome::Done)?;
                self.optional(tag, |values, tag| values.bytes(&tag.0))
            }
            Answer::LoadedMany(many) => {
                self.outcome(Outcome::Done)?;
                self.put(count(many.len()))?;
                many.into_iter().try_for_each(|loaded| self.loaded(loaded))
            }
            Answer::Instant(at) => {
                self.outcome(Outcome::Done)?;
                self.optional(at, Self::instant)
            }
            Answer::Flag(flag) => {
                self.outcome(Outcome::Done)?;
                self.put(flag)
            }
            Answer::Count(number) => {
                self.outcome(Outcome::Done)?;
                self.put(whole(number))
            }
            Answer::Done => self.outcome(Outcome::Done),
        }
    }

    fn created(&mut self, created: Created) -> napi::Result<()> {
        match created {
            Created::Done { expires_at, evicted } => {
                self.outcome(Outcome::Done)?;
                self.instant(expires_at)?;
                self.put(count(evicted.len()))?;
                evicted.iter().try_for_each(|key| self.bytes(&key.0))
            }
            Created::Exists(token) => {
                self.outcome(Outcome::Exists)?;
                self.bytes(&token.0)
            }
            Created::Ended => self.outcome(Outcome::Ended),
            Created::Full => self.outcome(Outcome::Full),
            Created::Revoked => self.outcome(Outcome::Revoked),
        }
    }

    fn loaded(&mut self, loaded: Loaded) -> napi::Result<()> {
        match loaded {
            Loaded::Found(record) => {
                self.outcome(Outcome::Found)?;
                self.record(&record)
            }
            Loaded::Ended => self.outcome(Outcome::Ended),
            Loaded::Absent => self.outcome(Outcome::Absent),
        }
    }

    fn record(&mut self, record: &Record) -> napi::Result<()> {
        self.text(&record.data)?;
        self.put(whole(record.version))?;
        self.bytes(&record.write_token.0)?;
        self.optional(record.user.as_deref(), |values, user| values.text(user.as_bytes()))?;
        self.instant(record.created_at)?;
        self.instant(record.last_seen_at)?;
        self.optional(record.authenticated_at, Self::instant)?;
        self.instant(record.expires_at)?;
        self.instant(record.absolute_expires_at)?;
        self.optional(record.idle, |values, idle| values.put(millis(idle)))?;
        self.optional(record.label.as_deref(), |values, label| values.text(label.as_bytes()))
    }

    fn listed(&mut self, listed: &Listed) -> napi::Result<()> {
        self.bytes(&listed.key.0)?;
        self.instant(listed.created_at)?;
        self.instant(listed.last_seen_at)?;
        self.optional(listed.authenticated_at, Self::instant)?;
        self.instant(listed.expires_at)?;
        self.optional(listed.label.as_deref(), |values, label| values.text(label.as_bytes()))
    }

    fn outcome(&mut self, outcome: Outcome) -> napi::Result<()> {
        self.put(outcome as u32)
    }

    fn instant(&mut self, at: Timestamp) -> napi::Result<()> {
        self.put(at.as_millis())
    }

    fn bytes(&mut self, bytes: &[u8]) -> napi::Result<()> {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        base64url::encode(bytes, &mut text);
        let text: JsString<'_> = self.env.create_string_latin1(text)?;
        self.put(text)
    }

    fn text(&mut self, text: &[u8]) -> napi::Result<()> {
        let text = exact(self.env, text)?;
        self.put(text)
    }

    fn optional<T>(
        &mut self,
        value: Option<T>,
        put: impl FnOnce(&mut Self, T) -> napi::Result<()>,
    ) -> napi::Result<()> {
        match value {
            Some(value) => put(self, value),
            None => self.put(()),
        }
    }

    fn put(&mut self, value: impl ToNapiValue) -> napi::Result<()> {
        self.array.insert(value)
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
