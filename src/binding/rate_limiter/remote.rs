//! The class behind limiters on Redis. The calls of one tick come together, and each settles alone; what leased tokens decide is
//! answered at once.

use std::sync::Arc;

use napi::bindgen_prelude::{Array, FunctionCallContext, Null, Object};
use napi::{Env, JsNumber, JsString, JsValue};
use napi_derive::napi;

use crate::binding::arguments::{Given, count, field, given, number, wrong};
use crate::binding::error::{error_object, internal, to_js};
use crate::binding::function::{Holding, Returned, argument, function};
use crate::binding::guard::guard;
use crate::binding::mailbox::{Mailbox, WakeFunction};
use crate::binding::place::Place;
use crate::binding::rate_limiter::answer::Answer;
use crate::binding::rate_limiter::calls::{self, Operation};
use crate::binding::rate_limiter::key::{KEY, Key};
use crate::binding::rate_limiter::options::RateLimiterOptions;
use crate::binding::rate_limiter::{COST, LIMIT, LimitCounts, LimitInfo, NOW, OPTIONS, moment};
use crate::binding::session_store::redis::connection;
use crate::binding::task::{Call, Head, Task, go_on};
use crate::binding::values::Submission;
use crate::clock::Moment;
use crate::error::{Error, ErrorCode, Result};
use crate::limit::redis::{Judged, LeaseSize, LimiterOptions, OnStoreError, RedisLimiter, Refill, Request};

const WAKE: &str = wrong!("wake", "a function");
const STORE: &str = wrong!("store", "an object");
const ON_STORE_ERROR: &str = wrong!("onStoreError", "open, closed or local");
const LEASE_SIZE: &str = wrong!("leaseSize", "a whole number");
const LEASE_FRACTION: &str = wrong!("leaseFraction", "a number from 0 to 1");

/// What a call came to.
enum Answered {
    Judged(Vec<Judged>),
    Flag(bool),
}

/// The outcomes, by which `js/store/lane.ts` knows errors.
const ERROR: u8 = 0;
const DONE: u8 = 1;

/// What a limiter on Redis does for every request.
#[napi(object, object_from_js = false)]
pub struct RemoteRateLimiterCalls<'env> {
    /// Decides by leased tokens; `null` where Redis has to be asked.
    #[napi(ts_type = "(limit: number, key: string, cost: number, now: number) => string | null")]
    pub try_consume: Holding<'env>,
}

/// Token buckets in Redis. Calls and answers are those of `Store`, their values those of `js/limit/redis-limiter.ts`.
#[napi]
pub struct RemoteRateLimiter {
    limiter: Arc<RedisLimiter>,
    limits: usize,
    mailbox: Arc<Mailbox<Answered>>,
}

#[napi]
impl RemoteRateLimiter {
    /// Makes a limiter. Nothing is connected to before its first call. Throws `ERR_CONFIG` for options that cannot work.
    #[napi(constructor, catch_unwind)]
    pub fn new(#[napi(ts_arg_type = "object")] options: Given<Object>) -> napi::Result<Self, ErrorCode> {
        guard("RemoteRateLimiter", || {
            let options = given(options, OPTIONS).and_then(|options| read(&options));
            let make = options.and_then(|options| {
                let limits = options.limits.len();
                RedisLimiter::new(options).map(|limiter| (limiter, limits))
            });
            let (limiter, limits) = make.map_err(|error| to_js(&error))?;
            Ok(Self { limiter: Arc::new(limiter), limits, mailbox: Arc::default() })
        })
    }

    /// What is known of the limits, by their places.
    #[napi(catch_unwind)]
    pub fn limits(&self) -> napi::Result<Vec<LimitInfo>, ErrorCode> {
        guard("RemoteRateLimiter.limits", || {
            let info = |limit| self.limiter.quota(limit).map(LimitInfo::of);
            (0..self.limits).map(info).collect::<Result<_>>().map_err(|error| to_js(&error))
        })
    }

