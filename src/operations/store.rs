//! How jobs are listed, found and retried. `base/jobs` claims and runs them.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{JobFilter, JobStatus};
use crate::base::clock::Timestamp;
use crate::base::db::schema::jobs;
use crate::base::db::types::Json;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ActorId, JobId};

/// A row of `jobs`.
#[derive(Debug, Clone, Queryable)]
pub struct JobRow {
    /// The id.
    pub id: JobId,
    /// The kind.
    pub kind: String,
    /// The queue it waits in.
    pub queue: String,
    /// The payload, as its kind writes it.
    pub payload: Json<Option<Map<String, Value>>>,
    /// When it is due.
    pub run_at: Timestamp,
    /// When the claim of the worker that runs it ends.
    pub claimed_until: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed last or gave up.
    pub last_error: Option<String>,
    /// When it became dead.
    pub dead_at: Option<Timestamp>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// Who caused it, if anyone did.
    pub actor_id: Option<ActorId>,
}

impl JobRow {
    /// The status of the job at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> JobStatus {
        match self.claimed_until {
            _ if self.dead_at.is_some() => JobStatus::Dead,
            Some(until) if until >= now => JobStatus::Running,
            _ => JobStatus::Waiting,
        }
    }
}

fn filtered(filter: &JobFilter, now: Timestamp) -> jobs::BoxedQuery<'_, MultiBackend> {
    let mut rows = jobs::table.into_boxed::<MultiBackend>();
    if let Some(kind) = &filter.kind {
        rows = rows.filter(jobs::kind.eq(kind));
    }
    match filter.status {
        None => rows,
        Some(JobStatus::Dead) => rows.filter(jobs::dead_at.is_not_null()),
        Some(JobStatus::Running) => {
            rows.filter(jobs::dead_at.is_null()).filter(jobs::claimed_until.assume_not_null().ge(now))
        }
        Some(JobStatus::Waiting) => rows
            .filter(jobs::dead_at.is_null())
            .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.assume_not_null().lt(now))),
    }
}

/// Up to `limit` jobs that follow `after`, newest first.
pub fn list(
    conn: &mut Connection,
    filter: &JobFilter,
    now: Timestamp,
    after: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobRow>> {
    let mut rows = filtered(filter, now);
    if let Some(after) = after {
        rows = rows.filter(jobs::id.lt(after));
    }
    Ok(rows.order(jobs::id.desc()).limit(limit).load(conn)?)
}

/// How many jobs match.
pub fn count(conn: &mut Connection, filter: &JobFilter, now: Timestamp) -> Result<i64> {
    Ok(filtered(filter, now).count().get_result(conn)?)
}

/// The job with that id.
pub fn find(conn: &mut Connection, id: JobId) -> Result<Option<JobRow>> {
    Ok(jobs::table.filter(jobs::id.eq(id)).get_result(conn).optional()?)
}

/// Makes a dead job due now, with all its attempts before it. `last_error` stays until the next attempt.
///
/// # Errors
/// Not found; conflict `not-dead`.
pub fn retry(tx: &mut Tx<'_>, id: JobId) -> Result<JobRow> {
    let now = tx.now();
    let dead = jobs::table.filter(jobs::id.eq(id)).filter(jobs::dead_at.is_not_null());
    let retried = diesel::update(dead)
        .set((
            jobs::dead_at.eq(None::<Timestamp>),
            jobs::claimed_until.eq(None::<Timestamp>),
            jobs::attempts.eq(0),
            jobs::run_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let row = find(tx, id)?.ok_or(Error::NotFound("job"))?;
    if retried == 0 {
        return Err(Error::conflict("not-dead", "The job is not dead. Only dead jobs can be retried."));
    }
    tx.append(Event::JobRetried(id));
    Ok(row)
}
