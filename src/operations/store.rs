//! Jobs as those see them who run the server.

use diesel::prelude::*;
use serde_json::Value;

use super::Status;
use crate::base::clock::Timestamp;
use crate::base::db::schema::jobs;
use crate::base::db::types::Json;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::JobId;

/// A job as kept.
#[derive(Debug, Clone, Queryable)]
pub struct JobRow {
    /// Names it.
    pub id: JobId,
    /// What is done.
    pub kind: String,
    /// What it is done to.
    pub payload: Json<Value>,
    /// When it is due.
    pub run_at: Timestamp,
    /// Until when a worker has it.
    pub claimed_until: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was laid aside.
    pub dead_at: Option<Timestamp>,
    /// When it was wanted.
    pub created_at: Timestamp,
}

/// Which jobs are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How they stand.
    pub status: Option<Status>,
    /// What they do.
    pub kind: Option<String>,
}

type Rows<'a> = jobs::BoxedQuery<'a, MultiBackend>;

impl Wanted {
    fn rows(&self, now: Timestamp) -> Rows<'_> {
        let mut rows = jobs::table.into_boxed::<MultiBackend>();
        if let Some(kind) = &self.kind {
            rows = rows.filter(jobs::kind.eq(kind));
        }
        match self.status {
            None => rows,
            Some(Status::Dead) => rows.filter(jobs::dead_at.is_not_null()),
            Some(Status::Running) => {
                rows.filter(jobs::dead_at.is_null()).filter(jobs::claimed_until.assume_not_null().ge(now))
            }
            Some(Status::Waiting) => rows
                .filter(jobs::dead_at.is_null())
                .filter(jobs::claimed_until.is_null().or(jobs::claimed_until.assume_not_null().lt(now))),
        }
    }
}

/// Up to `limit` jobs behind `after`, the newest first.
///
/// # Errors
/// When the database refuses.
pub fn list(
    conn: &mut Connection,
    wanted: &Wanted,
    now: Timestamp,
    after: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobRow>> {
    let mut rows = wanted.rows(now);
    if let Some(after) = after {
        rows = rows.filter(jobs::id.lt(after));
    }
    Ok(rows.order(jobs::id.desc()).limit(limit).load(conn)?)
}

/// How many there are.
///
/// # Errors
/// When the database refuses.
pub fn count(conn: &mut Connection, wanted: &Wanted, now: Timestamp) -> Result<i64> {
    Ok(wanted.rows(now).count().get_result(conn)?)
}

/// The job with that id.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection, id: JobId) -> Result<Option<JobRow>> {
    Ok(jobs::table.filter(jobs::id.eq(id)).get_result(conn).optional()?)
}

/// Brings a dead job back: due now, as if it had never been tried. Why it died is known until the next try.
///
/// # Errors
/// Not found; conflict `not-dead`.
pub fn retry(tx: &mut Tx<'_>, id: JobId) -> Result<JobRow> {
    let now = tx.now();
    let dead = jobs::table.filter(jobs::id.eq(id)).filter(jobs::dead_at.is_not_null());
    let brought_back = diesel::update(dead)
        .set((
            jobs::dead_at.eq(None::<Timestamp>),
            jobs::claimed_until.eq(None::<Timestamp>),
            jobs::attempts.eq(0),
            jobs::run_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let row = find(tx, id)?.ok_or(Error::NotFound("job"))?;
    if brought_back == 0 {
        return Err(Error::conflict("not-dead", "only a dead job is tried again"));
    }
    tx.append(Event::JobRetried(id));
    Ok(row)
}