    /// The calls of every request.
    #[napi(catch_unwind)]
    pub fn calls<'env>(&self, env: &'env Env) -> napi::Result<RemoteRateLimiterCalls<'env>, ErrorCode> {
        guard("RemoteRateLimiter.calls", || {
            let limiter = Arc::clone(&self.limiter);
            let try_consume = function(env, "tryConsume", move |call| try_consume(&limiter, call))?;
            Ok(RemoteRateLimiterCalls { try_consume })
        })
    }

    /// Makes the calls of a tick, and gives the answers that are there by then. `wake` is called when there are more.
    #[napi(catch_unwind)]
    pub fn submit<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "Float64Array")] numbers: Given<'env, Object<'env>>,
        #[napi(ts_arg_type = "string | string[]")] texts: Given<'env, JsString<'env>>,
        #[napi(ts_arg_type = "() => void")] wake: Given<WakeFunction>,
    ) -> napi::Result<Array<'env>, ErrorCode> {
        guard("RemoteRateLimiter.submit", || {
            let calls = Submission::copy(numbers, texts).and_then(calls::read);
            let read = calls.map_err(|error| to_js(&error))?;
            let wake = given(wake, WAKE).map_err(|error| to_js(&error))?;
            let (mut answers, tasks) = self.begin(read);
            if !tasks.is_empty() {
                go_on(*env, &self.mailbox, wake, place(&self.limiter), tasks, &mut answers)?;
            }
            write(env, answers)
        })
    }

    /// Gives the answers that are there.
    #[napi(catch_unwind)]
    pub fn take<'env>(&self, env: &'env Env) -> napi::Result<Array<'env>, ErrorCode> {
        guard("RemoteRateLimiter.take", || write(env, self.mailbox.take(*env).map_err(|error| internal(&error))?))
    }

    /// The counts of a limit.
    #[napi(catch_unwind)]
    pub fn counts(&self, limit: JsNumber) -> napi::Result<LimitCounts, ErrorCode> {
        guard("RemoteRateLimiter.counts", || {
            let limit = count(number(limit, LIMIT)?, LIMIT).map_err(|error| to_js(&error))?;
            Ok(LimitCounts::of(self.limiter.counts(limit as usize)))
        })
    }

    /// Why decisions are degraded, or what keeps Redis from keeping buckets; each is said once.
    #[napi(catch_unwind)]
    pub fn trouble(&self) -> napi::Result<Option<String>, ErrorCode> {
        guard("RemoteRateLimiter.trouble", || Ok(self.limiter.trouble().map(|error| error.to_string())))
    }
}

type Answers = Vec<(u32, Result<Answered>)>;

impl RemoteRateLimiter {
    /// What is known at once, and what has to be waited for.
    fn begin(&self, calls: Vec<calls::Call>) -> (Answers, Vec<Task<Asked>>) {
        let (mut answers, mut tasks) = (Vec::new(), Vec::new());
        for calls::Call { ticket, now, operation } in calls {
            let operation = match operation {
                Ok(operation) => operation,
                Err(error) => {
                    answers.push((ticket, Err(error)));
                    continue;
                }
            };
            if let Operation::Consume(requests) = &operation {
                match self.limiter.consume_now(requests, now) {
                    Ok(None) => {}
                    Ok(Some((judged, more))) => {
                        refill(&self.limiter, more, now);
                        answers.push((ticket, Ok(Answered::Judged(judged))));
                        continue;
                    }
                    Err(error) => {
                        answers.push((ticket, Err(error)));
                        continue;
                    }
                }
            }
            if matches!(operation, Operation::Close) {
                self.mailbox.close();
            }
            let asked = Asked { limiter: Arc::clone(&self.limiter), now, operation };
            tasks.push(Task::new(Head { ticket, can_be_cancelled: false }, None, asked));
        }
        (answers, tasks)
    }
}

fn try_consume(limiter: &Arc<RedisLimiter>, call: &FunctionCallContext<'_>) -> Returned {
    guard("RemoteRateLimiter.tryConsume", || {
        let small = |index, wrong| {
            let number = number(argument(call, index, wrong)?, wrong)?;
            count(number, wrong).map_err(|error| to_js(&error))
        };
        let request = Request {
            limit: small(0, LIMIT)? as usize,
            key: Key::read(argument(call, 1, KEY)?)?.as_slice().into(),
            cost: small(2, COST)?,
        };
        let now = moment(argument(call, 3, NOW)?)?;
        let decided = limiter.consume_now(&[request], now).map_err(|error| to_js(&error))?;
        let Some((judged, more)) = decided else { return Ok(None) };
        refill(limiter, more, now);
        let mut answer = Answer::one();
        for judged in judged {
            answer.judged(judged);
        }
        answer.text(call.env).map(|text| Some(text.raw()))
    })
}

