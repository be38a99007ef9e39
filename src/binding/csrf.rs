//! CSRF tokens of a sealer's keys.

use napi::{Env, JsNumber, JsString};
use napi_derive::napi;

use crate::binding::arguments::{text, wrong};
use crate::binding::error::{internal, to_js};
use crate::binding::guard::guard;
use crate::binding::sealer::{Sealer, moment};
use crate::error::ErrorCode;
use crate::session::csrf;

const ID: &str = wrong!("sessionId", "a string");
const TOKEN: &str = wrong!("token", "a string");

#[napi]
impl Sealer {
    /// A new CSRF token for the session with this id.
    #[napi(catch_unwind)]
    pub fn csrf_token<'env>(
        &self,
        env: &'env Env,
        session_id: JsString,
        now: JsNumber,
    ) -> napi::Result<JsString<'env>, ErrorCode> {
        guard("Sealer.csrfToken", || {
            let (session_id, now) = (text(session_id, ID)?, moment(now)?);
            let id = session_id.as_str()?;
            let token = self.keyring().and_then(|keyring| csrf::token(&keyring, self.bound(), id, now));
            env.create_string_latin1(token.map_err(|error| to_js(&error))?)
                .map_err(|error| internal(&error))
        })
    }

    /// Whether a CSRF token was made for the session with this id, by a key that is still there.
    #[napi(catch_unwind)]
    pub fn verify_csrf_token(&self, session_id: JsString, token: JsString) -> napi::Result<bool, ErrorCode> {
        guard("Sealer.verifyCsrfToken", || {
            let (session_id, token) = (text(session_id, ID)?, text(token, TOKEN)?);
            let (id, token) = (session_id.as_str()?, token.as_str()?);
            let keyring = self.keyring().map_err(|error| to_js(&error))?;
            Ok(csrf::verify(&keyring, self.bound(), id, token))
        })
    }
}
