//! Sending earlier events again.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{Webhook, WebhookPath};
use crate::app::App;
use crate::auth::{Actor, WriteWebhooks};
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::json::Small;
use crate::base::http::{Json, Response};
use crate::changes::store::is_known;
use crate::events::parse_id;
use crate::webhooks::store;

/// What to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhook {
    /// The `id` of an event, or a cursor of `GET /v1/events`: what happened after it is sent.
    #[schema(min_length = 1, max_length = 4000)]
    after: String,
}

/// Replay events to a webhook
///
/// Requires the right `webhooks:write`. Sends the events after `after` again, up to now and at most 10,000 of those that the
/// webhook is sent, with the same `webhook-id` as before, and beside what happens meanwhile. Slugs and addresses are those of
/// now. Another replay takes the place of one that is under way.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/replay", tag = "webhooks", security(("bearer" = [])),
    params(WebhookPath), request_body = ReplayWebhook,
    responses((status = 202, description = "The replay has begun.", body = Webhook)))]
pub async fn replay_webhook(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    path: Path<WebhookPath>,
    body: Json<ReplayWebhook, Small>,
) -> Result<Response> {
    let refused =
        || Error::invalid("/after", "after-unknown", "Must be the id of an event, or a cursor of its list.");
    let after = parse_id(&body.value.after).map_err(|_| refused())?;
    let (id, keys) = (path.webhook, app.keys.clone());
    let replay = move |tx: &mut Tx<'_>| {
        if !is_known(tx, after)? {
            return Err(refused());
        }
        let row = store::lock(tx, id)?;
        store::replay(tx, id, after.number())?;
        let now = tx.now();
        Webhook::one(tx, &keys, row, now)
    };
    let webhook = app.db.write_as(actor.origin, replay).await?;
    Ok(Response::ok(&webhook)?.status(StatusCode::ACCEPTED))
}
