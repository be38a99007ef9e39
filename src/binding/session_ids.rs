//! Ids of stored sessions, their cookies, and what a store is given instead of them.

use napi::{Env, JsNumber, JsString};
use napi_derive::napi;

use crate::binding::arguments::{text, wrong};
use crate::binding::error::{internal, to_js};
use crate::binding::guard::guard;
use crate::binding::sealer::{Sealer, moment};
use crate::error::{Error, ErrorCode};
use crate::seal::{Bound, base64url};
use crate::session::id::{SessionId, Tag};
use crate::session::{cookie, import};
use crate::store::record::{ImportKey, WriteToken};

const ID: &str = wrong!("id", "base64url of 34 bytes");
const USER: &str = wrong!("userId", "a string");
const TAG: &str = wrong!("tag", "base64url of 2 bytes");
const KEY: &str = wrong!("importKey", "base64url of 32 bytes");

/// What a cookie of a stored session holds.
#[napi(object, object_from_js = false)]
pub struct PresentedId<'env> {
    /// The id, 34 bytes in base64url.
    pub id: JsString<'env>,
    /// What the session is stored under.
    pub key: JsString<'env>,
    /// An older key than the one that signs now made the cookie.
    pub older_key: bool,
}

#[napi]
impl Sealer {
    /// The cookie of the stored session with this id.
    #[napi(catch_unwind)]
    pub fn session_cookie<'env>(
        &self,
        env: &'env Env,
        id: JsString,
        now: JsNumber,
    ) -> napi::Result<JsString<'env>, ErrorCode> {
        guard("Sealer.sessionCookie", || {
            let (id, now) = (id_of(id)?, moment(now)?);
            let value = self.keyring().and_then(|keyring| cookie::sign(&keyring, self.bound(), &id, now));
            ascii(env, &value.map_err(|error| to_js(&error))?)
        })
    }

    /// The id of a cookie that a key made which is still there, `null` for whatever else it is. Throws `ERR_KEY_UNKNOWN` for one
    /// that names a key which is not there.
    #[napi(catch_unwind)]
    pub fn open_session_cookie<'env>(
        &self,
        env: &'env Env,
        value: JsString,
        now: JsNumber,
    ) -> napi::Result<Option<PresentedId<'env>>, ErrorCode> {
        guard("Sealer.openSessionCookie", || {
            let (value, now) = (text(value, wrong!("value", "a string"))?, moment(now)?);
            let value = value.as_str()?;
            let opened = self.keyring().and_then(|keyring| cookie::open(&keyring, self.bound(), value, now));
            let Some(presented) = opened.map_err(|error| to_js(&error))? else { return Ok(None) };
            Ok(Some(PresentedId {
                id: ascii(env, &presented.id.encode())?,
                key: ascii(env, &presented.id.key().encode())?,
                older_key: presented.older_key,
            }))
        })
    }
}

/// A new id, 34 bytes in base64url, for a session of this user. An empty text is none.
#[napi(catch_unwind)]
pub fn new_session_id<'env>(env: &'env Env, user_id: JsString) -> napi::Result<JsString<'env>, ErrorCode> {
    guard("newSessionId", || {
        let tag = tag_of(user_id)?;
        ascii(env, &SessionId::random(tag).map_err(|error| to_js(&error))?.encode())
    })
}

/// What all sessions of this user share, 2 bytes in base64url. For an empty text, which is no user, random ones.
#[napi(catch_unwind)]
pub fn session_tag<'env>(env: &'env Env, user_id: JsString) -> napi::Result<JsString<'env>, ErrorCode> {
    guard("sessionTag", || base64(env, &tag_of(user_id)?.0))
}

/// What the session with this id is stored under; `null` for what is no id.
#[napi(catch_unwind)]
pub fn store_key<'env>(env: &'env Env, id: JsString) -> napi::Result<Option<JsString<'env>>, ErrorCode> {
    guard("storeKey", || {
        let id = text(id, ID)?;
        SessionId::decode(id.as_str()?).map(|id| ascii(env, &id.key().encode())).transpose()
    })
}

/// 16 random bytes in base64url, for one write.
#[napi(catch_unwind)]
pub fn write_token(env: &Env) -> napi::Result<JsString<'_>, ErrorCode> {
    guard("writeToken", || base64(env, &WriteToken::random().map_err(|error| to_js(&error))?.0))
}

/// What names the import of a sealed session, 32 bytes in base64url. `createdAt` is the seal's.
#[napi(catch_unwind)]
pub fn import_key<'env>(
    env: &'env Env,
    name: JsString,
    audience: JsString,
    sealed_id: JsString,
    created_at: JsNumber,
) -> napi::Result<JsString<'env>, ErrorCode> {
    guard("importKey", || {
        let name = text(name, wrong!("name", "a string"))?;
        let audience = text(audience, wrong!("audience", "a string"))?;
        let sealed_id = text(sealed_id, wrong!("sealedId", "a string"))?;
        let created_at = moment(created_at)?;
        let bound =
            Bound { purpose: String::new(), name: name.as_str()?.to_owned(), audience: audience.as_str()?.to_owned() };
        base64(env, &import::import_key(&bound, sealed_id.as_str()?, created_at).0)
    })
}

/// The id of an imported session, 34 bytes in base64url.
#[napi(catch_unwind)]
pub fn imported_session_id<'env>(
    env: &'env Env,
    tag: JsString,
    import_key: JsString,
) -> napi::Result<JsString<'env>, ErrorCode> {
    guard("importedSessionId", || {
        let (tag, key) = (Tag(bytes(tag, TAG)?), ImportKey(bytes(import_key, KEY)?));
        ascii(env, &import::imported_id(tag, &key).encode())
    })
}

fn id_of(id: JsString) -> napi::Result<SessionId, ErrorCode> {
    let id = text(id, ID)?;
    SessionId::decode(id.as_str()?).ok_or_else(|| to_js(&Error::Config(ID)))
}

fn tag_of(user_id: JsString) -> napi::Result<Tag, ErrorCode> {
    let user_id = text(user_id, USER)?;
    match user_id.as_str()? {
        "" => Tag::random().map_err(|error| to_js(&error)),
        user => Ok(Tag::of_user(user)),
    }
}

fn bytes<const N: usize>(argument: JsString, wrong: &'static str) -> napi::Result<[u8; N], ErrorCode> {
    let argument = text(argument, wrong)?;
    base64url::decode_array(argument.as_str()?).ok_or_else(|| to_js(&Error::Config(wrong)))
}

fn base64<'env>(env: &'env Env, bytes: &[u8]) -> napi::Result<JsString<'env>, ErrorCode> {
    let mut text = String::new();
    base64url::encode(bytes, &mut text);
    ascii(env, &text)
}

fn ascii<'env>(env: &'env Env, text: &str) -> napi::Result<JsString<'env>, ErrorCode> {
    env.create_string_latin1(text).map_err(|error| internal(&error))
}
