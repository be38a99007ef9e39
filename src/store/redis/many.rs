//! Calls for many sessions, which are on their way together.

#![forbid(unsafe_code)]

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::error::{Error, Result};
use crate::session::id::StoreKey;
use crate::store::record::Loaded;

use super::calls::Call;

/// As many are on their way at once: more would keep other calls waiting, and gain nothing.
const TOGETHER: usize = 128;

impl Call {
    pub(super) async fn load_many(&self, keys: Vec<StoreKey>) -> Result<Vec<Loaded>> {
        let all = together(keys, |key| {
            let call = self.clone();
            async move { call.load(key).await }
        });
        all.await
    }

    pub(super) async fn delete_many(&self, keys: Vec<StoreKey>, tombstone: Duration) -> Result<u64> {
        let all = together(keys, |key| {
            let call = self.clone();
            async move { call.delete(key, tombstone).await.map(u64::from) }
        });
        Ok(all.await?.into_iter().sum())
    }
}

/// All answers in the order of the keys, or the first error, which comes when all are over: none goes on behind its back.
async fn together<T, W>(keys: Vec<StoreKey>, call: impl Fn(StoreKey) -> W) -> Result<Vec<T>>
where
    T: Send + 'static,
    W: Future<Output = Result<T>> + Send + 'static,
{
    let mut answers: Vec<Option<T>> = keys.iter().map(|_| None).collect();
    let mut keys = keys.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    let mut failed = None;
    loop {
        while failed.is_none()
            && under_way.len() < TOGETHER
            && let Some((n, key)) = keys.next()
        {
            let work = call(key);
            under_way.spawn(async move { (n, work.await) });
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok((n, Ok(answer)))) => answers[n] = Some(answer),
            Some(Ok((_, Err(error)))) => failed = failed.or(Some(error)),
            Some(Err(_)) => failed = Some(Error::Panicked),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => answers.into_iter().collect::<Option<_>>().ok_or(Error::Panicked),
    }
}