/// Nobody waits for it.
fn refill(limiter: &Arc<RedisLimiter>, refill: Refill, now: Moment) {
    if !refill.is_empty() {
        let Ok(place) = place(limiter) else { return };
        let (limiter, kept) = (Arc::clone(limiter), place.clone());
        let _is_running = place.spawn(async move {
            limiter.refill(refill, now).await;
            drop(kept);
        });
    }
}

fn place(limiter: &RedisLimiter) -> Result<Place> {
    Place::connections(limiter.executor())
}

/// A call with all that it needs.
struct Asked {
    limiter: Arc<RedisLimiter>,
    now: Moment,
    operation: Operation,
}

impl Call for Asked {
    type Answer = Answered;

    async fn make(self) -> Result<Answered> {
        let Self { limiter, now, operation } = self;
        match operation {
            Operation::Consume(requests) => limiter.consume(requests, now).await.map(Answered::Judged),
            Operation::Peek(requests) => limiter.peek(requests, now).await.map(Answered::Judged),
            Operation::Refund(receipts) => limiter.refund(receipts, now).await.map(Answered::Flag),
            Operation::Reset { limit, key } => limiter.reset(limit, key, now).await.map(|()| Answered::Flag(true)),
            Operation::Penalize { limit, key, duration } => {
                limiter.penalize(limit, key, duration, now).await.map(|()| Answered::Flag(true))
            }
            Operation::Close => {
                limiter.close().await;
                Ok(Answered::Flag(true))
            }
        }
    }
}

fn read(options: &Object<'_>) -> Result<LimiterOptions> {
    let (limits, ceiling) = RateLimiterOptions::read_limits(options)?;
    let size: Option<f64> = field(options, "leaseSize", LEASE_SIZE)?;
    let fraction: Option<f64> = field(options, "leaseFraction", LEASE_FRACTION)?;
    let lease = match (size, fraction) {
        (Some(size), _) => Some(LeaseSize::Tokens(count(size, LEASE_SIZE)?)),
        (None, Some(part)) if (0.0..=1.0).contains(&part) => Some(LeaseSize::Fraction(part)),
        (None, Some(_)) => return Err(Error::Config(LEASE_FRACTION)),
        (None, None) => None,
    };
    let on_store_error: String = field(options, "onStoreError", ON_STORE_ERROR)?;
    let on_store_error = match on_store_error.as_str() {
        "open" => OnStoreError::Open,
        "closed" => OnStoreError::Closed,
        "local" => OnStoreError::Local,
        _ => return Err(Error::Config(ON_STORE_ERROR)),
    };
    let store: Object<'_> = field(options, "store", STORE)?;
    Ok(LimiterOptions { redis: connection(&store)?, limits, on_store_error, ceiling, lease })
}

/// The values of all answers: one text, and the errors behind it.
fn write(env: &Env, answers: Answers) -> napi::Result<Array<'_>, ErrorCode> {
    let put = || {
        let mut values = env.create_array(0)?;
        // The place of the text, which is known last.
        values.insert(Null)?;
        let mut packed = Answer::several(answers.len());
        for (ticket, answer) in answers {
            match answer {
                Ok(Answered::Judged(judged)) => {
                    packed.begin(ticket, DONE);
                    for judged in judged {
                        packed.judged(judged);
                    }
                }
                Ok(Answered::Flag(flag)) => {
                    packed.begin(ticket, DONE);
                    packed.flag(flag);
                }
                Err(error) => {
                    packed.begin(ticket, ERROR);
                    values.insert(error_object(env, &error)?)?;
                }
            }
        }
        values.set(0, packed.latin1(env)?)?;
        Ok(values)
    };
    put().map_err(|error: napi::Error| internal(&error))
}
