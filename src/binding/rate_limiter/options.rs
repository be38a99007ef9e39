//! The options of a limiter as they cross the boundary. JavaScript has put the defaults in.

use napi::bindgen_prelude::{Either, Object};
use napi_derive::napi;

use crate::binding::arguments::{field, list_field, wrong};
use crate::error::{Error, Result};
use crate::limit::local::Ceiling;
use crate::limit::quota::{Quota, parse_window};

const LIMITS: &str = wrong!("limits", "an array of limits");
const QUOTA: &str = wrong!("quota", "a text such as \"100/1m\", or { limit, window, burst }");

/// One limit.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct LimitInput {
    /// Its name.
    pub name: String,
    /// Its quota as a text, or else in parts.
    pub quota: Option<String>,
    /// How many tokens come back in a window.
    pub limit: Option<f64>,
    /// The window, in seconds or as a text.
    #[napi(ts_type = "number | string")]
    pub window: Option<Either<f64, String>>,
    /// How many tokens may be spent at once, where that is not the limit.
    pub burst: Option<f64>,
}

/// The options of a limiter in memory.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct RateLimiterOptions {
    /// The limits, which calls name by their places.
    pub limits: Vec<LimitInput>,
    /// The most keys that are kept.
    pub max_keys: f64,
    /// The most bytes that are kept.
    pub max_bytes: f64,
    /// A name under which all limiters of the process use the same buckets.
    pub shared: Option<String>,
}

impl RateLimiterOptions {
    /// # Errors
    /// `ERR_CONFIG` that names what is missing or of another type.
    pub(super) fn read(options: &Object<'_>) -> Result<Self> {
        Ok(Self {
            limits: list_field(options, "limits", LIMITS, |limit: Object<'_>| LimitInput::read(&limit))?,
            max_keys: field(options, "maxKeys", wrong!("maxKeys", "a number"))?,
            max_bytes: field(options, "maxBytes", wrong!("maxBytes", "a number"))?,
            shared: field(options, "shared", wrong!("shared", "a string"))?,
        })
    }

    /// What limiters of every kind have: the limits by their names, and how much may be kept.
    ///
    /// # Errors
    /// Those of [`read`](Self::read) and of quotas.
    pub(super) fn read_limits(options: &Object<'_>) -> Result<(Vec<(String, Quota)>, Ceiling)> {
        let options = Self::read(options)?;
        Ok((options.quotas()?, options.ceiling()))
    }

    /// The limits by their names.
    ///
    /// # Errors
    /// Those of quotas.
    pub(super) fn quotas(&self) -> Result<Vec<(String, Quota)>> {
        self.limits.iter().map(|limit| Ok((limit.name.clone(), limit.quota()?))).collect()
    }

    /// How much may be kept.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
    pub(super) const fn ceiling(&self) -> Ceiling {
        Ceiling { keys: self.max_keys as usize, bytes: self.max_bytes as usize }
    }
}

impl LimitInput {
    fn read(limit: &Object<'_>) -> Result<Self> {
        Ok(Self {
            name: field(limit, "name", wrong!("name", "a string"))?,
            quota: field(limit, "quota", QUOTA)?,
            limit: field(limit, "limit", wrong!("limit", "a number"))?,
            window: field(limit, "window", wrong!("window", "a number of seconds, or a text such as \"1m\""))?,
            burst: field(limit, "burst", wrong!("burst", "a number"))?,
        })
    }

    /// # Errors
    /// Those of [`Quota`].
    fn quota(&self) -> Result<Quota> {
        match (&self.quota, self.limit, &self.window) {
            (Some(text), None, None) => Quota::parse(text, None),
            (None, Some(limit), Some(Either::A(seconds))) => Quota::from_numbers(limit, *seconds, self.burst),
            (None, Some(limit), Some(Either::B(window))) => {
                Quota::from_numbers(limit, parse_window(window)?.as_secs_f64(), self.burst)
            }
            _ => Err(Error::Config(QUOTA)),
        }
    }
}
