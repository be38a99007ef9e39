//! The only place that makes a JavaScript error.

use napi::bindgen_prelude::{JsObjectValue, Object};
use napi::{Env, JsValue, Status};

use crate::error::{Error, ErrorCode};

/// For synchronous exports, which return `napi::Result<T, ErrorCode>`: napi throws an `Error` with this code and message.
pub(crate) fn to_js(error: &Error) -> napi::Error<ErrorCode> {
    napi::Error::new(error.code(), error.to_string())
}

/// For synchronous exports: a failure of Node-API itself.
pub(crate) fn internal(error: &napi::Error) -> napi::Error<ErrorCode> {
    napi::Error::new(ErrorCode::Internal, error.reason.clone())
}

/// For promises: an error that carries a JavaScript `Error` with the code, made on the JavaScript thread.
///
/// An error that was made elsewhere loses its code on the way to the rejection.
pub(crate) fn to_rejection(env: Env, error: &Error) -> napi::Error {
    error_object(&env, error).map_or_else(|error| error, |object| napi::Error::from(object.to_unknown()))
}

/// For functions whose errors napi would throw without their code.
pub(crate) fn thrown(env: Env, error: &napi::Error<ErrorCode>) -> napi::Error {
    coded(&env, error.status, error.reason.clone()).map_or_else(|error| error, |object| object.to_unknown().into())
}

/// The JavaScript `Error` itself, with its code.
pub(crate) fn error_object<'env>(env: &'env Env, error: &Error) -> napi::Result<Object<'env>> {
    coded(env, error.code(), error.to_string())
}

fn coded(env: &Env, code: ErrorCode, message: String) -> napi::Result<Object<'_>> {
    let mut object = env.create_error(napi::Error::new(Status::GenericFailure, message))?;
    object.set_named_property("code", code.as_str())?;
    Ok(object)
}
