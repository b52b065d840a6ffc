//! One job.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ReadJobs};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::ids::JobId;
use crate::operations::JobStatus;
use crate::operations::store::{self, JobRow};
use crate::users::Actors;

/// The longest error text that is shown, in characters.
const MAX_ERROR: usize = 1000;

/// Work that the server does in the background.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    id: JobId,
    /// What the job does, such as `send-email`.
    #[schema(max_length = 60, example = "send-email")]
    kind: String,
    /// The ids of what the job works on. Never contains personal data.
    #[schema(value_type = Option<Object>)]
    payload: Option<Map<String, Value>>,
    status: JobStatus,
    /// How often the job was tried since it was enqueued or retried.
    #[schema(minimum = 0, maximum = 1_000_000)]
    attempts: i64,
    /// When the job is due or was last due.
    run_at: Timestamp,
    /// Why the last attempt failed or the job gave up; `null` if no attempt has failed.
    #[schema(max_length = 1000)]
    last_error: Option<String>,
    /// When the job was enqueued.
    created_at: Timestamp,
    /// Who caused it; `null` if nobody did.
    by: Option<ActorRef>,
    /// When the job became dead; `null` if it is not.
    dead_at: Option<Timestamp>,
}

/// The path parameter of a job.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct JobPath {
    /// The job's id.
    pub id: JobId,
}

impl Job {
    /// The jobs as they are at `now`.
    pub fn all(conn: &mut Connection, rows: Vec<JobRow>, now: Timestamp) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().filter_map(|row| row.actor_id))?;
        Ok(rows.into_iter().map(|row| Self::new(row, &actors, now)).collect())
    }

    /// The job as it is at `now`.
    pub fn one(conn: &mut Connection, row: JobRow, now: Timestamp) -> Result<Self> {
        let actors = Actors::load(conn, row.actor_id)?;
        Ok(Self::new(row, &actors, now))
    }

    fn new(row: JobRow, actors: &Actors, now: Timestamp) -> Self {
        Self {
            status: row.status(now),
            id: row.id,
            kind: row.kind,
            payload: row.payload.read(format_args!("jobs.payload of {}", row.id)).flatten(),
            attempts: row.attempts,
            run_at: row.run_at,
            last_error: row.last_error.map(|error| error.chars().take(MAX_ERROR).collect()),
            created_at: row.created_at,
            by: row.actor_id.map(|id| actors.get(id)),
            dead_at: row.dead_at,
        }
    }
}

/// Get a job
///
/// Requires the right `jobs:read`. Returns the job with its status, its number of attempts and its last error. A job
/// that is done is deleted, and its id responds with 404.
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = "operations", security(("bearer" = [])), params(JobPath),
    responses((status = 200, description = "The job.", body = Job)))]
pub async fn get_job(app: Data<App>, _actor: Actor<ReadJobs>, path: Path<JobPath>) -> Result<Response> {
    let (id, now) = (path.id, app.clock.now());
    let find = move |conn: &mut Connection| {
        let row = store::find(conn, id)?.ok_or(Error::NotFound("job"))?;
        Job::one(conn, row, now)
    };
    Response::ok(&app.db.read(find).await?)
}
