//! One call under way: as long as its deadline allows, until it is cancelled, whatever panics in it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use napi::Env;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::binding::error::{internal, to_js};
use crate::binding::mailbox::{Mailbox, WakeFunction};
use crate::binding::runtime;
use crate::error::{Error, ErrorCode, Result};
use crate::panics::{caught, fail_point};

type Work<A> = Pin<Box<dyn Future<Output = Result<A>> + Send>>;

/// A call that has begun.
pub(crate) struct Task<A> {
    ticket: u32,
    deadline: Option<Duration>,
    can_be_cancelled: bool,
    work: Work<A>,
}

impl<A: Send + 'static> Task<A> {
    pub(crate) fn new(
        ticket: u32,
        deadline: Option<Duration>,
        can_be_cancelled: bool,
        work: impl Future<Output = Result<A>> + Send + 'static,
    ) -> Self {
        Self { ticket, deadline, can_be_cancelled, work: Box::pin(work) }
    }

    /// By which its answer is known.
    pub(crate) fn ticket(&self) -> u32 {
        self.ticket
    }

    /// Begins it on the calling thread. What gives its answer at once, as a store in memory does, needs no other.
    pub(crate) fn poll_once(mut self) -> Result<Result<A>, Self> {
        match poll(self.work.as_mut(), &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(self),
        }
    }

    /// Waits for its end, which goes into the mailbox.
    pub(crate) fn run(self, mailbox: &Arc<Mailbox<A>>) -> impl Future<Output = ()> + Send + use<A> {
        let cancelled = self.can_be_cancelled.then(|| mailbox.cancellable(self.ticket));
        self.wait(cancelled, Arc::clone(mailbox))
    }

    async fn wait(self, cancelled: Option<oneshot::Receiver<()>>, mailbox: Arc<Mailbox<A>>) {
        let Self { ticket, deadline, mut work, .. } = self;
        let ended = async {
            let work = poll_fn(|context| poll(work.as_mut(), context));
            match deadline {
                Some(deadline) => timeout(deadline, work).await.unwrap_or(Err(Error::StoreTimeout)),
                None => work.await,
            }
        };
        let answer = match cancelled {
            Some(cancelled) => unless(cancelled, ended).await,
            None => ended.await,
        };
        // The call is at its end, whatever it was, before anybody hears of it.
        drop(work);
        if mailbox.put(ticket, answer) {
            // What a store answers together is here within microseconds, and waking the thread costs it more than an answer does.
            let mut answers = 0;
            while let Some(more) = mailbox.call_unless_more(answers) {
                answers = more;
                yield_now().await;
            }
        }
    }
}

/// Has the runtime go on with calls, whose answers go into the mailbox. Where there is no runtime, that is their answer.
pub(crate) fn go_on<A: Send + 'static>(
    env: Env,
    mailbox: &Arc<Mailbox<A>>,
    wake: WakeFunction<'_>,
    tasks: Vec<Task<A>>,
    answers: &mut Vec<(u32, Result<A>)>,
) -> napi::Result<(), ErrorCode> {
    if let Err(error) = runtime::start() {
        answers.extend(tasks.iter().map(|task| (task.ticket(), Err(error.clone()))));
        return Ok(());
    }
    mailbox.expect(env, wake, tasks.len()).map_err(|error| internal(&error))?;
    let begun = tasks.into_iter().map(|task| task.run(mailbox)).collect();
    if runtime::spawn_all(begun) { Ok(()) } else { Err(to_js(&Error::NoThread)) }
}

/// A panic is the last that a call says.
fn poll<A>(work: Pin<&mut (dyn Future<Output = Result<A>> + Send)>, context: &mut Context<'_>) -> Poll<Result<A>> {
    let polled = caught(|| {
        fail_point("store");
        work.poll(context)
    });
    polled.unwrap_or_else(|error| Poll::Ready(Err(error)))
}

/// What a call gives, unless word comes before it. A sender that is gone says nothing.
async fn unless<A>(said: oneshot::Receiver<()>, call: impl Future<Output = Result<A>>) -> Result<A> {
    let (mut said, mut call) = (pin!(said), pin!(call));
    let mut listens = true;
    poll_fn(|context| {
        if listens && let Poll::Ready(word) = said.as_mut().poll(context) {
            if word.is_ok() {
                return Poll::Ready(Err(Error::Aborted));
            }
            listens = false;
        }
        call.as_mut().poll(context)
    })
    .await
}
