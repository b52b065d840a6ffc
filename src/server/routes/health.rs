//! Liveness and readiness checks, for supervisors and load balancers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::Response;

/// How long the database may not respond before the server counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The result of a health check that passed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthStatus)]
pub struct Health {
    /// Always `ok`: a check that fails responds with a problem.
    #[schema(max_length = 20, example = "ok")]
    status: &'static str,
}

/// The result of a readiness check that passed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadinessStatus)]
pub struct Readiness {
    /// Always `ok`: a check that fails responds with a problem.
    #[schema(max_length = 20, example = "ok")]
    status: &'static str,
    /// Whether the database is a quiet copy: it was restored from a backup, and until `lede resume` no scheduled article is
    /// published and nothing is sent.
    quiet: bool,
}

fn ok(health: &impl Serialize) -> Result<Response> {
    Ok(Response::ok(health)?.header(header::CACHE_CONTROL, "no-store"))
}

/// Check liveness
///
/// Needs no access token. Responds with 200 while the process can respond at all, and does not use the database. For
/// supervisors that restart a process that hangs.
#[utoipa::path(get, path = "/health/live", tag = "operations", security(()),
    responses((status = 200, description = "The process is alive.", body = Health)))]
pub async fn get_liveness() -> Result<Response> {
    ok(&Health { status: "ok" })
}

/// Check readiness
///
/// Needs no access token. Responds with 200 while the server can take requests. Responds with 503 while it drains
/// before it stops, while the database does not respond, and while it cannot be written, because it has no space left
/// (`database-full`) or its files were removed or replaced. For load balancers.
#[utoipa::path(get, path = "/health/ready", tag = "operations", security(()),
    responses((status = 200, description = "The server is ready.", body = Readiness)))]
pub async fn get_readiness(app: Data<App>) -> Result<Response> {
    if app.draining.load(Ordering::SeqCst) {
        return Err(Error::unavailable("draining"));
    }
    if !app.db.is_writable() {
        return Err(Error::unavailable("the writer is gone"));
    }
    // The event log is read four times a second on a connection of its own, so busy readers cannot delay this.
    if app.db.generation().staleness() > PATIENCE {
        return Err(Error::unavailable("the database does not respond"));
    }
    app.db.check_space().await?;
    ok(&Readiness { status: "ok", quiet: app.db.generation().is_quiet() })
}
