//! Answers on their way to JavaScript: whatever is there when the thread wakes is taken at once.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use napi::Env;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use tokio::sync::oneshot;

use crate::error::Result;

/// How many answers are worth a wake-up of their own, whatever else may come: JavaScript works on them while others are read.
const ENOUGH: usize = 32;

/// What wakes the thread. It does not keep the process alive; calls that wait do.
type Wake = ThreadsafeFunction<(), (), (), napi::Status, false, true>;
/// What JavaScript gives for it.
pub(crate) type WakeFunction<'env> = Function<'env, (), ()>;

/// The answers of one object on one thread, and who waits for them.
pub(crate) struct Mailbox<A>(Mutex<State<A>>);

struct State<A> {
    answers: Vec<(u32, Result<A>)>,
    /// How many calls are under way off the thread, answers that were not taken included.
    waiting: usize,
    /// Whether the thread comes for them.
    calling: Calling,
    /// It was closed: when nobody waits any more, the thread can be forgotten.
    is_closing: bool,
    cancels: HashMap<u32, oneshot::Sender<()>>,
    wake: Option<Wake>,
}

#[derive(PartialEq, Eq)]
enum Calling {
    Nobody,
    /// Somebody is about to ask it, and looks whether more comes.
    Soon,
    /// It was asked, and has not come yet.
    Done,
}

impl<A> Default for Mailbox<A> {
    fn default() -> Self {
        Self(Mutex::new(State {
            answers: Vec::new(),
            waiting: 0,
            calling: Calling::Nobody,
            is_closing: false,
            cancels: HashMap::new(),
            wake: None,
        }))
    }
}

impl<A> Mailbox<A> {
    fn state(&self) -> MutexGuard<'_, State<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts calls that are about to wait. From now on the process lives until they are answered.
    pub(crate) fn expect(&self, env: Env, wake: WakeFunction<'_>, calls: usize) -> napi::Result<()> {
        let mut state = self.state();
        if state.wake.is_none() {
            state.wake = Some(wake.build_threadsafe_function::<()>().weak::<true>().build()?);
        }
        state.waiting += calls;
        state.keep_alive(env, true)
    }

    /// Says who can cancel a call.
    pub(crate) fn cancellable(&self, ticket: u32) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.state().cancels.insert(ticket, sender);
        receiver
    }

    /// Gives a call up, unless it was answered.
    pub(crate) fn cancel(&self, ticket: u32) {
        let sender = self.state().cancels.remove(&ticket);
        if let Some(sender) = sender {
            // A receiver that is gone belongs to a call that is at its end.
            let _is_over = sender.send(());
        }
    }

    /// Puts an answer in, and calls the thread where there are enough. `true`: it has to be called, by whoever put this one.
    #[must_use]
    pub(crate) fn put(&self, ticket: u32, answer: Result<A>) -> bool {
        let mut state = self.state();
        state.answers.push((ticket, answer));
        match state.calling {
            Calling::Nobody => {
                state.calling = Calling::Soon;
                return true;
            }
            Calling::Soon if state.answers.len() >= ENOUGH => state.call(),
            Calling::Soon | Calling::Done => {}
        }
        false
    }

    /// Calls the thread, where all answers are there that somebody waits for, or no more of them than `before`, or enough, unless it was
    /// called by then. Else says how many.
    pub(crate) fn call_unless_more(&self, before: usize) -> Option<usize> {
        let mut state = self.state();
        let answers = state.answers.len();
        match state.calling {
            Calling::Soon if answers > before && answers < state.waiting.min(ENOUGH) => return Some(answers),
            Calling::Soon => state.call(),
            Calling::Nobody | Calling::Done => {}
        }
        None
    }

    /// Takes all answers.
    pub(crate) fn take(&self, env: Env) -> napi::Result<Vec<(u32, Result<A>)>> {
        let mut state = self.state();
        let answers = mem::take(&mut state.answers);
        state.calling = Calling::Nobody;
        state.waiting = state.waiting.saturating_sub(answers.len());
        if !state.cancels.is_empty() {
            for (ticket, _) in &answers {
                state.cancels.remove(ticket);
            }
        }
        if state.waiting == 0 {
            state.keep_alive(env, false)?;
            if state.is_closing {
                state.wake = None;
            }
        }
        Ok(answers)
    }

    /// Forgets the thread as soon as nobody waits.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closing = true;
        if state.waiting == 0 {
            state.wake = None;
        }
    }
}

impl<A> State<A> {
    fn call(&mut self) {
        self.calling = Calling::Done;
        // One that is gone has nobody who waits.
        let _status = self.wake.as_ref().map(|wake| wake.call((), ThreadsafeFunctionCallMode::NonBlocking));
    }

    #[expect(deprecated, reason = "what napi names instead can be chosen once alone, when the function is made")]
    fn keep_alive(&mut self, env: Env, alive: bool) -> napi::Result<()> {
        match &mut self.wake {
            Some(wake) if alive => wake.refer(&env),
            Some(wake) => wake.unref(&env),
            None => Ok(()),
        }
    }
}
