//! A kind of job as a value: what a list of all jobs holds, and what runs a job of which only the row is known.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::{Job, Outcome, Queue};
use crate::base::error::{Error, Result};

/// A kind of job that can run in an environment `E`.
pub struct Kind<E> {
    /// Its name.
    pub name: &'static str,
    /// Where its jobs wait.
    pub queue: Queue,
    /// How often they are retried.
    pub retries: u32,
    /// How long each may run.
    pub timeout: Duration,
    start: for<'a> fn(Value, &'a E) -> LocalBoxFuture<'a, Result<Outcome>>,
}

impl<E> Kind<E> {
    /// The kind of the job `J`.
    #[must_use]
    pub const fn of<J: Job<E>>() -> Self {
        Self {
            name: J::KIND,
            queue: J::QUEUE,
            retries: J::RETRIES,
            timeout: J::TIMEOUT,
            start: |payload, env| {
                async move {
                    let job = serde_json::from_value::<J>(payload);
                    job.map_err(|e| Error::internal(format!("unreadable payload: {e}")))?.run(env).await
                }
                .boxed_local()
            },
        }
    }

    /// Runs one job to its end, its timeout or its panic, the latter two being failures.
    pub(super) async fn run(&self, payload: Value, env: &E) -> Result<Outcome, String> {
        let run = AssertUnwindSafe((self.start)(payload, env)).catch_unwind();
        match tokio::time::timeout(self.timeout, run).await {
            Ok(Ok(outcome)) => outcome.map_err(|e| e.to_string()),
            Ok(Err(_)) => Err("the job panicked".to_owned()),
            Err(_) => Err(format!("the job ran longer than {:?}", self.timeout)),
        }
    }
}
