//! How jobs are stored.

use std::time::Duration;

use diesel::prelude::*;
use serde_json::Value;

use super::{Job, Outcome, Queue, pause};
use crate::base::clock::Timestamp;
use crate::base::db::schema::jobs;
use crate::base::db::types::Json;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::ids::JobId;

/// A job that a worker has claimed.
pub(super) struct Claimed {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// When the claim ends. No two claims on a job end at the same time, so this also identifies the claim.
    until: Timestamp,
}

/// Adds `job` to its queue, to be run at `run_at` or soon after.
pub fn enqueue<E, J: Job<E>>(tx: &mut Tx<'_>, job: &J, run_at: Timestamp) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(tx.new_id::<JobId>()?),
            jobs::kind.eq(J::KIND),
            jobs::queue.eq(J::QUEUE.as_str()),
            jobs::payload.eq(Json::Readable(serde_json::to_value(job)?)),
            jobs::run_at.eq(run_at),
            jobs::attempts.eq(0),
            jobs::created_at.eq(now),
            jobs::actor_id.eq(tx.actor()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Adds `job` as [`enqueue`] does, unless a job of its kind waits that is due by then. A running job does not count.
pub fn enqueue_once<E, J: Job<E>>(tx: &mut Tx<'_>, job: &J, run_at: Timestamp) -> Result<()> {
    let waiting = jobs::table
        .filter(jobs::kind.eq(J::KIND))
        .filter(jobs::dead_at.is_null())
        .filter(jobs::claimed_until.is_null())
        .filter(jobs::run_at.le(run_at));
    if diesel::select(diesel::dsl::exists(waiting)).get_result(&mut **tx)? {
        return Ok(());
    }
    enqueue(tx, job, run_at)
}

/// The jobs of a queue that are neither done nor dead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many there are.
    pub jobs: i64,
    /// The age of the oldest, in seconds.
    pub oldest_seconds: i64,
    /// How long the one that is most overdue has been due, in seconds.
    pub overdue_seconds: i64,
}

/// Counts the jobs of a queue that are neither done nor dead.
pub fn backlog(conn: &mut Connection, queue: Queue, now: Timestamp) -> Result<Backlog> {
    let since = |at: Option<Timestamp>| at.map_or(0, |at| (now.as_seconds() - at.as_seconds()).max(0));
    let (jobs, created, due): (i64, Option<Timestamp>, Option<Timestamp>) = jobs::table
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::dead_at.is_null())
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::min(jobs::created_at),
            diesel::dsl::min(jobs::run_at),
        ))
        .get_result(conn)?;
    Ok(Backlog { jobs, oldest_seconds: since(created), overdue_seconds: since(due) })
}

fn due(queue: Queue, now: Timestamp) -> jobs::BoxedQuery<'static, MultiBackend> {
    jobs::table
        .filter(jobs::queue.eq(queue.as_str()))
        .filter(jobs::dead_at.is_null())
        .filter(jobs::run_at.le(now))
        .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.assume_not_null().lt(now)))
        .into_boxed()
}

/// Whether any job is due: asked before a claim, because a claim is a write.
pub(super) fn any_due(conn: &mut Connection, queue: Queue, now: Timestamp) -> Result<bool> {
    Ok(due(queue, now).select(jobs::id).limit(1).get_result::<JobId>(conn).optional()?.is_some())
}

/// What a worker knows of a kind of job: how long a claim lasts, and how often it is retried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub lease: Duration,
    pub retries: u32,
}

/// Claims the job of the queue that is due first, within the limits of its kind. No two workers get the same one. One that was
/// claimed as often as it may be tried, and never settled, is dead: it ended its process each time.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    queue: Queue,
    limits: impl Fn(&str) -> Limits,
) -> Result<Option<Claimed>> {
    let now = tx.now();
    loop {
        let next = due(queue, now).order((jobs::run_at, jobs::id));
        let next = next.select((jobs::id, jobs::kind, jobs::attempts)).limit(1);
        let Some((id, kind, tried)) = next.get_result::<(JobId, String, i64)>(&mut **tx).optional()? else {
            return Ok(None);
        };
        let Limits { lease, retries } = limits(&kind);
        let until = now.plus(lease);
        let free = jobs::table
            .filter(jobs::id.eq(id))
            .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.assume_not_null().lt(now)));
        if tried > i64::from(retries) {
            let why = "the process ended while the job ran";
            diesel::update(free)
                .set((
                    jobs::claimed_until.eq(None::<Timestamp>),
                    jobs::last_error.eq(why),
                    jobs::dead_at.eq(Some(now)),
                ))
                .execute(&mut **tx)?;
            log::warn!("job {id} is dead: {why}");
            continue;
        }
        let claimed: Option<(i64, Json<Value>)> = diesel::update(free)
            .set((jobs::claimed_until.eq(Some(until)), jobs::attempts.eq(jobs::attempts + 1)))
            .returning((jobs::attempts, jobs::payload))
            .get_result(&mut **tx)
            .optional()?;
        // Otherwise a worker of another process was faster.
        if let Some((attempts, payload)) = claimed {
            let payload = payload.read(format_args!("jobs.payload of {id}")).unwrap_or_default();
            return Ok(Some(Claimed { id, kind, payload, attempts, until }));
        }
    }
}

/// Releases every claimed job. Only for a process that knows that no other is working on them.
pub(super) fn release(tx: &mut Tx<'_>) -> Result<()> {
    let claimed = jobs::table.filter(jobs::claimed_until.is_not_null());
    diesel::update(claimed).set(jobs::claimed_until.eq(None::<Timestamp>)).execute(&mut **tx)?;
    Ok(())
}

/// Records how a job ended: it is deleted, dead, or due again after a pause. Changes nothing if the claim has expired
/// and another worker has claimed the job.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    retries: u32,
    outcome: &Result<Outcome, String>,
) -> Result<()> {
    let now = tx.now();
    let own = jobs::table.filter(jobs::id.eq(claimed.id)).filter(jobs::claimed_until.eq(Some(claimed.until)));
    let (reason, is_dead) = match outcome {
        Ok(Outcome::Done) => {
            diesel::delete(own).execute(&mut **tx)?;
            return Ok(());
        }
        Ok(Outcome::GiveUp(reason)) => (reason, true),
        Err(reason) => (reason, claimed.attempts > i64::from(retries)),
    };
    diesel::update(own)
        .set((
            jobs::claimed_until.eq(None::<Timestamp>),
            jobs::run_at.eq(now.plus(pause(claimed.attempts))),
            jobs::last_error.eq(reason),
            jobs::dead_at.eq(is_dead.then_some(now)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}
