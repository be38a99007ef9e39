//! Futures as promises that keep their error codes.

use std::future::Future;

use napi::Env;
use napi::bindgen_prelude::{PromiseRaw, ToNapiValue};

use crate::binding::error::to_rejection;
use crate::error::Result;

/// A promise for `future`. Its error is made on the JavaScript thread, so that `err.code` survives.
pub(crate) fn settle<T, V>(
    env: &Env,
    future: impl Future<Output = Result<T>> + Send + 'static,
    convert: impl FnOnce(T) -> V + 'static,
) -> napi::Result<PromiseRaw<'_, V>>
where
    T: Send + 'static,
    V: ToNapiValue + 'static,
{
    env.spawn_future_with_callback(async move { Ok(future.await) }, move |env, outcome| match outcome {
        Ok(value) => Ok(convert(value)),
        Err(error) => Err(to_rejection(*env, &error)),
    })
}
