//! `/metrics`: counters, durations and gauges for Prometheus.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Data;

use crate::app::App;
use crate::archive::folder::Folder;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::{Response, accept, client_ip};
use crate::base::jobs::{self, Queue};
use crate::base::metrics::State;
use crate::schedules::scheduler;
use crate::webhooks;

/// Where the metrics are, on whichever port.
pub const PATH: &str = "/metrics";

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Marks a port that is for operators only: public responses are not served there, and nothing is limited.
#[derive(Debug, Clone, Copy)]
pub struct Apart;

/// Get metrics
///
/// Needs no access token. Returns every metric in the text format of Prometheus, or in the `OpenMetrics` format if
/// `Accept` prefers it. Only clients on the same machine get it, and only directly: a request with `X-Forwarded-For` or
/// `Forwarded` responds with 404. With `LEDE_METRICS_BIND`, it is served at that address only, to every client that reaches it.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses(
        (status = 200, description = "The metrics.", content(
            (String = "text/plain"),
            (String = "application/openmetrics-text"),
        )),
        (status = 404, description = "The metrics are at another address, or the client is not on this machine."),
    ))]
pub async fn get_metrics(app: Data<App>, req: HttpRequest) -> Result<Response> {
    if req.app_data::<Apart>().is_none() && !is_local(&req) {
        return Err(Error::NotFound("page"));
    }
    let metrics = &app.metrics;
    let (busy, idle) = app.db.connections();
    metrics.connections.get_or_create(&State { state: "busy" }).set(busy.into());
    metrics.connections.get_or_create(&State { state: "idle" }).set(idle.into());
    let now = app.clock.now();
    // While the database is away, the gauges of jobs keep their last values.
    let backlogs = move |conn: &mut Connection| {
        let schedule = scheduler::overdue_seconds(conn, now)?;
        let webhooks = webhooks::deliveries::oldest_waiting_seconds(conn, now)?;
        let (mail, default) =
            (jobs::backlog(conn, Queue::Mail, now)?, jobs::backlog(conn, Queue::Default, now)?);
        Ok((mail, default, schedule, webhooks))
    };
    if let Ok((mail, default, schedule, webhooks)) = app.db.read(backlogs).await {
        metrics.outbox_pending.set(mail.jobs);
        metrics.outbox_age.set(mail.oldest_seconds);
        metrics.webhook_age.set(webhooks);
        metrics.lag.set(mail.overdue_seconds.max(default.overdue_seconds).max(schedule));
    }
    metrics.quiet.set(app.db.generation().is_quiet().into());
    metrics.last_backup.set(last_backup(&app).await);
    let media_type = accept::preferred(req.headers(), &[PROMETHEUS, OPEN_METRICS]);
    let text = if media_type == PROMETHEUS { metrics.text() } else { metrics.open_metrics() };
    Ok(Response::bytes(media_type, text.into())
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "Accept"))
}

/// When the newest backup was made, in seconds since 1970. The folder is read, so the value outlives a restart, and is that of
/// all servers that share the folder.
async fn last_backup(app: &App) -> i64 {
    let Some((dir, _)) = app.config.backup.schedule() else { return 0 };
    let now = app.clock.now();
    let newest = tokio::task::spawn_blocking(move || Folder(dir).newest(now)).await;
    newest.ok().flatten().map_or(0, Timestamp::as_seconds)
}

/// Whether a request comes from a client on this machine, and from no proxy there. Counters of statements and emails
/// would tell strangers which accounts there are.
fn is_local(req: &HttpRequest) -> bool {
    let is_forwarded = ["x-forwarded-for", "forwarded"].iter().any(|name| req.headers().contains_key(*name));
    client_ip::socket(req.peer_addr()).is_loopback() && !is_forwarded
}
