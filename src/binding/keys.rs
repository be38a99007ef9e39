//! New keys.

use napi_derive::napi;

use crate::binding::error::to_js;
use crate::binding::guard::guard;
use crate::error::ErrorCode;
use crate::seal::random_key;

/// A new key: 32 random bytes as base64url text.
#[napi(catch_unwind)]
pub fn random_key() -> napi::Result<String, ErrorCode> {
    guard("randomKey", || random_key::random_key().map_err(|error| to_js(&error)))
}
