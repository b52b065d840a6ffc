//! How jobs are kept.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::{CLAIM, Job, Lane, SENDING, TRIES, pause};
use crate::base::clock::Timestamp;
use crate::base::db::schema::jobs;
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::JobId;

/// A job taken for doing.
pub(super) struct Claimed {
    pub id: JobId,
    pub attempts: i64,
    pub job: Result<Job, String>,
}

/// Writes down that `job` is to be done at `run_at` or soon after.
///
/// # Errors
/// When the database refuses.
pub fn enqueue(tx: &mut Tx<'_>, job: &Job, run_at: Timestamp) -> Result<()> {
    let now = tx.now();
    let mut written = serde_json::to_value(job)?;
    let kind = written.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let payload = written.get_mut("payload").map(Value::take).unwrap_or_default();
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(tx.new_id::<JobId>()?),
            jobs::kind.eq(kind),
            jobs::payload.eq(Json(payload)),
            jobs::run_at.eq(run_at),
            jobs::attempts.eq(0),
            jobs::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// How many jobs of that kind wait or are being done.
///
/// # Errors
/// When the database refuses.
pub fn count(conn: &mut Connection, kind: &str) -> Result<i64> {
    Ok(jobs::table.filter(jobs::kind.eq(kind)).filter(jobs::dead_at.is_null()).count().get_result(conn)?)
}

/// What waits to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many mails.
    pub mails: i64,
    /// How long the oldest of them has waited, in seconds.
    pub oldest_mail_seconds: i64,
    /// How long the job that is most overdue has been due, in seconds.
    pub most_overdue_seconds: i64,
}

/// Looks at what waits.
///
/// # Errors
/// When the database refuses.
pub fn waiting(conn: &mut Connection, now: Timestamp) -> Result<Waiting> {
    let alive = || jobs::table.filter(jobs::dead_at.is_null());
    let since = |at: Option<Timestamp>| at.map_or(0, |at| (now.as_seconds() - at.as_seconds()).max(0));
    let (mails, oldest): (i64, Option<Timestamp>) = alive()
        .filter(jobs::kind.eq(SENDING))
        .select((diesel::dsl::count_star(), diesel::dsl::min(jobs::created_at)))
        .get_result(conn)?;
    let due: Option<Timestamp> = alive().select(diesel::dsl::min(jobs::run_at)).get_result(conn)?;
    Ok(Waiting { mails, oldest_mail_seconds: since(oldest), most_overdue_seconds: since(due) })
}

/// Whether any job is due: asked before a claim, because a claim is a write.
pub(super) fn any_due(conn: &mut Connection, lane: Lane, now: Timestamp) -> Result<bool> {
    let due = jobs::table
        .filter(jobs::kind.eq(SENDING).eq(lane == Lane::Mail))
        .filter(jobs::dead_at.is_null())
        .filter(jobs::run_at.le(now))
        .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.lt(now)));
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(conn)?)
}

/// Takes up to `most` due jobs, the oldest first. No two workers get the same one.
pub(super) fn claim(tx: &mut Tx<'_>, lane: Lane, most: i64) -> Result<Vec<Claimed>> {
    let now = tx.now();
    let due: Vec<JobId> = jobs::table
        .filter(jobs::kind.eq(SENDING).eq(lane == Lane::Mail))
        .filter(jobs::dead_at.is_null())
        .filter(jobs::run_at.le(now))
        .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.lt(now)))
        .order((jobs::run_at, jobs::id))
        .limit(most)
        .select(jobs::id)
        .load(&mut **tx)?;
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        let row: Option<(i64, String, Json<Value>)> = diesel::update(
            jobs::table
                .filter(jobs::id.eq(id))
                .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.lt(now))),
        )
        .set((jobs::claimed_until.eq(now.plus(CLAIM)), jobs::attempts.eq(jobs::attempts + 1)))
        .returning((jobs::attempts, jobs::kind, jobs::payload))
        .get_result(&mut **tx)
        .optional()?;
        if let Some((attempts, kind, Json(payload))) = row {
            let job =
                serde_json::from_value(json!({"kind": kind, "payload": payload})).map_err(|e| e.to_string());
            claimed.push(Claimed { id, attempts, job });
        }
    }
    Ok(claimed)
}

/// Gives back every job that was claimed: for who knows that nobody else is at work.
pub(super) fn release(tx: &mut Tx<'_>) -> Result<()> {
    let claimed = jobs::table.filter(jobs::claimed_until.is_not_null());
    diesel::update(claimed).set(jobs::claimed_until.eq(None::<Timestamp>)).execute(&mut **tx)?;
    Ok(())
}

/// The job is done and forgotten.
pub(super) fn finish(tx: &mut Tx<'_>, id: JobId) -> Result<()> {
    diesel::delete(jobs::table.filter(jobs::id.eq(id))).execute(&mut **tx)?;
    Ok(())
}

/// The job failed: again after a pause, or never.
pub(super) fn fail(tx: &mut Tx<'_>, id: JobId, attempts: i64, why: &str) -> Result<()> {
    let now = tx.now();
    let dead_at = (attempts >= TRIES).then_some(now);
    diesel::update(jobs::table.filter(jobs::id.eq(id)))
        .set((
            jobs::claimed_until.eq(None::<Timestamp>),
            jobs::run_at.eq(now.plus(pause(attempts))),
            jobs::last_error.eq(why),
            jobs::dead_at.eq(dead_at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}
