//! Lets a test choose the next panic. Only under the feature `inject-panics`, which no release has.

use napi::JsString;
use napi_derive::napi;

use crate::binding::arguments::{text, wrong};
use crate::binding::guard::guard;
use crate::error::ErrorCode;
use crate::panics::inject;

/// Makes the next pass of a point panic, once, with that message. An export's point is its name, with its class before it.
#[napi(catch_unwind)]
pub fn inject_panic(point: JsString, message: JsString) -> napi::Result<(), ErrorCode> {
    guard("injectPanic", || {
        let (point, message) =
            (text(point, wrong!("point", "a string"))?, text(message, wrong!("message", "a string"))?);
        inject(point.as_str()?, message.as_str()?);
        Ok(())
    })
}
