//! The calls of every tick, as functions that hold the store.

use std::sync::Arc;
use std::time::Duration;

use napi::JsValue;
use napi::bindgen_prelude::{Either, FunctionCallContext};
use napi::sys::napi_value;

use crate::binding::arguments::{Given, given, wrong};
use crate::binding::error::{internal, to_js};
use crate::binding::function::{Returned, argument};
use crate::binding::guard::guard;
use crate::binding::mailbox::{Mailbox, WakeFunction};
use crate::binding::place::Place;
use crate::binding::session_store::answer;
use crate::binding::session_store::backend::Backend;
use crate::binding::session_store::operation::{Answer, Asked, Operation};
use crate::binding::session_store::options::Opened;
use crate::binding::session_store::read::{self, Call};
use crate::binding::session_store::snapshots::Snapshots;
use crate::binding::task::{Task, go_on, go_on_from};
use crate::binding::values::{NUMBERS, Submission, TEXTS};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorCode, Result};
use crate::store::redis::RedisStore;

const WAKE: &str = wrong!("wake", "a function");

/// What the calls of a store need.
pub(super) struct Calls {
    pub(super) backend: Backend,
    /// Whether it answers without waiting, so that calls are made on the calling thread.
    is_immediate: bool,
    waits_to_close: bool,
    pub(super) snapshots: Option<Arc<Snapshots>>,
    pub(super) redis: Option<Arc<RedisStore>>,
    pub(super) mailbox: Arc<Mailbox<Answer>>,
}

type Answers = Vec<(u32, Result<Answer>)>;

/// Makes the calls of a tick, and gives the answers that are there by then.
pub(super) fn submit(store: &Arc<Calls>, call: &FunctionCallContext<'_>) -> Returned {
    guard("Store.submit", || {
        let (numbers, texts) = (argument(call, 0, NUMBERS)?, argument(call, 1, TEXTS)?);
        let found = Submission::copy(numbers, texts).and_then(read::Calls::find);
        let calls = found.map_err(|error| to_js(&error))?;
        let wake: Given<WakeFunction<'_>> = argument(call, 2, WAKE)?;
        let wake = given(wake, WAKE).map_err(|error| to_js(&error))?;
        let (env, mailbox) = (*call.env, &store.mailbox);
        let mut answers = Vec::new();
        if store.is_immediate {
            let tasks = store.begin(calls, &mut answers);
            if !tasks.is_empty() {
                go_on(env, mailbox, wake, store.place(), tasks, &mut answers)?;
            }
        } else if !calls.heads().is_empty() {
            let (heads, kept) = (calls.heads().to_vec(), Arc::clone(store));
            let tasks = move || calls.map(|call| kept.task(call)).collect();
            go_on_from(env, mailbox, wake, store.place(), heads, tasks, &mut answers)?;
        }
        written(call, answers).map(Some)
    })
}

/// Gives the answers that are there.
pub(super) fn take(store: &Calls, call: &FunctionCallContext<'_>) -> Returned {
    guard("Store.take", || {
        let answers = store.mailbox.take(*call.env).map_err(|error| internal(&error))?;
        written(call, answers).map(Some)
    })
}

fn written(call: &FunctionCallContext<'_>, answers: Answers) -> napi::Result<napi_value, ErrorCode> {
    Ok(match answer::write(call.env, answers).map_err(|error| internal(&error))? {
        Either::A(packed) => packed.raw(),
        Either::B(free) => free.raw(),
    })
}

impl Calls {
    pub(super) fn of(opened: Opened) -> Self {
        let Opened { backend, is_immediate, waits_to_close, snapshots, redis } = opened;
        Self { backend, is_immediate, waits_to_close, snapshots, redis, mailbox: Arc::default() }
    }

    /// Makes calls, and gives those that have to be waited for.
    fn begin(&self, calls: read::Calls, answers: &mut Answers) -> Vec<Task<Asked>> {
        let mut tasks = Vec::new();
        for call in calls {
            let waits = matches!(call.operation, Ok(Operation::Close)) && self.waits_to_close;
            let (ticket, task) = (call.head.ticket, self.task(call));
            match if waits { Err(task) } else { task.poll_once() } {
                Ok(answer) => answers.push((ticket, answer)),
                Err(task) => tasks.push(task),
            }
        }
        tasks
    }

    fn task(&self, call: Call) -> Task<Asked> {
        let Call { head, now, deadline, operation } = call;
        let asked = match operation {
            _ if deadline.is_some_and(|deadline| deadline.is_zero()) => Asked::Refused(Error::StoreTimeout),
            Err(error) => Asked::Refused(error),
            Ok(operation) => self.asked(deadline, now, operation),
        };
        Task::new(head, deadline, asked)
    }

    fn asked(&self, deadline: Option<Duration>, now: Timestamp, operation: Operation) -> Asked {
        if matches!(operation, Operation::Close) {
            self.mailbox.close();
            if let Some(snapshots) = &self.snapshots {
                return Asked::OfSnapshots(Arc::clone(snapshots));
            }
        }
        Asked::OfStore { backend: self.backend.clone(), deadline, now, operation }
    }

    /// Where calls go on that are not answered at once.
    fn place(&self) -> Result<Place> {
        self.redis
            .as_ref()
            .map_or_else(Place::runtime, |store| Place::connections(store.executor()))
    }
}
