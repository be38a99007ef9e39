//! What the addon says about itself.

use napi_derive::napi;

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
#[must_use]
pub fn error_codes() -> Vec<ErrorCodeInfo> {
    ErrorCode::ALL
        .iter()
        .map(|code| ErrorCodeInfo { code: code.as_str().to_owned(), description: code.description().to_owned() })
        .collect()
}

/// The version of the native addon.
#[napi(catch_unwind)]
#[must_use]
pub fn native_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
