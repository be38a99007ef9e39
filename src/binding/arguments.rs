//! Arguments as JavaScript gives them, whatever they are. What is wrong with one is said by its name alone: the messages of
//! napi's own conversions quote the value, which may be a password, and so no export takes a type that napi converts itself.
//!
//! A getter that throws leaves its exception pending, and that is what JavaScript gets in the place of the error from here.

use napi::bindgen_prelude::{
    Array, Either, FromNapiValue, JsObjectValue, Object, TypeName, Unknown, ValidateNapiValue,
};
use napi::{JsNumber, JsString, JsStringLatin1, JsStringUtf8};

use crate::binding::error::to_js;
use crate::error::{Error, ErrorCode, Result};

/// The longest array that is read. One may claim 2^32 - 1 elements and hold none.
pub(crate) const MAX_ELEMENTS: u32 = 65_536;

/// What should be a `T`.
pub(crate) type Given<'a, T> = Either<T, Unknown<'a>>;

/// `name: has to be what`, put together when this is compiled, so that no value can be in it.
macro_rules! wrong {
    ($name:literal, $what:literal) => {
        concat!($name, ": has to be ", $what)
    };
}
pub(crate) use wrong;

/// The text of an argument.
pub(crate) enum Text<'env> {
    /// One byte for each character.
    Ascii(JsStringLatin1<'env>),
    /// Any text.
    Any(JsStringUtf8<'env>),
}

impl Text<'_> {
    /// As UTF-8.
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Ascii(text) => text.as_slice(),
            Self::Any(text) => text.as_slice(),
        }
    }

    /// As Rust takes it.
    pub(crate) fn as_str(&self) -> napi::Result<&str, ErrorCode> {
        std::str::from_utf8(self.as_slice()).map_err(|_| to_js(&Error::Primitive))
    }
}

/// The text of an argument, which napi has not looked at: its type is checked as it is read, at no cost.
///
/// Nearly all are ASCII, which is what a text of as many bytes as characters is. V8 copies that; writing UTF-8 it would count
/// a second time, a character at a time.
pub(crate) fn text<'env>(argument: JsString<'env>, wrong: &'static str) -> napi::Result<Text<'env>, ErrorCode> {
    let read = || {
        if argument.latin1_len()? == argument.utf8_len()? {
            argument.into_latin1().map(Text::Ascii)
        } else {
            argument.into_utf8().map(Text::Any)
        }
    };
    read().map_err(|_| to_js(&Error::Config(wrong)))
}

/// The number of an argument.
pub(crate) fn number(argument: JsNumber<'_>, wrong: &'static str) -> napi::Result<f64, ErrorCode> {
    argument.get_double().map_err(|_| to_js(&Error::Config(wrong)))
}

/// The value, if it is of its type.
pub(crate) fn given<T>(value: Given<'_, T>, wrong: &'static str) -> Result<T> {
    match value {
        Either::A(value) => Ok(value),
        Either::B(_) => Err(Error::Config(wrong)),
    }
}

/// A property. As an `Option` it may be undefined or null.
pub(crate) fn field<T>(object: &Object<'_>, name: &str, wrong: &'static str) -> Result<T>
where
    T: FromNapiValue + ValidateNapiValue,
{
    object.get_named_property(name).map_err(|_| Error::Config(wrong))
}

/// A property that is an array; see [`list`].
pub(crate) fn list_field<T, E>(
    object: &Object<'_>,
    name: &str,
    wrong: &'static str,
    read: impl Fn(E) -> Result<T>,
) -> Result<Vec<T>>
where
    E: FromNapiValue + TypeName + ValidateNapiValue,
{
    list(&field(object, name, wrong)?, wrong, read)
}

/// The elements of an array. Memory is taken as elements are read, so that holes cost nothing.
pub(crate) fn list<T, E>(array: &Array<'_>, wrong: &'static str, read: impl Fn(E) -> Result<T>) -> Result<Vec<T>>
where
    E: FromNapiValue + TypeName + ValidateNapiValue,
{
    if array.len() > MAX_ELEMENTS {
        return Err(Error::Config(wrong));
    }
    let element = |index| match array.get::<Given<'_, E>>(index) {
        Ok(Some(value)) => read(given(value, wrong)?),
        Ok(None) | Err(_) => Err(Error::Config(wrong)),
    };
    (0..array.len()).map(element).collect()
}

/// A number that counts something.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what does not fit is refused before")]
pub(crate) fn count(number: f64, wrong: &'static str) -> Result<u32> {
    let fits = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    if fits { Ok(number as u32) } else { Err(Error::Config(wrong)) }
}
