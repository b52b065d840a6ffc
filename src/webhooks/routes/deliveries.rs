//! What was sent to a webhook, and what became of it.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::json::WebhookPath;
use crate::app::App;
use crate::auth::{Actor, WriteWebhooks};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Invalid, Result};
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response};
use crate::base::ids::WebhookDeliveryId;
use crate::base::text::validate;
use crate::webhooks::DeliveryState;
use crate::webhooks::deliveries::{self, DeliveryFilter, DeliveryRow, Try};
use crate::webhooks::store;

/// An event that is sent to a webhook, or several at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    id: WebhookDeliveryId,
    /// The `id` of the event, which is `webhook-id` in the request.
    #[schema(max_length = 200)]
    event: String,
    /// The type of the event, or `batch`.
    #[serde(rename = "type")]
    #[schema(max_length = 60, example = "article.published")]
    kind: String,
    /// What became of it.
    state: DeliveryState,
    /// Whether it is part of a replay.
    replayed: bool,
    /// Its latest tries, oldest first.
    #[schema(max_items = 20)]
    tries: Vec<Try>,
    /// When it is tried again; `null` if it is not, or is due when its turn comes.
    next_try_at: Option<Timestamp>,
    /// The first 1,024 bytes of the latest response; `null` if there was none, and for API keys.
    #[schema(max_length = 3072)]
    response: Option<String>,
    /// When it was made.
    created_at: Timestamp,
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryPage {
    /// The deliveries.
    #[schema(max_items = 100)]
    items: Vec<WebhookDelivery>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of deliveries in all pages, only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

impl WebhookDelivery {
    /// Responses of receivers can say more of their network than an API key is to know.
    pub(super) fn new(row: DeliveryRow, actor: &Actor<WriteWebhooks>) -> Self {
        Self {
            tries: row.read_tries(),
            id: row.id,
            event: row.event,
            kind: row.kind,
            state: row.state,
            replayed: row.replayed,
            next_try_at: row.next_try_at,
            response: row.response.filter(|_| actor.scopes.is_none()),
            created_at: row.created_at,
        }
    }
}

impl FromParams for DeliveryFilter {
    fn from_params(params: &mut Params) -> Self {
        Self { status: params.parsed("status", state), kind: params.text_within("type", 60) }
    }
}

fn state(name: &str) -> Result<DeliveryState, Invalid> {
    DeliveryState::parse(name).ok_or_else(|| validate::unknown("status", DeliveryState::texts()))
}

/// List the deliveries of a webhook
///
/// Requires the right `webhooks:write`. Returns what is sent to the webhook, newest first, with every try. Deliveries are
/// kept for 30 days.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", tag = "webhooks", security(("bearer" = [])),
    params(WebhookPath, DeliveryFilter, PageParams),
    responses((status = 200, description = "A page of deliveries.", body = WebhookDeliveryPage)))]
pub async fn list_webhook_deliveries(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    req: HttpRequest,
    path: Path<WebhookPath>,
    Query((filter, page)): Query<(DeliveryFilter, PageRequest)>,
) -> Result<Response> {
    let id = path.webhook;
    let read = move |conn: &mut Connection| {
        store::get(conn, id)?;
        page.read(
            conn,
            &("deliveries", id, &filter),
            |conn, after, limit| deliveries::list(conn, id, &filter, after, limit),
            |row| row.sequence,
            |conn| deliveries::count(conn, id, &filter),
        )
    };
    app.db.snapshot(read).await?.map(|row| WebhookDelivery::new(row, &actor)).private(&req)
}
