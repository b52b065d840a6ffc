//! `/v1/webhooks`: the list, and creating a webhook.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::json::Webhook;
use super::texts::{self, EventPattern};
use crate::app::App;
use crate::auth::{Actor, WriteWebhooks};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Result, Violations};
use crate::base::http::json::Small;
use crate::base::http::page::PageParams;
use crate::base::http::{Json, PageRequest, Query, Response};
use crate::base::text::Locale;
use crate::webhooks::store::{self, Settings};
use crate::webhooks::{BodyFormat, input};

/// A page of webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookPage {
    /// The webhooks.
    #[schema(max_items = 100)]
    items: Vec<Webhook>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of webhooks in the whole list; present only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// A webhook to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhook {
    /// Where it leads: an https URL with the port 443 or 8443 and a public address, or one in a network that
    /// `LEDE_WEBHOOK_NETWORKS` names.
    #[schema(format = Uri, max_length = 2000, example = "https://hooks.website.example/lede")]
    url: String,
    /// The types of events to send: single ones, groups such as `article.*`, or `*`. `article.rerendered` is sent only if it
    /// is named, because one renamed topic makes thousands.
    #[schema(value_type = Vec<EventPattern>, min_items = 1, max_items = 50, example = json!(["article.*"]))]
    events: Vec<String>,
    /// What it is for: one line.
    #[serde(default)]
    #[schema(format = "line", min_length = 1, max_length = 200, example = "Rebuilds the website")]
    description: Option<String>,
    /// Only events about articles in these languages, and those that are not about an article. Omitted: all.
    #[serde(default)]
    #[schema(value_type = Vec<Locale>, max_items = 100)]
    locales: Vec<String>,
    /// Headers to add to every request, by name: at most five. They are stored encrypted and not returned.
    #[serde(default)]
    #[schema(schema_with = texts::headers, required = false)]
    headers: BTreeMap<String, String>,
    /// What the body of a request is. Omitted: `event`.
    #[serde(default = "event")]
    #[schema(value_type = Option<BodyFormat>, nullable = false)]
    body: BodyFormat,
    /// For how many seconds after an event further ones are collected, to be sent together. Omitted: 0.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 300)]
    coalesce_seconds: i64,
    /// Whether to begin at once. Omitted: true.
    #[serde(default = "yes")]
    #[schema(value_type = Option<bool>, nullable = false)]
    enabled: bool,
}

fn event() -> BodyFormat {
    BodyFormat::Event
}

fn yes() -> bool {
    true
}

impl CreateWebhook {
    fn parse(self) -> Result<(Settings, BTreeMap<String, String>)> {
        let mut violations = Violations::default();
        let url = violations.take("/url", input::check_url(&self.url));
        let events = input::parse_events(&self.events, &mut violations);
        let description = self.description.map(|text| input::check_description(&text)).transpose();
        let description = violations.take("/description", description).flatten();
        let locales = input::parse_locales(&self.locales, &mut violations);
        let headers = input::parse_headers(&self.headers, &mut violations);
        let coalesce = violations.take("/coalesce_seconds", input::check_coalesce(self.coalesce_seconds));
        violations.check()?;
        let settings = Settings {
            url: url.unwrap_or_default(),
            description,
            events: events.unwrap_or_default(),
            locales: locales.unwrap_or_default(),
            format: self.body,
            coalesce_seconds: coalesce.unwrap_or_default(),
            enabled: self.enabled,
        };
        Ok((settings, headers.unwrap_or_default()))
    }
}

/// List webhooks
///
/// Requires the right `webhooks:write`. Returns all webhooks, newest first, without their secrets.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of webhooks.", body = WebhookPage)))]
pub async fn list_webhooks(
    app: Data<App>,
    _actor: Actor<WriteWebhooks>,
    req: HttpRequest,
    Query(page): Query<PageRequest>,
) -> Result<Response> {
    let (now, keys) = (app.clock.now(), app.keys.clone());
    let read = move |conn: &mut Connection| {
        let page = page.read(conn, &"webhooks", store::list, |row| row.id, store::count)?;
        page.try_convert(|rows| Webhook::all(conn, &keys, rows, now))
    };
    app.db.snapshot(read).await?.private(&req)
}

/// Create a webhook
///
/// Requires the right `webhooks:write`. What happens from now on is sent to `url` as `POST` requests, as
/// [Standard Webhooks](https://www.standardwebhooks.com) has it: `webhooks` in this document lists the bodies. Returns the
/// secret that signs the requests in `secret`, once: store it now. Events are sent in order; the
/// same event has the same `webhook-id`, on retries and replays, too. Only a 2xx within 15 seconds counts as accepted;
/// redirects are not followed. If the receiver cannot be reached, or responds with 5xx or 429, later events wait, and the
/// event is sent again after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, or later if `Retry-After` says so;
/// then it is dead, and the next one is sent. After any other 4xx it is retried likewise, and later events do not wait.
/// 410 disables the webhook; so do five days without a success, and its owner gets an email. The request takes no
/// `Idempotency-Key`, because the response is not stored: if it is lost, delete the webhook and create another.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", security(("bearer" = [])), request_body = CreateWebhook,
    responses(
        (status = 201, description = "The webhook, with `secret`.", body = Webhook,
         headers(("Location" = String, description = "The URL of the webhook."))),
        (status = 409, description = "`webhooks-too-many`: there are 100 webhooks. Delete one."),
    ))]
pub async fn create_webhook(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    body: Json<CreateWebhook, Small>,
) -> Result<Response> {
    let (settings, headers) = body.value.parse()?;
    input::check_address(&app.outbound, &settings.url).await?;
    let keys = app.keys.clone();
    let create = move |tx: &mut Tx<'_>| {
        let owner = (actor.actor(), actor.user);
        let (row, secret) = store::create(tx, &keys, owner, &settings, headers.clone())?;
        let (location, now) = (format!("/v1/webhooks/{}", row.id), tx.now());
        Response::created(location, &Webhook::one(tx, &keys, row, now)?.with_secret(secret))
    };
    app.db.write_as(actor.origin, create).await
}
