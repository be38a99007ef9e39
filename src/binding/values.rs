//! Calls of a tick as they cross: the numbers of all calls in one array, and their texts behind each other, each by its length among
//! the numbers. Node-API takes longer to read one value than Rust to read all numbers of a tick.

use napi::JsString;
use napi::bindgen_prelude::{Float64ArraySlice, FromNapiValue, JsValue, Object};

use crate::binding::arguments::{Given, count, given, wrong};
use crate::binding::texts::{Texts, text};
use crate::error::{Error, Result};

pub(crate) use crate::binding::texts::{TEXTS, ascii, bytes};

pub(crate) const NUMBERS: &str = wrong!("numbers", "a Float64Array that begins with how many of its numbers are meant");
/// In the place of a value that is not there. One that is of another type is no number.
const ABSENT: f64 = f64::NEG_INFINITY;

/// What came, copied before anything else happens, as JavaScript may write it again or let go of it. It can be read on any thread.
pub(crate) struct Submission {
    numbers: Vec<f64>,
    texts: Texts,
}

impl Submission {
    /// # Errors
    /// [`Error::Config`] for what is no array of numbers, and no texts.
    pub(crate) fn copy(numbers: Given<'_, Object<'_>>, texts: Given<'_, JsString<'_>>) -> Result<Self> {
        let numbers = Float64ArraySlice::from_unknown(given(numbers, NUMBERS)?.to_unknown())
            .map_err(|_| Error::Config(NUMBERS))?;
        let meant = numbers.first().and_then(|&meant| count(meant, NUMBERS).ok());
        let meant = meant.and_then(|meant| numbers.get(1..usize::try_from(meant).ok()?));
        let numbers = meant.ok_or(Error::Config(NUMBERS))?.to_vec();
        Ok(Self { numbers, texts: Texts::copy(texts)? })
    }
}

/// The values of calls, one after another.
pub(crate) struct Values {
    numbers: Vec<f64>,
    at: usize,
    texts: Texts,
    /// There were fewer numbers, or less text, than the calls have: nothing behind that is what it seems.
    is_broken: bool,
}

impl Values {
    pub(crate) fn of(Submission { numbers, texts }: Submission) -> Self {
        Self { numbers, at: 0, texts, is_broken: false }
    }

    pub(crate) fn has_more(&self) -> bool {
        self.at < self.numbers.len()
    }

    /// Whether what was read is not what it seems.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Goes back to the first one.
    pub(crate) fn rewind(&mut self) {
        (self.at, self.is_broken) = (0, false);
        self.texts.rewind();
    }

    /// How many numbers were read.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn text(&mut self, wrong: &'static str) -> Result<String> {
        self.optional_text(wrong)?.ok_or(Error::Config(wrong))
    }

    pub(crate) fn optional_text(&mut self, wrong: &'static str) -> Result<Option<String>> {
        Ok(self.units(wrong)?.map(text))
    }

    pub(crate) fn number(&mut self, wrong: &'static str) -> Result<f64> {
        self.optional(wrong)?.ok_or(Error::Config(wrong))
    }

    /// A number that may be absent.
    pub(crate) fn optional(&mut self, wrong: &'static str) -> Result<Option<f64>> {
        match self.raw() {
            ABSENT => Ok(None),
            number if number.is_nan() => Err(Error::Config(wrong)),
            number => Ok(Some(number)),
        }
    }

    /// A text that may be absent.
    pub(crate) fn units(&mut self, wrong: &'static str) -> Result<Option<&[u16]>> {
        let Some(length) = self.optional(wrong)? else { return Ok(None) };
        let text = count(length, wrong)
            .ok()
            .and_then(|length| self.texts.next(usize::try_from(length).ok()?));
        self.is_broken |= text.is_none();
        text.map(Some).ok_or(Error::Config(wrong))
    }

    pub(crate) fn raw(&mut self) -> f64 {
        let number = self.numbers.get(self.at).copied();
        self.at += 1;
        self.is_broken |= number.is_none();
        number.unwrap_or(f64::NAN)
    }
}
