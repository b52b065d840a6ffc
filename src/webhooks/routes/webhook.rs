//! `/v1/webhooks/{webhook}`: one webhook.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use super::json::{Webhook, WebhookPath};
use super::texts::{self, EventPattern};
use crate::app::App;
use crate::auth::{Actor, Keys, WriteWebhooks};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Result, Violations};
use crate::base::http::json::{Clearable, present};
use crate::base::http::{MergePatch, Response};
use crate::base::text::Locale;
use crate::webhooks::store::{self, WebhookRow};
use crate::webhooks::{BodyFormat, DisabledReason, input};

/// Changes to a webhook. Omitted fields keep their value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWebhook {
    /// Where it leads. If scheme, host or port change and `headers` is omitted, the headers are removed.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = Uri, max_length = 2000)]
    url: Option<String>,
    /// The types of events to send.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<EventPattern>>, nullable = false, min_items = 1, max_items = 50)]
    events: Option<Vec<String>>,
    /// What it is for; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 200)]
    description: Clearable<String>,
    /// Only events about articles in these languages; empty for all.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<Locale>>, nullable = false, max_items = 100)]
    locales: Option<Vec<String>>,
    /// Headers to add to every request, in place of those before. To keep them when `url` leads to another scheme, host or
    /// port, send them again.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = texts::headers, required = false)]
    headers: Option<BTreeMap<String, String>>,
    /// What the body of a request is.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BodyFormat>, nullable = false)]
    body: Option<BodyFormat>,
    /// For how many seconds after an event further ones are collected, to be sent together.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 0, maximum = 300)]
    coalesce_seconds: Option<i64>,
    /// Whether anything is sent.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

/// The same, checked.
#[derive(Debug, Clone)]
struct Change {
    url: Option<String>,
    events: Option<Vec<String>>,
    description: Clearable<String>,
    locales: Option<Vec<String>>,
    headers: Option<BTreeMap<String, String>>,
    body: Option<BodyFormat>,
    coalesce_seconds: Option<i64>,
    enabled: Option<bool>,
}

impl UpdateWebhook {
    fn parse(self) -> Result<Change> {
        let mut violations = Violations::default();
        let change = Change {
            url: self.url.and_then(|url| violations.take("/url", input::check_url(&url))),
            events: self.events.and_then(|events| input::parse_events(&events, &mut violations)),
            description: self.description.and_then(|text| {
                let checked = text.map(|text| input::check_description(&text)).transpose();
                violations.take("/description", checked)
            }),
            locales: self.locales.and_then(|locales| input::parse_locales(&locales, &mut violations)),
            headers: self.headers.and_then(|headers| input::parse_headers(&headers, &mut violations)),
            body: self.body,
            coalesce_seconds: self
                .coalesce_seconds
                .and_then(|seconds| violations.take("/coalesce_seconds", input::check_coalesce(seconds))),
            enabled: self.enabled,
        };
        violations.check()?;
        Ok(change)
    }
}

impl Change {
    /// Whoever changes where a webhook leads or what is sent becomes its owner, so that nobody is sent what they may not see.
    fn apply(
        &self,
        tx: &Tx<'_>,
        keys: &Keys,
        row: &mut WebhookRow,
        actor: &Actor<WriteWebhooks>,
    ) -> Result<()> {
        let before = row.clone();
        if let Some(url) = &self.url {
            row.url.clone_from(url);
        }
        if let Some(events) = &self.events {
            row.events = Json::Readable(events.clone());
        }
        // Another server must not be sent what was given for this one, such as a token.
        let none = BTreeMap::new();
        let dropped = (origin(&row.url) != origin(&before.url)).then_some(&none);
        if let Some(headers) = self.headers.as_ref().or(dropped) {
            let mut secrets = row.secrets(keys)?;
            if secrets.headers != *headers {
                secrets.headers.clone_from(headers);
                row.set_secrets(tx, keys, &secrets)?;
            }
        }
        let is_taken_over =
            self.enabled == Some(true) && row.disabled_reason == Some(DisabledReason::OwnerErased);
        if is_taken_over || *row != before {
            row.set_owner(actor.actor(), actor.user);
        }
        if let Some(description) = &self.description {
            row.description.clone_from(description);
        }
        if let Some(locales) = &self.locales {
            row.locales = Json::Readable(locales.clone());
        }
        row.format = self.body.unwrap_or(row.format);
        row.coalesce_seconds = self.coalesce_seconds.unwrap_or(row.coalesce_seconds);
        row.enabled = self.enabled.unwrap_or(row.enabled);
        Ok(())
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

/// Get a webhook
///
/// Requires the right `webhooks:write`. Returns the webhook without its secret.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("bearer" = [])), params(WebhookPath),
    responses((status = 200, description = "The webhook.", body = Webhook)))]
pub async fn get_webhook(
    app: Data<App>,
    _actor: Actor<WriteWebhooks>,
    path: Path<WebhookPath>,
) -> Result<Response> {
    let (id, now, keys) = (path.webhook, app.clock.now(), app.keys.clone());
    let read = move |conn: &mut Connection| Webhook::get(conn, &keys, id, now);
    Response::ok(&app.db.read(read).await?)
}

/// Update a webhook
///
/// Requires the right `webhooks:write`. Deliveries that wait keep their body, and are sent to the new `url` at once; their
/// count of tries starts again. When `headers` change, everything that waits is due at once, too. If `url` has
/// another scheme, host or port, `headers` that are not sent again are removed, so that no other server is sent them. Whoever
/// changes `url`, `events` or `headers` becomes the owner. A webhook that is enabled again first sends what waits, then what happens
/// from then on; `POST /v1/webhooks/{webhook}/replay` sends what happened meanwhile.
#[utoipa::path(patch, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("bearer" = [])), params(WebhookPath),
    request_body(content = UpdateWebhook, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The updated webhook.", body = Webhook)))]
pub async fn update_webhook(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    path: Path<WebhookPath>,
    body: MergePatch<UpdateWebhook>,
) -> Result<Response> {
    let change = body.value.parse()?;
    if let Some(url) = &change.url {
        input::check_address(&app.outbound, url).await?;
    }
    let (id, keys) = (path.webhook, app.keys.clone());
    let update = move |tx: &mut Tx<'_>| {
        let before = store::lock(tx, id)?;
        let mut row = before.clone();
        change.apply(tx, &keys, &mut row, &actor)?;
        let row = store::update(tx, &before, row)?;
        let now = tx.now();
        Webhook::one(tx, &keys, row, now)
    };
    Response::ok(&app.db.write_as(actor.origin, update).await?)
}

/// Delete a webhook
///
/// Requires the right `webhooks:write`. Nothing more is sent, and its deliveries are deleted.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("bearer" = [])), params(WebhookPath),
    responses((status = 204, description = "The webhook is deleted.")))]
pub async fn delete_webhook(
    app: Data<App>,
    actor: Actor<WriteWebhooks>,
    path: Path<WebhookPath>,
) -> Result<Response> {
    let id = path.webhook;
    app.db.write_as(actor.origin, move |tx| store::delete(tx, id)).await?;
    Ok(Response::no_content())
}
