//! The class behind every seal and unseal.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, FunctionCallContext, JsObjectValue, Object, PromiseRaw};
use napi::{Env, JsNumber, JsString, JsValue};
use napi_derive::napi;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::binding::arguments::{Given, number, text, wrong};
use crate::binding::error::{internal, to_js};
use crate::binding::function::{Holding, Returned, argument, function};
use crate::binding::guard::guard;
use crate::binding::options::{PasswordForm, SealerOptions};
use crate::binding::seals::shared;
use crate::binding::settle::{settle, settled};
use crate::binding::text::decode;
use crate::clock::Timestamp;
use crate::error::{Error, ErrorCode, Result};
use crate::seal::formats::{Formats, Written};
use crate::seal::iron::Iron;
use crate::seal::iron::options::IronOptions;
use crate::seal::keyring::Keyring;
use crate::seal::ring::KeySource;
use crate::seal::{Attempt, Bound, Done, Opened, SealFormat};

const PAYLOAD: &str = wrong!("payload", "a string");
const TOKEN: &str = wrong!("token", "a string");
const NOW: &str = wrong!("now", "a number");

/// What a token held, where the token should be replaced by a new one.
#[napi(object, object_from_js = false)]
pub struct StaleSeal<'env> {
    /// What was sealed.
    pub payload: JsString<'env>,
    /// Fewer PBKDF2 iterations protect it than are written now.
    pub legacy: bool,
    /// Another password than the one that seals opened it.
    pub older_key: bool,
    /// It is in another format than is written now.
    pub other_format: bool,
}

impl StaleSeal<'_> {
    fn object<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let mut object = Object::new(env)?;
        object.set_named_property("payload", self.payload)?;
        object.set_named_property("legacy", self.legacy)?;
        object.set_named_property("olderKey", self.older_key)?;
        object.set_named_property("otherFormat", self.other_format)?;
        Ok(object)
    }
}

/// What a sealer does for every request.
#[napi(object, object_from_js = false)]
pub struct SealerCalls<'env> {
    /// Seals a text. `null`: a key has to be derived first, by `deriveForSeal`.
    #[napi(ts_type = "(payload: string, now: number) => string | null")]
    pub try_seal: Holding<'env>,
    /// Opens a token: its text, or an object when the token should be replaced. `null`: a key has to be derived first, by
    /// `deriveForUnseal`.
    #[napi(ts_type = "(token: string, now: number) => string | StaleSeal | null")]
    pub try_unseal: Holding<'env>,
}

/// Seals and opens tokens with one password or ring and one set of options.
///
/// Times are milliseconds since the epoch. Errors carry a `code`.
#[napi]
pub struct Sealer {
    formats: Arc<Formats>,
    bound: Bound,
}

impl Sealer {
    pub(crate) fn of(formats: Arc<Formats>, bound: Bound) -> Self {
        Self { formats, bound }
    }

    /// The keys as they are now.
    pub(crate) fn keyring(&self) -> Result<Arc<Keyring>> {
        self.formats.iron().keyring()
    }

    /// What tokens are bound to.
    pub(crate) fn bound(&self) -> &Bound {
        &self.bound
    }
}

