//! Giving a webhook another secret.

use actix_web::web::{Data, Path};

use super::json::{Webhook, WebhookPath};
use crate::app::App;
use crate::auth::{Actor, WriteWebhooks};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::webhooks::store;

/// Rotate the secret of a webhook
///
/// Requires the right `webhooks:write`. Returns another secret in `secret`, once: store it now. The replaced secret still signs
/// for 24 hours, so that the receiver can change over: every request has a signature of each secret. If you rotate
/// several times within 24 hours, each replaced secret keeps signing for its own 24 hours; at most the nine newest do. The request takes no
/// `Idempotency-Key`, because the response is not stored: if it is lost, rotate again.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate", tag = "webhooks", security(("bearer" = [])),
    params(WebhookPath),
    responses((status = 200, description = "The webhook, with the new `secret`.", body = Webhook)))]
pub async fn rotate_webhook(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    path: Path<WebhookPath>,
) -> Result<Response> {
    let (id, keys) = (path.webhook, app.keys.clone());
    let rotate = move |tx: &mut Tx<'_>| {
        let row = store::lock(tx, id)?;
        let (row, secret) = store::rotate(tx, &keys, row)?;
        let now = tx.now();
        Ok(Webhook::one(tx, &keys, row, now)?.with_secret(secret))
    };
    Response::ok(&app.db.write_as(actor.origin, rotate).await?)
}
