//! Functions that hold what they work on, for the calls that every request makes.
//!
//! A method of a class costs a quarter of a microsecond more: napi makes sure of its `this`, and books who borrows that.

use napi::Env;
use napi::bindgen_prelude::{FromNapiValue, Function, FunctionCallContext};
use napi::sys::napi_value;

use crate::binding::error::{internal, thrown, to_js};
use crate::error::{Error, ErrorCode};

/// What a function gives: a value of JavaScript, or null.
pub(crate) type Returned = napi::Result<Option<napi_value>, ErrorCode>;
/// Such a function, whose arguments it reads itself.
pub(crate) type Holding<'env> = Function<'env, (), Option<napi_value>>;

/// A function of JavaScript that runs `body`, which is the body of an export: `guard` stands in it. It lives as long as JavaScript
/// has the function.
pub(crate) fn function<'env>(
    env: &'env Env,
    name: &str,
    body: impl Fn(&FunctionCallContext<'_>) -> Returned + 'static,
) -> napi::Result<Holding<'env>, ErrorCode> {
    env.create_function_from_closure(name, move |call: FunctionCallContext<'_>| {
        body(&call).map_err(|error| thrown(*call.env, &error))
    })
    .map_err(|error| internal(&error))
}

/// An argument, whose type nobody has looked at. Where there is none, that is said as for one of another type.
pub(crate) fn argument<T: FromNapiValue>(
    call: &FunctionCallContext<'_>,
    index: usize,
    wrong: &'static str,
) -> napi::Result<T, ErrorCode> {
    call.get(index).map_err(|_| to_js(&Error::Config(wrong)))
}
