//! Jobs over HTTP, for those who run the server: what waits, what has died and why, and another try for it.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::to_raw_value;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ReadJobs, RetryJobs};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::{self, PageParams};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Answer, IdempotencyKey, Page, PageRequest, Query};
use crate::base::ids::JobId;
use crate::operations::Status;
use crate::operations::store::{self, JobRow, Wanted};

/// The most characters of an error that are shown.
const MOST_ERROR: usize = 1000;

/// Something that is done later.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    id: JobId,
    /// What is done, as in `send-mail`.
    #[schema(max_length = 60, example = "send-mail")]
    kind: String,
    /// What it is done to: ids, and nothing of persons.
    #[schema(value_type = Option<Object>)]
    payload: Value,
    status: Status,
    /// How often it was tried.
    #[schema(minimum = 0, maximum = 1_000_000)]
    attempts: i64,
    /// When it is due, or was last due.
    run_at: Timestamp,
    /// Why the last try failed.
    #[schema(max_length = 1000)]
    last_error: Option<String>,
    /// When it was wanted.
    created_at: Timestamp,
    /// When it was laid aside.
    dead_at: Option<Timestamp>,
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobPage {
    /// The jobs.
    #[schema(max_items = 100)]
    items: Vec<Job>,
    /// What `cursor` takes for the next page; null on the last.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// How many there are in all: only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// Which jobs a list has, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what Wanted reads")]
pub struct JobFilter {
    /// Only those that stand so.
    #[param(inline, nullable = false)]
    status: Option<Status>,
    /// Only those that do this.
    #[param(nullable = false, min_length = 1, max_length = 60, example = "send-mail")]
    kind: Option<String>,
}

/// Names a job.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct JobPath {
    /// Its id.
    id: JobId,
}

impl Status {
    const ALL: [(&str, Self); 3] =
        [("waiting", Self::Waiting), ("running", Self::Running), ("dead", Self::Dead)];

    fn parse(name: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|(other, _)| *other == name);
        found.map(|(_, status)| status).ok_or(Invalid::new("not-one-of", "waiting, running or dead"))
    }

    fn of(row: &JobRow, now: Timestamp) -> Self {
        match row.claimed_until {
            _ if row.dead_at.is_some() => Self::Dead,
            Some(until) if until >= now => Self::Running,
            _ => Self::Waiting,
        }
    }
}

impl FromParams for Wanted {
    fn from_params(params: &mut Params) -> Self {
        let kind = |text: &str| {
            let is_kind = (1..=60).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            let refusal = || Invalid::new("malformed-kind", "small letters and hyphens, as in send-mail");
            is_kind.then(|| text.to_owned()).ok_or_else(refusal)
        };
        Self { status: params.parsed("status", Status::parse), kind: params.parsed("kind", kind) }
    }
}

impl Job {
    fn new(row: JobRow, now: Timestamp) -> Self {
        Self {
            status: Status::of(&row, now),
            id: row.id,
            kind: row.kind,
            payload: row.payload.0,
            attempts: row.attempts,
            run_at: row.run_at,
            last_error: row.last_error.map(|error| error.chars().take(MOST_ERROR).collect()),
            created_at: row.created_at,
            dead_at: row.dead_at,
        }
    }
}

/// List the jobs
///
/// What waits, what is being done and what has died; the newest first. What is done is in no list. A dead job stays until it
/// is tried again with success.
#[utoipa::path(get, path = "/v1/jobs", tag = "operations", security(("bearer" = [])), params(JobFilter, PageParams),
    responses((status = 200, description = "A page of jobs.", body = JobPage)))]
pub async fn list_jobs(
    app: Data<App>,
    _actor: Actor<ReadJobs>,
    req: HttpRequest,
    Query((wanted, page)): Query<(Wanted, PageRequest)>,
) -> Result<Answer> {
    let list = ("jobs", wanted.clone());
    let (after, now): (Option<JobId>, _) = (page.after(&list)?, app.clock.now());
    let read = move |conn: &mut Connection| {
        let mut rows = store::list(conn, &wanted, now, after, page.limit + 1)?;
        let next_cursor = page.cut(&mut rows, &list, |row| row.id)?;
        let total = page.include_total.then(|| store::count(conn, &wanted, now)).transpose()?;
        let items = rows.into_iter().map(|row| Ok(to_raw_value(&Job::new(row, now))?));
        Ok(Page { items: items.collect::<Result<_>>()?, next_cursor, total })
    };
    let part = app.db.snapshot(read).await?;
    let answer = Answer::ok(&part)?;
    Ok(page::with_next_link(answer, req.path(), req.query_string(), part.next_cursor.as_deref()))
}

/// Read a job
///
/// One that is done is no longer there.
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = "operations", security(("bearer" = [])), params(JobPath),
    responses((status = 200, description = "The job.", body = Job)))]
pub async fn get_job(app: Data<App>, _actor: Actor<ReadJobs>, path: Path<JobPath>) -> Result<Answer> {
    let (id, now) = (path.id, app.clock.now());
    let row = app.db.read(move |conn| store::find(conn, id)).await?.ok_or(Error::NotFound("job"))?;
    Answer::ok(&Job::new(row, now))
}

/// Try a dead job again
///
/// It is due at once, as if it had never been tried.
#[utoipa::path(post, path = "/v1/jobs/{id}/retry", tag = "operations", security(("bearer" = [])),
    params(JobPath, IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The job as it is now.", body = Job),
        (status = 409, description = "`not-dead`: it is waiting or being done."),
    ))]
pub async fn retry_job(
    app: Data<App>,
    actor: Actor<RetryJobs>,
    key: IdempotencyKey,
    path: Path<JobPath>,
) -> Result<Answer> {
    let id = path.id;
    let work = move |tx: &mut Tx<'_>, (): &()| {
        let row = store::retry(tx, id)?;
        Answer::ok(&Job::new(row, tx.now()))
    };
    key.once(actor.user, &[]).answer(&app.db, async { Ok(()) }, work).await
}
