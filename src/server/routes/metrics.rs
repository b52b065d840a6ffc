//! `/metrics`: what is counted and timed, for Prometheus.

use actix_web::http::header;
use actix_web::web::Data;

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Answer;
use crate::base::jobs;
use crate::base::metrics::State;

/// Tell what was counted and timed
///
/// In the text form of `OpenMetrics`, which Prometheus scrapes.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses((status = 200, description = "Every metric.", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub async fn get_metrics(app: Data<App>) -> Result<Answer> {
    let metrics = &app.metrics;
    let (busy, idle) = app.db.connections();
    metrics.connections.get_or_create(&State { state: "busy" }).set(busy.into());
    metrics.connections.get_or_create(&State { state: "idle" }).set(idle.into());
    let now = app.clock.now();
    // While the database is lost, the rest is still told.
    if let Ok(waiting) = app.db.read(move |conn| jobs::waiting(conn, now)).await {
        metrics.outbox_pending.set(waiting.mails);
        metrics.outbox_age.set(waiting.oldest_mail_seconds);
        metrics.lag.set(waiting.most_overdue_seconds);
    }
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(Answer::bytes(media_type, metrics.text().into()).header(header::CACHE_CONTROL, "no-store"))
}
