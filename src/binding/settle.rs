//! Futures as promises that keep their error codes.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use napi::Env;
use napi::bindgen_prelude::{PromiseRaw, ToNapiValue};

use crate::binding::error::{internal, to_js, to_rejection};
use crate::binding::runtime;
use crate::error::{ErrorCode, Result};
use crate::panics::{caught, fail_point};

/// A promise for `future`. Its error is made on the JavaScript thread, so that `err.code` survives. A panic in `future` or in
/// `convert` rejects it with `ERR_INTERNAL`.
pub(crate) fn settle<T, V>(
    env: &Env,
    future: impl Future<Output = Result<T>> + Send + 'static,
    convert: impl FnOnce(T) -> V + 'static,
) -> napi::Result<PromiseRaw<'_, V>, ErrorCode>
where
    T: Send + 'static,
    V: ToNapiValue + 'static,
{
    runtime::start().map_err(|error| to_js(&error))?;
    let guarded = async move {
        let mut future = pin!(future);
        // Not polled again after a panic: that was its last answer.
        let outcome = poll_fn(|context| {
            let polled = caught(|| {
                fail_point("future");
                future.as_mut().poll(context)
            });
            polled.unwrap_or_else(|error| Poll::Ready(Err(error)))
        });
        Ok(outcome.await)
    };
    env.spawn_future_with_callback(guarded, move |env, outcome| {
        let converted = outcome.and_then(|value| {
            caught(|| {
                fail_point("convert");
                convert(value)
            })
        });
        converted.map_err(|error| to_rejection(*env, &error))
    })
    .map_err(|error| internal(&error))
}

/// A promise for what is known already: no thread has to be woken for it, and the event loop none by it.
pub(crate) fn settled<V: ToNapiValue>(env: &Env, outcome: Result<V>) -> napi::Result<PromiseRaw<'_, V>> {
    match outcome {
        Ok(value) => PromiseRaw::resolve(env, value),
        Err(error) => PromiseRaw::reject(env, to_rejection(*env, &error)),
    }
}
