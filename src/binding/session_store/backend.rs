//! The store behind the class: resilient, or as it is.

use std::sync::Arc;
use std::time::Duration;

use napi_derive::napi;
use tokio::time::sleep;

use crate::clock::monotonic;
use crate::store::SessionStore;
use crate::store::resilient::{Options, Phase, Resilient, Status, Surroundings, random};

#[derive(Clone)]
pub(super) enum Backend {
    Plain(Arc<dyn SessionStore>),
    Resilient(Resilient),
}

impl Backend {
    /// Has calls repeated, and counted by a breaker. They have to be waited for in the runtime.
    pub(super) fn resilient(store: Arc<dyn SessionStore>, options: Options) -> Self {
        let around =
            Surroundings { clock: monotonic(), sleep: Box::new(|pause| Box::pin(sleep(pause))), random: random() };
        Self::Resilient(Resilient::new(store, options, around))
    }

    /// The store for a call that has this long.
    pub(super) fn within(&self, deadline: Option<Duration>) -> Arc<dyn SessionStore> {
        match self {
            Self::Plain(store) => Arc::clone(store),
            Self::Resilient(store) => Arc::new(store.within(deadline)),
        }
    }

    pub(super) fn status(&self) -> Option<StoreStatus> {
        match self {
            Self::Plain(_) => None,
            Self::Resilient(store) => Some(store.status().into()),
        }
    }
}

/// How a store fares. The counts are those since it was made.
#[napi(object, object_from_js = false)]
pub struct StoreStatus {
    /// What the breaker does with calls: makes them, refuses them, or tries the store by a few.
    #[napi(ts_type = "'closed' | 'open' | 'half-open'")]
    pub breaker: &'static str,
    /// How many milliseconds it stays open from now on.
    pub open_for: f64,
    /// How often it has opened.
    pub opened: f64,
    /// Calls of the last 10 s by which it judges.
    pub recent_calls: f64,
    /// How many of them failed.
    pub recent_failures: f64,
    /// Calls.
    pub calls: f64,
    /// How often the store was asked for them.
    pub attempts: f64,
    /// How many of those were repetitions.
    pub retries: f64,
    /// How many attempts met an outage.
    pub failures: f64,
    /// How many took too long, whatever they came to.
    pub slow: f64,
    /// How many did not reach the backend.
    pub unreached: f64,
    /// How many calls the breaker refused.
    pub refused: f64,
}

impl From<Status> for StoreStatus {
    #[expect(clippy::cast_precision_loss, reason = "no process counts to 2^53")]
    fn from(status: Status) -> Self {
        let number = |count: u64| count as f64;
        Self {
            breaker: match status.phase {
                Phase::Closed => "closed",
                Phase::Open => "open",
                Phase::HalfOpen => "half-open",
            },
            open_for: (status.open_for.as_secs_f64() * 1000.0).ceil(),
            opened: number(status.opened),
            recent_calls: number(status.recent_calls),
            recent_failures: number(status.recent_failures),
            calls: number(status.calls),
            attempts: number(status.attempts),
            retries: number(status.repeated),
            failures: number(status.failed),
            slow: number(status.slow),
            unreached: number(status.unreached),
            refused: number(status.refused),
        }
    }
}
