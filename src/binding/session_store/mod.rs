//! The class behind every store of the addon.
//!
//! The calls of one tick come together, and each settles alone. Those that can be answered at once are: their answers are
//! what `submit` gives. The others go on in the runtime, and put their answers into the [mailbox](crate::binding::mailbox), which wakes the thread once
//! for all that are there.

mod answer;
mod backend;
mod operation;
mod options;
mod read;
pub(crate) mod redis;
mod snapshots;

use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi::{JsNumber, JsString};
use napi_derive::napi;

use crate::binding::arguments::{Given, count, given, number, wrong};
use crate::binding::error::{internal, to_js};
use crate::binding::guard::guard;
use crate::binding::mailbox::{Mailbox, WakeFunction};
use crate::binding::place::Place;
use crate::binding::task::{Task, go_on};
use crate::binding::values::Submission;
use crate::error::{Error, ErrorCode, Result};
use crate::store::redis::RedisStore;
use answer::Written;
use backend::{Backend, StoreStatus};
use operation::{Answer, Asked, Operation};
use options::StoreOptions;
use snapshots::Snapshots;

const WAKE: &str = wrong!("wake", "a function");
const TICKET: &str = wrong!("ticket", "a number");

/// A session store. `js/store/lane.ts` is who calls it, and knows the forms of calls and answers.
#[napi]
pub struct Store {
    backend: Backend,
    /// Whether it answers without waiting, so that calls are made on the calling thread.
    is_immediate: bool,
    waits_to_close: bool,
    snapshots: Option<Arc<Snapshots>>,
    redis: Option<Arc<RedisStore>>,
    mailbox: Arc<Mailbox<Answer>>,
}

#[napi]
impl Store {
    /// Makes a store. Throws `ERR_CONFIG` for options that are not as they have to be.
    #[napi(constructor, catch_unwind)]
    pub fn new(#[napi(ts_arg_type = "StoreOptions")] options: Given<Object>) -> napi::Result<Self, ErrorCode> {
        guard("Store", || {
            let options =
                given(options, wrong!("options", "an object")).and_then(|options| StoreOptions::read(&options));
            let opened = options.and_then(StoreOptions::open).map_err(|error| to_js(&error))?;
            Ok(Self {
                backend: opened.backend,
                is_immediate: opened.is_immediate,
                waits_to_close: opened.waits_to_close,
                snapshots: opened.snapshots,
                redis: opened.redis,
                mailbox: Arc::default(),
            })
        })
    }

    /// Makes the calls of a tick, and gives the answers that are there by then. `wake` is called when there are more.
    #[napi(catch_unwind, ts_return_type = "string | unknown[]")]
    pub fn submit<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "Float64Array")] numbers: Given<'env, Object<'env>>,
        #[napi(ts_arg_type = "string | string[]")] texts: Given<'env, JsString<'env>>,
        #[napi(ts_arg_type = "() => void")] wake: Given<WakeFunction>,
    ) -> napi::Result<Written<'env>, ErrorCode> {
        guard("Store.submit", || {
            let calls = Submission::copy(numbers, texts).and_then(read::read);
            let read = calls.map_err(|error| to_js(&error))?;
            let wake = given(wake, WAKE).map_err(|error| to_js(&error))?;
            let (mut answers, tasks) = self.begin(read);
            if !tasks.is_empty() {
                go_on(*env, &self.mailbox, wake, self.place(), tasks, &mut answers)?;
            }
            answer::write(env, answers).map_err(|error| internal(&error))
        })
    }

    /// Gives the answers that are there.
    #[napi(catch_unwind, ts_return_type = "string | unknown[]")]
    pub fn take<'env>(&self, env: &'env Env) -> napi::Result<Written<'env>, ErrorCode> {
        guard("Store.take", || {
            let answers = self.mailbox.take(*env).map_err(|error| internal(&error))?;
            answer::write(env, answers).map_err(|error| internal(&error))
        })
    }

    /// Gives a call up that can be cancelled. Its answer comes all the same.
    #[napi(catch_unwind)]
    pub fn cancel(&self, ticket: JsNumber) -> napi::Result<(), ErrorCode> {
        guard("Store.cancel", || {
            let ticket = count(number(ticket, TICKET)?, TICKET).map_err(|error| to_js(&error))?;
            self.mailbox.cancel(ticket);
            Ok(())
        })
    }

    /// Begins a snapshot in the background, where something may have changed since the last one and none is being written.
    /// Throws, once, what the last one that was begun here came to; the new one is begun all the same.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> napi::Result<(), ErrorCode> {
        guard("Store.snapshot", || {
            self.snapshots.as_ref().map_or(Ok(()), Snapshots::begin).map_err(|error| to_js(&error))
        })
    }

    /// What an operator ought to know of the server, once one was connected to.
    #[napi(catch_unwind)]
    pub fn warning(&self) -> napi::Result<Option<String>, ErrorCode> {
        guard("Store.warning", || Ok(self.redis.as_ref().and_then(|store| store.warning())))
    }

    /// How it fares, where something is done about its outages.
    #[napi(catch_unwind)]
    pub fn status(&self) -> napi::Result<Option<StoreStatus>, ErrorCode> {
        guard("Store.status", || Ok(self.backend.status()))
    }
}

type Answers = Vec<(u32, Result<Answer>)>;

impl Store {
    /// What is known at once, and what has to be waited for.
    fn begin(&self, calls: Vec<read::Call>) -> (Answers, Vec<Task<Asked>>) {
        let (mut answers, mut tasks) = (Vec::with_capacity(calls.len()), Vec::new());
        for call in calls {
            let waits = matches!(call.operation, Ok(Operation::Close)) && self.waits_to_close;
            match self.task(call) {
                Ok(task) if self.is_immediate && !waits => {
                    let ticket = task.ticket();
                    match task.poll_once() {
                        Ok(answer) => answers.push((ticket, answer)),
                        Err(task) => tasks.push(task),
                    }
                }
                Ok(task) => tasks.push(task),
                Err((ticket, error)) => answers.push((ticket, Err(error))),
            }
        }
        (answers, tasks)
    }

    fn task(&self, call: read::Call) -> Result<Task<Asked>, (u32, Error)> {
        let read::Call { ticket, now, deadline, can_be_cancelled, operation } = call;
        if deadline.is_some_and(|deadline| deadline.is_zero()) {
            return Err((ticket, Error::StoreTimeout));
        }
        let operation = operation.map_err(|error| (ticket, error))?;
        if matches!(operation, Operation::Close) {
            self.mailbox.close();
            if let Some(snapshots) = &self.snapshots {
                return Ok(Task::new(ticket, deadline, can_be_cancelled, Asked::OfSnapshots(Arc::clone(snapshots))));
            }
        }
        let asked = Asked::OfStore { backend: self.backend.clone(), deadline, now, operation };
        Ok(Task::new(ticket, deadline, can_be_cancelled, asked))
    }

    /// Where calls go on that are not answered at once.
    fn place(&self) -> Result<Place> {
        self.redis
            .as_ref()
            .map_or_else(Place::runtime, |store| Place::connections(store.executor()))
    }
}
