//! Calls that run on the thread of the connections as a whole.

#![forbid(unsafe_code)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use redis::Value;

use super::{COUNT, run, wait};
use crate::error::{Error, Result};
use crate::redis::testing::{Server, until};
use crate::redis::{Redis, Script};

const LONG: Duration = Duration::from_secs(20);

/// Runs `work` there, and gives what it came to.
fn there<T, W>(redis: &Arc<Redis>, work: impl FnOnce(Arc<Redis>) -> W) -> T
where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let executor = redis.executor().unwrap().unwrap();
    let (kept, work) = (executor.clone(), work(Arc::clone(redis)));
    let (sender, receiver) = mpsc::channel();
    executor.spawn(async move {
        sender.send(work.await).unwrap();
        drop(kept);
    });
    drop(executor);
    receiver.recv_timeout(LONG).unwrap()
}

async fn count(redis: Arc<Redis>) -> Result<Value> {
    let script = Script::new(COUNT.to_owned());
    redis.call(|caller| async move { caller.run(&script, "{a}", &[]).await }).await
}

#[test]
fn a_call_is_made_on_the_thread_that_waits_for_it() {
    let redis = Arc::new(Redis::new(&Server::shared().options()).unwrap());
    let threads = there(&redis, |redis| async move {
        let outer = thread::current().id();
        redis.call(move |_| async move { Ok(thread::current().id() == outer) }).await
    });
    assert_eq!(threads, Ok(true));
    let elsewhere = thread::current().id();
    assert_eq!(wait(redis.call(move |_| async move { Ok(thread::current().id() == elsewhere) })), Ok(false));
}

/// Begins it, and drops it. Says whether it had not ended.
async fn begin(call: impl Future<Output = Result<Value>>) -> bool {
    let mut call = pin!(call);
    poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await
}

#[test]
fn a_call_that_is_dropped_there_goes_on_to_its_end() {
    let server = Server::start(&[]);
    let redis = Arc::new(Redis::new(&server.options()).unwrap());
    assert_eq!(there(&redis, count), Ok(Value::Int(1)));
    for dropped in 1..=5 {
        assert!(there(&redis, |redis| begin(count(redis))), "it was given up");
        let count = || run(&redis, "return redis.call('GET', KEYS[1] .. ':count')", "{a}").unwrap();
        until("it is done all the same", || count() == bulk(dropped + 1));
    }
    // Closing waits for it as for any other.
    assert!(there(&redis, |redis| begin(count(redis))));
    wait(redis.close());
    assert_eq!(server.query::<u32>(&["GET", "{a}:count"]), 7);
}

fn bulk(number: u32) -> Value {
    Value::BulkString(number.to_string().into_bytes())
}

#[test]
fn a_panic_is_the_error_of_its_call_alone() {
    let redis = Arc::new(Redis::new(&Server::shared().options()).unwrap());
    let panics = |redis: Arc<Redis>| async move { redis.call(|_| async { panic!("planted") }).await };
    assert_eq!(there::<Result<()>, _>(&redis, panics), Err(Error::Panicked));
    assert!(there(&redis, count).is_ok());
}

#[test]
fn a_client_is_closed_on_the_thread_itself() {
    let server = Server::start(&[]);
    let redis = Arc::new(Redis::new(&server.options()).unwrap());
    assert_eq!(there(&redis, count), Ok(Value::Int(1)));
    let refused = there(&redis, |redis| async move {
        redis.close().await;
        count(redis).await
    });
    assert_eq!(refused, Err(Error::StoreClosed));
    assert!(redis.executor().unwrap().is_none());
    until("the connection is left", || {
        let list: String = server.query(&["CLIENT", "LIST", "TYPE", "NORMAL"]);
        list.lines().count() == 1
    });
}
