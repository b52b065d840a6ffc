//! Runs the jobs that are due: in the background until told to stop, or all at once when a test asks.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::watch;

use super::store::{self, Claimed, Limits};
use super::{Kind, Outcome, Queue, RETRIES, TIMEOUT};
use crate::base::clock::Clock;
use crate::base::db::Database;
use crate::base::error::Result;

/// How often the table is read while nothing is due.
const IDLE: Duration = Duration::from_millis(500);
/// How much longer than its timeout a job is claimed: time to record how it ended.
const MARGIN: Duration = Duration::from_secs(60);

/// Claims jobs and runs them.
pub struct Worker<'a, E: 'static> {
    /// The database that contains the jobs.
    pub db: &'a Database,
    /// The clock that decides which jobs are due.
    pub clock: &'a Clock,
    /// Every kind of job.
    pub kinds: &'static [Kind<E>],
    /// The environment of the jobs.
    pub env: &'a E,
}

impl<E> Worker<'_, E> {
    /// Runs jobs until `stop` turns true, then finishes those that are running.
    pub async fn run_until(&self, stop: watch::Receiver<bool>) {
        // On SQLite no other process runs jobs, so claims of a killed process can be released.
        if self.db.url().is_sqlite()
            && let Err(error) = self.db.write(store::release).await
        {
            log::warn!("claimed jobs wait until their claim ends: {error}");
        }
        let queues = Queue::ALL.into_iter().map(|queue| {
            self.claims(queue, stop.clone()).for_each_concurrent(
                queue.concurrency(),
                move |claimed| async move {
                    let id = claimed.id;
                    if let Err(error) = self.run(claimed).await {
                        log::warn!("job {id} runs again when its claim ends: {error}");
                    }
                },
            )
        });
        join_all(queues).await;
    }

    /// Runs everything that is due now and what that makes due, one job at a time, and returns how many jobs ran.
    ///
    /// # Errors
    /// When the database cannot be reached. A job's own failure is recorded with the job.
    pub async fn run_due(&self) -> Result<usize> {
        let mut ran = 0;
        loop {
            let before = ran;
            for queue in Queue::ALL {
                while let Some(claimed) = self.claim(queue).await? {
                    self.run(claimed).await?;
                    ran += 1;
                }
            }
            if ran == before {
                return Ok(ran);
            }
        }
    }

    /// The jobs of a queue as they fall due, each claimed when it is asked for.
    fn claims(&self, queue: Queue, stop: watch::Receiver<bool>) -> impl Stream<Item = Claimed> {
        stream::unfold(stop, move |mut stop| async move {
            while !*stop.borrow() {
                match self.claim(queue).await {
                    Ok(Some(claimed)) => return Some((claimed, stop)),
                    Ok(None) => {}
                    Err(error) => log::warn!("jobs wait: {error}"),
                }
                // Either way the loop checks `stop` again.
                let _ = tokio::time::timeout(IDLE, stop.changed()).await;
            }
            None
        })
    }

    async fn claim(&self, queue: Queue) -> Result<Option<Claimed>> {
        if queue.is_outgoing() && self.db.generation().is_quiet() {
            return Ok(None);
        }
        let now = self.clock.now();
        if !self.db.read(move |conn| store::any_due(conn, queue, now)).await? {
            return Ok(None);
        }
        let kinds = self.kinds;
        let limits = move |name: &str| {
            let (timeout, retries) =
                find(kinds, name).map_or((TIMEOUT, RETRIES), |kind| (kind.timeout, kind.retries));
            Limits { lease: timeout + MARGIN, retries }
        };
        self.db.write(move |tx| store::claim(tx, queue, limits)).await
    }

    async fn run(&self, mut claimed: Claimed) -> Result<()> {
        let kind = find(self.kinds, &claimed.kind);
        let outcome = match kind {
            Some(kind) => kind.run(claimed.payload.take(), self.env).await,
            // Perhaps one of a newer release, which runs beside this one and may take the job the next time.
            None => Err(format!("unknown kind {}", claimed.kind)),
        };
        let (id, attempts) = (claimed.id, claimed.attempts);
        match &outcome {
            Ok(Outcome::Done) => {}
            Ok(Outcome::GiveUp(why)) => log::warn!("job {id} gave up: {why}"),
            Err(why) => log::warn!("job {id} failed (attempt {attempts}): {why}"),
        }
        let retries = kind.map_or(RETRIES, |kind| kind.retries);
        self.db.write(move |tx| store::settle(tx, &claimed, retries, &outcome)).await
    }
}

fn find<'a, E>(kinds: &'a [Kind<E>], name: &str) -> Option<&'a Kind<E>> {
    kinds.iter().find(|kind| kind.name == name)
}
