//! What the addon says about itself.

use napi_derive::napi;

use crate::binding::guard::guard;
use crate::error::ErrorCode;

/// One row of the table of error codes.
#[napi(object, object_from_js = false)]
pub struct ErrorCodeInfo {
    /// The stable code, as `err.code` holds it.
    pub code: String,
    /// What it means and what to do.
    pub description: String,
}

/// Every error code that Ironkeep uses, in TypeScript and in Rust.
#[napi(catch_unwind)]
pub fn error_codes() -> napi::Result<Vec<ErrorCodeInfo>, ErrorCode> {
    guard("errorCodes", || {
        let row =
            |code: &ErrorCode| ErrorCodeInfo { code: code.as_str().into(), description: code.description().into() };
        Ok(ErrorCode::ALL.iter().map(row).collect())
    })
}

/// The version of the native addon.
#[napi(catch_unwind)]
pub fn native_version() -> napi::Result<String, ErrorCode> {
    guard("nativeVersion", || Ok(env!("CARGO_PKG_VERSION").to_owned()))
}
