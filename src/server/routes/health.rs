//! Whether the process lives, and whether it can do its work: for supervisors and load balancers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::Answer;

/// How long the database may stay silent before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// How things stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`; anything else is a problem answer.
    #[schema(max_length = 20, example = "ok")]
    status: &'static str,
}

fn ok() -> Result<Answer> {
    Ok(Answer::ok(&Health { status: "ok" })?.header(header::CACHE_CONTROL, "no-store"))
}

/// Tell that the process lives
///
/// Asks nothing of the database. For supervisors that restart what hangs.
#[utoipa::path(get, path = "/health/live", tag = "operations", security(()),
    responses((status = 200, description = "The process lives.", body = Health)))]
pub async fn get_liveness() -> Result<Answer> {
    ok()
}

/// Tell whether requests should be sent here
///
/// Not while the server drains before it stops, and not while the database is lost or cannot be written.
#[utoipa::path(get, path = "/health/ready", tag = "operations", security(()),
    responses((status = 200, description = "Requests are welcome.", body = Health)))]
pub async fn get_readiness(app: Data<App>) -> Result<Answer> {
    if app.draining.load(Ordering::SeqCst) {
        return Err(Error::unavailable("draining"));
    }
    if !app.db.is_writable() {
        return Err(Error::unavailable("the writer is gone"));
    }
    // The log of events is read four times a second, on a connection that no crowd can take away.
    if app.db.generation().staleness() > PATIENCE {
        return Err(Error::unavailable("the database does not answer"));
    }
    ok()
}
