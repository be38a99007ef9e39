//! The class behind every store of the addon.
//!
//! The calls of one tick come together, and each settles alone. Those that can be answered at once are: their answers are
//! what `submit` gives. The others are read and go on in the runtime, and put their answers into the
//! [mailbox](crate::binding::mailbox), which wakes the thread once for all that are there.

mod answer;
mod backend;
mod calls;
mod operation;
mod options;
mod read;
pub(crate) mod redis;
mod snapshots;

use std::sync::Arc;

use napi::Env;
use napi::JsNumber;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::binding::arguments::{Given, count, given, number, wrong};
use crate::binding::error::to_js;
use crate::binding::function::{Holding, function};
use crate::binding::guard::guard;
use crate::error::ErrorCode;
use backend::StoreStatus;
use calls::{Calls, submit, take};
use options::StoreOptions;
use snapshots::Snapshots;

const TICKET: &str = wrong!("ticket", "a number");

/// What a store does in every tick.
#[napi(object, object_from_js = false)]
pub struct StoreCalls<'env> {
    /// Makes the calls of a tick, and gives the answers that are there by then. `wake` is called when there are more.
    #[napi(ts_type = "(numbers: Float64Array, texts: string | string[], wake: () => void) => string | unknown[]")]
    pub submit: Holding<'env>,
    /// Gives the answers that are there.
    #[napi(ts_type = "() => string | unknown[]")]
    pub take: Holding<'env>,
}

/// A session store. `js/store/lane.ts` is who calls it, and knows the forms of calls and answers.
#[napi]
pub struct Store(Arc<Calls>);

#[napi]
impl Store {
    /// Makes a store. Throws `ERR_CONFIG` for options that are not as they have to be.
    #[napi(constructor, catch_unwind)]
    pub fn new(#[napi(ts_arg_type = "StoreOptions")] options: Given<Object>) -> napi::Result<Self, ErrorCode> {
        guard("Store", || {
            let options =
                given(options, wrong!("options", "an object")).and_then(|options| StoreOptions::read(&options));
            let opened = options.and_then(StoreOptions::open).map_err(|error| to_js(&error))?;
            Ok(Self(Arc::new(Calls::of(opened))))
        })
    }

    /// The calls of every tick.
    #[napi(catch_unwind)]
    pub fn calls<'env>(&self, env: &'env Env) -> napi::Result<StoreCalls<'env>, ErrorCode> {
        guard("Store.calls", || {
            let (submitted, taken) = (Arc::clone(&self.0), Arc::clone(&self.0));
            Ok(StoreCalls {
                submit: function(env, "submit", move |call| submit(&submitted, call))?,
                take: function(env, "take", move |call| take(&taken, call))?,
            })
        })
    }

    /// Gives a call up that can be cancelled. Its answer comes all the same.
    #[napi(catch_unwind)]
    pub fn cancel(&self, ticket: JsNumber) -> napi::Result<(), ErrorCode> {
        guard("Store.cancel", || {
            let ticket = count(number(ticket, TICKET)?, TICKET).map_err(|error| to_js(&error))?;
            self.0.mailbox.cancel(ticket);
            Ok(())
        })
    }

    /// Begins a snapshot in the background, where something may have changed since the last one and none is being written.
    /// Throws, once, what the last one that was begun here came to; the new one is begun all the same.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> napi::Result<(), ErrorCode> {
        guard("Store.snapshot", || {
            self.0.snapshots.as_ref().map_or(Ok(()), Snapshots::begin).map_err(|error| to_js(&error))
        })
    }

    /// What an operator ought to know of the server, once one was connected to.
    #[napi(catch_unwind)]
    pub fn warning(&self) -> napi::Result<Option<String>, ErrorCode> {
        guard("Store.warning", || Ok(self.0.redis.as_ref().and_then(|store| store.warning())))
    }

    /// How it fares, where something is done about its outages.
    #[napi(catch_unwind)]
    pub fn status(&self) -> napi::Result<Option<StoreStatus>, ErrorCode> {
        guard("Store.status", || Ok(self.0.backend.status()))
    }
}
