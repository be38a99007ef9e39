//! Key rings.

use std::sync::Arc;

use napi::JsNumber;
use napi::bindgen_prelude::{Array, Either, Object, Uint8Array};
use napi_derive::napi;

use crate::binding::arguments::{Given, field, given, list, wrong};
use crate::binding::error::to_js;
use crate::binding::guard::guard;
use crate::binding::options::{SealerOptions, secret_field};
use crate::binding::sealer::{Sealer, moment};
use crate::binding::seals::shared;
use crate::clock::Timestamp;
use crate::error::{Error, ErrorCode, Result};
use crate::seal::Bound;
use crate::seal::formats::Formats;
use crate::seal::ik1::Ik1;
use crate::seal::iron::Iron;
use crate::seal::iron::options::IronOptions;
use crate::seal::password::RawSecret;
use crate::seal::ring::{KeySource, Ring as Keys, RingEntry};
use crate::secret::SecretBytes;

/// A key of a ring.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct RingKeyInput {
    /// What tokens call it.
    pub id: String,
    /// The secret: text, or bytes.
    pub secret: Either<String, Uint8Array>,
    /// From when on it seals, in milliseconds since the epoch.
    pub seal_from: f64,
}

/// What an operator may know of a key.
#[napi(object, object_from_js = false)]
pub struct RingKeyInfo {
    /// What tokens call it.
    pub id: String,
    /// From when on it seals, in milliseconds since the epoch.
    pub seal_from: f64,
    /// Whether it is the one that seals now.
    pub is_sealing: bool,
    /// How many tokens it sealed in this process.
    pub sealed: f64,
    /// How many tokens it opened in this process.
    pub opened: f64,
}

/// Keys by id, which can be replaced while sealers use them. After `close` every call throws `ERR_KEYRING_CLOSED`.
#[napi]
pub struct Ring {
    keys: Arc<Keys>,
}

#[napi]
impl Ring {
    /// Takes the keys, newest first. Throws `ERR_CONFIG` and `ERR_KEY_WEAK` for keys that are not as they have to be.
    #[napi(constructor, catch_unwind)]
    pub fn new(#[napi(ts_arg_type = "Array<RingKeyInput>")] keys: Given<Array>) -> napi::Result<Self, ErrorCode> {
        guard("Ring", || {
            let make = || Keys::new(read(keys)?, Arc::clone(shared()?));
            make().map(|keys| Self { keys }).map_err(|error| to_js(&error))
        })
    }

    /// Puts other keys in place of those that are there. When it throws, nothing changes.
    #[napi(catch_unwind)]
    pub fn replace(
        &self,
        #[napi(ts_arg_type = "Array<RingKeyInput>")] keys: Given<Array>,
    ) -> napi::Result<(), ErrorCode> {
        guard("Ring.replace", || read(keys).and_then(|keys| self.keys.replace(keys)).map_err(|error| to_js(&error)))
    }

    /// What an operator may know of the keys, newest first.
    #[napi(catch_unwind)]
    pub fn info(&self, now: JsNumber) -> napi::Result<Vec<RingKeyInfo>, ErrorCode> {
        guard("Ring.info", || {
            let keys = self.keys.info(moment(now)?).map_err(|error| to_js(&error))?;
            Ok(keys
                .into_iter()
                .map(|key| RingKeyInfo {
                    id: key.id,
                    seal_from: key.seal_from.as_millis(),
                    is_sealing: key.is_sealing,
                    sealed: count(key.sealed),
                    opened: count(key.opened),
                })
                .collect())
        })
    }

    /// Makes a sealer with these keys.
    #[napi(catch_unwind)]
    pub fn create_sealer(
        &self,
        #[napi(ts_arg_type = "SealerOptions")] options: Given<Object>,
    ) -> napi::Result<Sealer, ErrorCode> {
        guard("Ring.createSealer", || {
            let make = || -> Result<Sealer> {
                let options = SealerOptions::read(options)?;
                let source = KeySource::Ring(Arc::clone(&self.keys));
                let iron = Iron::new(source, IronOptions::from(&options), Arc::clone(shared()?));
                // As in Fe26.2: 0 is for ever, and what is negative has expired.
                let ttl = (options.ttl != 0.0 && !options.ttl.is_nan()).then_some(options.ttl);
                let ik1 = Ik1::new(Arc::clone(&self.keys), options.ik1(), ttl);
                Ok(Sealer::of(Formats::both(options.written()?, iron, ik1), Bound::from(&options)))
            };
            make().map_err(|error| to_js(&error))
        })
    }

    /// Drops the keys and everything derived from them.
    #[napi(catch_unwind)]
    pub fn close(&self) -> napi::Result<(), ErrorCode> {
        guard("Ring.close", || {
            self.keys.close();
            Ok(())
        })
    }
}

fn read(keys: Given<Array>) -> Result<Vec<RingEntry>> {
    const KEYS: &str = wrong!("keys", "an array of keys");
    list(&given(keys, KEYS)?, KEYS, |key| RingKeyInput::read(&key).map(Into::into))
}

impl RingKeyInput {
    fn read(key: &Object<'_>) -> Result<Self> {
        const SECRET: &str = wrong!("secret", "a string or a Uint8Array of at most 1 MiB");
        Ok(Self {
            id: field(key, "id", wrong!("id", "a string"))?,
            seal_from: field(key, "sealFrom", wrong!("sealFrom", "a number"))?,
            secret: secret_field(key, "secret", SECRET)?.ok_or(Error::Config(SECRET))?,
        })
    }
}

impl From<RingKeyInput> for RingEntry {
    fn from(key: RingKeyInput) -> Self {
        let secret = match key.secret {
            Either::A(text) => RawSecret::Text(text.into()),
            Either::B(bytes) => RawSecret::Bytes(SecretBytes::new(bytes.to_vec())),
        };
        Self { id: key.id, secret, seal_from: Timestamp::from_millis(key.seal_from) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 tokens take centuries")]
fn count(uses: u64) -> f64 {
    uses as f64
}
