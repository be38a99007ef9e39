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
use crate::binding::place::Place;
use crate::error::{Error, ErrorCode, Result};
use crate::panics::{caught, fail_point};

/// A call with all that it needs, to be made where it runs.
pub(crate) trait Call: Send + 'static {
    /// What it comes to.
    type Answer: Send + 'static;

    /// Makes it.
    fn make(self) -> impl Future<Output = Result<Self::Answer>> + Send + 'static;
}

type Work<A> = Pin<Box<dyn Future<Output = Result<A>> + Send>>;

enum Stage<C: Call> {
    Asked(C),
    Begun(Work<C::Answer>),
}

impl<C: Call> Stage<C> {
    fn begin(self) -> Work<C::Answer> {
        match self {
            Self::Asked(call) => Box::pin(call.make()),
            Self::Begun(work) => work,
        }
    }
}

/// What is known of a call before anything of it is done.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    /// By which its answer is known.
    pub(crate) ticket: u32,
    pub(crate) can_be_cancelled: bool,
}

/// A call that somebody waits for.
pub(crate) struct Task<C: Call> {
    head: Head,
    deadline: Option<Duration>,
    cancelled: Option<oneshot::Receiver<()>>,
    stage: Stage<C>,
}

impl<C: Call> Task<C> {
    pub(crate) fn new(head: Head, deadline: Option<Duration>, call: C) -> Self {
        Self { head, deadline, cancelled: None, stage: Stage::Asked(call) }
    }

    /// Begins it on the calling thread. What gives its answer at once, as a store in memory does, needs no other.
    pub(crate) fn poll_once(self) -> Result<Result<C::Answer>, Self> {
        let mut work = self.stage.begin();
        match poll(work.as_mut(), &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(Self { stage: Stage::Begun(work), ..self }),
        }
    }

    /// Waits for its end, which goes into the mailbox.
    async fn run(self, mailbox: Arc<Mailbox<C::Answer>>) {
        let Self { head, deadline, cancelled, stage } = self;
        let mut work = stage.begin();
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
        hand_over(&mailbox, head.ticket, answer).await;
    }
}

async fn hand_over<A>(mailbox: &Mailbox<A>, ticket: u32, answer: Result<A>) {
    if mailbox.put(ticket, answer) {
        // What a store answers together is here within microseconds, and waking the thread costs it more than an answer does.
        let mut answers = 0;
        while let Some(more) = mailbox.call_unless_more(answers) {
            answers = more;
            yield_now().await;
        }
    }
}

/// Has calls go on in this place, as [`go_on_from`].
pub(crate) fn go_on<C: Call>(
    env: Env,
    mailbox: &Arc<Mailbox<C::Answer>>,
    wake: WakeFunction<'_>,
    place: Result<Place>,
    tasks: Vec<Task<C>>,
    answers: &mut Vec<(u32, Result<C::Answer>)>,
) -> napi::Result<(), ErrorCode> {
    let heads = tasks.iter().map(|task| task.head).collect();
    go_on_from(env, mailbox, wake, place, heads, || tasks, answers)
}

/// Has calls go on in this place, each on its own; their answers go into the mailbox. Where the place cannot be, that is their
/// answer. They come there by one push, since each push may have to wake a thread.
///
/// `tasks` makes them there, one for each head and in this order, so that the thread of JavaScript neither reads their values nor
/// has the memory that others free.
pub(crate) fn go_on_from<C: Call>(
    env: Env,
    mailbox: &Arc<Mailbox<C::Answer>>,
    wake: WakeFunction<'_>,
    place: Result<Place>,
    heads: Vec<Head>,
    tasks: impl FnOnce() -> Vec<Task<C>> + Send + 'static,
    answers: &mut Vec<(u32, Result<C::Answer>)>,
) -> napi::Result<(), ErrorCode> {
    let place = match place {
        Ok(place) => place,
        Err(error) => {
            answers.extend(heads.iter().map(|head| (head.ticket, Err(error.clone()))));
            return Ok(());
        }
    };
    mailbox.expect(env, wake, heads.len()).map_err(|error| internal(&error))?;
    let can_be_cancelled = heads.iter().filter(|head| head.can_be_cancelled);
    let cancels: Vec<_> = can_be_cancelled.map(|head| (head.ticket, mailbox.cancellable(head.ticket))).collect();
    let (kept, mailbox) = (place.clone(), Arc::clone(mailbox));
    let spread = async move {
        let made = caught(|| {
            fail_point("tasks");
            tasks()
        });
        let tasks = match made {
            Ok(tasks) => tasks,
            Err(error) => {
                for head in &heads {
                    hand_over(&mailbox, head.ticket, Err(error.clone())).await;
                }
                return;
            }
        };
        // One that was not made would be waited for as long as the process lives.
        for head in heads.iter().skip(tasks.len()) {
            hand_over(&mailbox, head.ticket, Err(Error::Panicked)).await;
        }
        let mut cancels = cancels.into_iter().peekable();
        for mut task in tasks {
            task.cancelled = cancels.next_if(|(ticket, _)| *ticket == task.head.ticket).map(|(_, cancelled)| cancelled);
            let (kept, run) = (kept.clone(), task.run(Arc::clone(&mailbox)));
            drop(tokio::spawn(async move {
                run.await;
                drop(kept);
            }));
        }
    };
    if place.spawn(spread) { Ok(()) } else { Err(to_js(&Error::NoThread)) }
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