#[napi]
impl Sealer {
    /// Takes the options. What is wrong with a password is said when it is used, except for a form that cannot work.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        #[napi(ts_arg_type = "PasswordForm")] password: Given<Object>,
        #[napi(ts_arg_type = "SealerOptions")] options: Given<Object>,
    ) -> napi::Result<Self, ErrorCode> {
        guard("Sealer", || {
            let make = move || -> Result<Self> {
                let options = SealerOptions::read(options)?;
                if options.written()? != Written::Iron {
                    return Err(Error::Config("format: ik1 needs the keys of a ring"));
                }
                let shared = shared()?;
                let bound = Bound::from(&options);
                let iron_options = IronOptions::from(&options);
                // Read last, so that it is not dropped for another's fault before it is where it will be zeroed.
                let (spec, rules) = PasswordForm::read(password)?.into();
                let keyring = Keyring::new(spec, rules, shared.process())?;
                let keys = KeySource::Fixed(Arc::new(keyring));
                let iron = Iron::new(keys, iron_options, Arc::clone(shared));
                Ok(Self::of(Formats::iron_alone(iron), bound))
            };
            make().map_err(|error| to_js(&error))
        })
    }

    /// Whether the password looks typed rather than random.
    #[napi(getter, catch_unwind)]
    pub fn guessable(&self) -> napi::Result<bool, ErrorCode> {
        guard("Sealer.guessable", || Ok(self.formats.iron().keyring().is_ok_and(|keyring| keyring.is_guessable())))
    }

    /// Throws what sealing would throw before it looks at the payload.
    #[napi(catch_unwind)]
    pub fn check_sealing(&self) -> napi::Result<(), ErrorCode> {
        guard("Sealer.checkSealing", || {
            let check = || self.formats.iron().keyring()?.sealing(Timestamp::from_millis(0.0)).map(drop);
            check().map_err(|error| to_js(&error))
        })
    }

    /// The calls of every request.
    #[napi(catch_unwind)]
    pub fn calls<'env>(&self, env: &'env Env) -> napi::Result<SealerCalls<'env>, ErrorCode> {
        guard("Sealer.calls", || {
            let seal = (Arc::clone(&self.formats), self.bound.clone());
            let unseal = seal.clone();
            Ok(SealerCalls {
                try_seal: function(env, "trySeal", move |call| try_seal(&seal.0, &seal.1, call))?,
                try_unseal: function(env, "tryUnseal", move |call| try_unseal(&unseal.0, &unseal.1, call))?,
            })
        })
    }

    /// Gets the key ready that `trySeal` lacked. Rejects with `ERR_BUSY` when too many are waiting.
    #[napi(catch_unwind)]
    pub fn derive_for_seal<'env>(
        &self,
        env: &'env Env,
        now: JsNumber,
    ) -> napi::Result<PromiseRaw<'env, ()>, ErrorCode> {
        guard("Sealer.deriveForSeal", || {
            let now = moment(now)?;
            let formats = Arc::clone(&self.formats);
            request(env, |done| formats.request_seal_key(&self.bound, now, done))
        })
    }

    /// Gets the keys ready that `tryUnseal` lacked for a token. Rejects with the reason when the token is not authentic,
    /// and with `ERR_BUSY` when too many are waiting.
    #[napi(catch_unwind)]
    pub fn derive_for_unseal<'env>(
        &self,
        env: &'env Env,
        token: JsString,
        now: JsNumber,
    ) -> napi::Result<PromiseRaw<'env, ()>, ErrorCode> {
        guard("Sealer.deriveForUnseal", || {
            let (token, now) = (text(token, TOKEN)?.as_str()?.to_owned(), moment(now)?);
            let formats = Arc::clone(&self.formats);
            request(env, |done| formats.request_unseal_key(token, &self.bound, now, done))
        })
    }

    /// Seals a text with fresh salts, deriving keys on the calling thread.
    #[napi(catch_unwind)]
    pub fn seal_sync<'env>(
        &self,
        env: &'env Env,
        payload: JsString,
        now: JsNumber,
    ) -> napi::Result<JsString<'env>, ErrorCode> {
        guard("Sealer.sealSync", || {
            let (payload, now) = (text(payload, PAYLOAD)?, moment(now)?);
            let token = self.formats.iron().seal_blocking(payload.as_slice(), now);
            env.create_string_latin1(token.map_err(|error| to_js(&error))?)
                .map_err(|error| internal(&error))
        })
    }

    /// Opens a token, deriving keys on the calling thread.
    #[napi(catch_unwind)]
    pub fn unseal_sync<'env>(
        &self,
        env: &'env Env,
        token: JsString,
        now: JsNumber,
    ) -> napi::Result<Either<JsString<'env>, StaleSeal<'env>>, ErrorCode> {
        guard("Sealer.unsealSync", || {
            let (token, now) = (text(token, TOKEN)?, moment(now)?);
            let opened = self.formats.iron().unseal_blocking(token.as_str()?, &self.bound, now);
            opened_text(env, &opened.map_err(|error| to_js(&error))?)
        })
    }
}

fn try_seal(formats: &Formats, bound: &Bound, call: &FunctionCallContext<'_>) -> Returned {
    guard("Sealer.trySeal", || {
        let (payload, now) = (text(argument(call, 0, PAYLOAD)?, PAYLOAD)?, moment(argument(call, 1, NOW)?)?);
        match formats.try_seal(payload.as_slice(), bound, now) {
            Ok(Attempt::Ready(token)) => {
                let token = call.env.create_string_latin1(token).map_err(|error| internal(&error))?;
                Ok(Some(token.raw()))
            }
            Ok(Attempt::NeedsKey) => Ok(None),
            Err(error) => Err(to_js(&error)),
        }
    })
}

fn try_unseal(formats: &Formats, bound: &Bound, call: &FunctionCallContext<'_>) -> Returned {
    guard("Sealer.tryUnseal", || {
        let (token, now) = (text(argument(call, 0, TOKEN)?, TOKEN)?, moment(argument(call, 1, NOW)?)?);
        match formats.try_unseal(token.as_str()?, bound, now) {
            Ok(Attempt::Ready(opened)) => match opened_text(call.env, &opened)? {
                Either::A(payload) => Ok(Some(payload.raw())),
                Either::B(stale) => {
                    let stale = stale.object(call.env).map_err(|error| internal(&error))?;
                    Ok(Some(stale.raw()))
                }
            },
            Ok(Attempt::NeedsKey) => Ok(None),
            Err(error) => Err(to_js(&error)),
        }
    })
}

pub(crate) fn moment(now: JsNumber) -> napi::Result<Timestamp, ErrorCode> {
    number(now, NOW).map(Timestamp::from_millis)
}

fn request(env: &Env, ask: impl FnOnce(Done)) -> napi::Result<PromiseRaw<'_, ()>, ErrorCode> {
    let (sender, mut receiver) = oneshot::channel::<Result<()>>();
    // A receiver that is gone belongs to an environment that is gone.
    ask(Box::new(move |outcome| drop(sender.send(outcome))));
    // Most of a flood is refused at once. A sender that goes without a word is a continuation that panicked: whoever ends one on
    // purpose says why.
    match receiver.try_recv() {
        Ok(outcome) => settled(env, outcome).map_err(|error| internal(&error)),
        Err(TryRecvError::Closed) => settled(env, Err(Error::Panicked)).map_err(|error| internal(&error)),
        Err(TryRecvError::Empty) => settle(env, async move { receiver.await.unwrap_or(Err(Error::Panicked)) }, |()| ()),
    }
}

/// The payload as JavaScript text.
fn opened_text<'env>(
    env: &'env Env,
    opened: &Opened,
) -> napi::Result<Either<JsString<'env>, StaleSeal<'env>>, ErrorCode> {
    let payload = decode(env, &opened.payload).map_err(|error| internal(&error))?;
    let Opened { legacy, older_key, other_format, .. } = *opened;
    Ok(if legacy || older_key || other_format {
        Either::B(StaleSeal { payload, legacy, older_key, other_format })
    } else {
        Either::A(payload)
    })
}
