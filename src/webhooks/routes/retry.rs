//! Retrying a delivery.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

use super::deliveries::WebhookDelivery;
use crate::app::App;
use crate::auth::{Actor, WriteWebhooks};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::ids::{WebhookDeliveryId, WebhookId};
use crate::webhooks::{deliveries, store};

/// A delivery in the path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DeliveryPath {
    /// The id of the webhook.
    webhook: WebhookId,
    /// The id of the delivery.
    delivery: WebhookDeliveryId,
}

/// Retry a delivery
///
/// Requires the right `webhooks:write`. Makes a dead or waiting delivery due now and resets its count of tries. Others do not
/// wait for one that was dead or rejected; one that waits in order keeps its place. The pause of the webhook ends: what waits in
/// order is sent now, too, and its tries are counted anew. To a disabled webhook it is sent once that is enabled.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/deliveries/{delivery}/retry", tag = "webhooks",
    security(("bearer" = [])), params(DeliveryPath),
    responses(
        (status = 200, description = "The delivery, now waiting.", body = WebhookDelivery),
        (status = 409, description = "`not-dead`: the delivery was delivered or withheld."),
    ))]
pub async fn retry_webhook_delivery(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    path: Path<DeliveryPath>,
) -> Result<Response> {
    let DeliveryPath { webhook, delivery } = path.into_inner();
    let retry = move |tx: &mut Tx<'_>| {
        store::lock(tx, webhook)?;
        let row = deliveries::retry(tx, webhook, delivery)?;
        Response::ok(&WebhookDelivery::new(row, &actor))
    };
    app.db.write_as(actor.origin, retry).await
}
