//! Retrying a dead job.

use actix_web::web::{Data, Path};

use super::job::{Job, JobPath};
use crate::app::App;
use crate::auth::{Actor, RetryJobs};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Response};
use crate::operations::store;

/// Retry a dead job
///
/// Requires the right `jobs:retry`. Makes the job due now and resets its number of attempts to 0. Responds with 409
/// if the job is not dead: it runs by itself when it is due.
#[utoipa::path(post, path = "/v1/jobs/{id}/retry", tag = "operations", security(("bearer" = [])),
    params(JobPath, IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The job, now waiting.", body = Job),
        (status = 409, description = "`not-dead`: the job is waiting or running."),
    ))]
pub async fn retry_job(
    app: Data<App>,
    actor: Actor<RetryJobs>,
    key: IdempotencyKey,
    path: Path<JobPath>,
) -> Result<Response> {
    let id = path.id;
    let work = move |tx: &mut Tx<'_>| {
        let row = store::retry(tx, id)?;
        let now = tx.now();
        Response::ok(&Job::one(tx, row, now)?)
    };
    key.once(actor.origin, &[]).write(&app.db, work).await
}
