//! The list of jobs.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use super::job::Job;
use crate::app::App;
use crate::auth::{Actor, ReadJobs};
use crate::base::db::Connection;
use crate::base::error::{Invalid, Result};
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response};
use crate::base::text::validate;
use crate::operations::{JobFilter, JobStatus, store};

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobPage {
    /// The jobs.
    #[schema(max_items = 100)]
    items: Vec<Job>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of jobs in all pages, only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

impl FromParams for JobFilter {
    fn from_params(params: &mut Params) -> Self {
        Self { status: params.parsed("status", status), kind: params.parsed("kind", kind) }
    }
}

fn status(name: &str) -> Result<JobStatus, Invalid> {
    match name {
        "waiting" => Ok(JobStatus::Waiting),
        "running" => Ok(JobStatus::Running),
        "dead" => Ok(JobStatus::Dead),
        _ => Err(validate::unknown("status", ["waiting", "running", "dead"])),
    }
}

fn kind(name: &str) -> Result<String, Invalid> {
    let is_kind =
        (1..=60).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let refusal = || validate::malformed("kind", "Must be lower-case letters and hyphens, as in send-email.");
    is_kind.then(|| name.to_owned()).ok_or_else(refusal)
}

/// List jobs
///
/// Requires the right `jobs:read`. Returns the jobs that wait, run or are dead, newest first. A job that is done is
/// deleted and no longer listed. A failed job is retried after 10 seconds, then after pauses that double up to an
/// hour; one that keeps failing becomes dead and stays listed until it is retried.
#[utoipa::path(get, path = "/v1/jobs", tag = "operations", security(("bearer" = [])), params(JobFilter, PageParams),
    responses((status = 200, description = "A page of jobs.", body = JobPage)))]
pub async fn list_jobs(
    app: Data<App>,
    _actor: Actor<ReadJobs>,
    req: HttpRequest,
    Query((filter, page)): Query<(JobFilter, PageRequest)>,
) -> Result<Response> {
    let now = app.clock.now();
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &("jobs", &filter),
            |conn, after, limit| store::list(conn, &filter, now, after, limit),
            |row| row.id,
            |conn| store::count(conn, &filter, now),
        )?;
        page.try_convert(|rows| Job::all(conn, rows, now))
    };
    app.db.snapshot(read).await?.private(&req)
}
