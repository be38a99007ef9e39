//! Arguments as JavaScript gives them, whatever they are. What is wrong with one is said by its name alone: the messages of
//! napi's own conversions quote the value, which may be a password, and so no export takes a type that napi converts itself.
//!
//! A getter that throws leaves its exception pending, and that is what JavaScript gets in the place of the error from here.

use napi::bindgen_prelude::{
    Array, Either, FromNapiValue, JsObjectValue, Object, TypeName, Unknown, ValidateNapiValue,
};
use napi::{JsNumber, JsString, JsStringUtf8};

use crate::binding::error::{internal, to_js};
use crate::error::{Error, ErrorCode, Result};

/// The longest array that is read. One may claim 2^32 - 1 elements and hold none.
const MAX_ELEMENTS: u32 = 65_536;

/// What should be a `T`.
pub(crate) type Given<'a, T> = Either<T, Unknown<'a>>;

/// `name: has to be what`, put together when this is compiled, so that no value can be in it.
macro_rules! wrong {
    ($name:literal, $what:literal) => {
        concat!($name, ": has to be ", $what)
    };
}
pub(crate) use wrong;

/// The text of an argument, which napi has not looked at: its type is checked as it is read, at no cost.
pub(crate) fn text<'env>(argument: JsString<'env>, wrong: &'static str) -> napi::Result<JsStringUtf8<'env>, ErrorCode> {
    argument.into_utf8().map_err(|_| to_js(&Error::Config(wrong)))
}

/// The text as Rust takes it.
pub(crate) fn utf8<'a>(text: &'a JsStringUtf8<'_>) -> napi::Result<&'a str, ErrorCode> {
    text.as_str().map_err(|error| internal(&error))
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
