//! Background jobs. A [`Job`] is a row written in the transaction that needs the work. A worker claims it, runs it at
//! least once and retries it with growing pauses when it fails; it becomes dead when it keeps failing or gives up.
//!
//! This engine is independent of what jobs do: each job is defined by its resource, and `server/jobs.rs` lists them
//! all.

mod kind;
mod store;
mod worker;

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use kind::Kind;
pub use store::{Backlog, backlog, enqueue, enqueue_once};
pub use worker::Worker;

use crate::base::error::Result;

/// How often a failed job is retried, unless its kind says otherwise.
const RETRIES: u32 = 9;
/// How long a job may run, unless its kind says otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Background work, in an environment `E`. Its fields are its payload: ids, and no personal data, because the payload
/// is shown to operators.
pub trait Job<E>: Serialize + DeserializeOwned {
    /// What the work is called in the table and in the API: unique, in kebab-case.
    const KIND: &'static str;
    /// Where it waits.
    const QUEUE: Queue = Queue::Default;
    /// How often it is retried after a failure before it is dead.
    const RETRIES: u32 = RETRIES;
    /// How long it may run. Beyond that it is stopped at its next `await` and counts as failed.
    const TIMEOUT: Duration = TIMEOUT;

    /// Does the work. It may run more than once: a worker can be killed after the work and before that is recorded.
    ///
    /// # Errors
    /// When a retry may help.
    fn run(self, env: &E) -> impl Future<Output = Result<Outcome>>;
}

/// How a job ended that has not failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The work is done, and the job is deleted.
    Done,
    /// No retry can help, for the given reason: the job is dead at once.
    GiveUp(String),
}

/// Jobs of one queue run concurrently, up to its bound. No queue waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Jobs that need nothing but the database and the processor.
    Default,
    /// Jobs that wait for a mail server.
    Mail,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 2] = [Self::Default, Self::Mail];

    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mail => "mail",
        }
    }

    /// Whether its jobs address the outside: a quiet copy does not run them.
    #[must_use]
    pub const fn is_outgoing(self) -> bool {
        match self {
            Self::Default => false,
            Self::Mail => true,
        }
    }

    /// How many of its jobs one process runs at the same time.
    #[must_use]
    pub const fn concurrency(self) -> usize {
        match self {
            Self::Default => 4,
            Self::Mail => 8,
        }
    }
}

/// The pause after that many failed attempts: ten seconds, doubling up to an hour.
#[must_use]
pub fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    Duration::from_secs(10 * 2u64.pow(doublings)).min(Duration::from_secs(3600))
}
