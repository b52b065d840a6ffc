//! Sending a test to a webhook.

use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::json::WebhookPath;
use crate::app::App;
use crate::auth::{Actor, WriteWebhooks};
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::webhooks::body::Body;
use crate::webhooks::deliveries::{self, Try};
use crate::webhooks::outcome::Exchange;
use crate::webhooks::send::post;
use crate::webhooks::store;

/// What came back of a test.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookTest {
    /// Whether the receiver accepted it.
    delivered: bool,
    #[serde(flatten)]
    tried: Try,
    /// The first 1,024 bytes of the response; `null` if there was none, and for API keys.
    #[schema(max_length = 3072)]
    response: Option<String>,
}

/// Test a webhook
///
/// Requires the right `webhooks:write`. Sends an event of the type `webhook.test` now, once, also to a disabled webhook, and
/// returns what came back. It is not listed as a delivery. If the receiver accepts it, everything that waits is due now.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/test", tag = "webhooks", security(("bearer" = [])),
    params(WebhookPath),
    responses(
        (status = 200, description = "What came back.", body = WebhookTest),
        (status = 409, description = "`quiet`: this server is a copy that was restored, and calls no others."),
    ))]
pub async fn test_webhook(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    path: Path<WebhookPath>,
) -> Result<Response> {
    if app.db.generation().is_quiet() {
        let detail = "This server is quiet: it is a copy, and calls no other servers.";
        return Err(Error::conflict("quiet", detail));
    }
    let id = path.webhook;
    let row = app.db.read(move |conn| store::get(conn, id)).await?;
    let secrets = row.secrets(&app.keys)?;
    let at = app.clock.now();
    let test = Body::of_test(format!("test_{}", app.random.uuid(at)?), at, id)?;
    let Exchange { tried, response, .. } = post(&app, &row, &secrets, &test.id, test.text(row.format)?).await;
    let delivered = tried.error.is_none();
    if delivered {
        let make_due = move |tx: &mut Tx<'_>| {
            store::lock(tx, id)?;
            deliveries::make_due(tx, id)
        };
        app.db.write_as(actor.origin, make_due).await?;
    }
    let response = response.filter(|_| actor.scopes.is_none());
    Response::ok(&WebhookTest { delivered, tried, response })
}
