//! Webhooks as JSON.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::texts::{EventPattern, HeaderNameText};
use crate::auth::Keys;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::ids::WebhookId;
use crate::base::text::Locale;
use crate::users::Actors;
use crate::webhooks::store::{self, WebhookRow};
use crate::webhooks::{BodyFormat, DisabledReason};

/// A webhook in the path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WebhookPath {
    /// The id of the webhook.
    pub webhook: WebhookId,
}

/// A webhook: what happens is sent to its URL.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    id: WebhookId,
    /// Where it leads.
    #[schema(format = Uri, max_length = 2000, example = "https://hooks.website.example/lede")]
    url: String,
    /// What it is for.
    #[schema(max_length = 200, example = "Rebuilds the website")]
    description: Option<String>,
    /// The types of events that are sent: single ones, groups such as `article.*`, or `*`. Only those that name
    /// `article.rerendered` get it.
    #[schema(value_type = Vec<EventPattern>, min_items = 1, max_items = 50, example = json!(["article.*"]))]
    events: Vec<String>,
    /// Only events about articles in these languages are sent, and those that are not about an article; empty for all.
    #[schema(value_type = Vec<Locale>, max_items = 100)]
    locales: Vec<String>,
    /// The names of the headers that are added to every request. Their values are not returned.
    #[schema(value_type = Vec<HeaderNameText>, max_items = 5)]
    header_names: Vec<String>,
    /// What the body of a request is.
    body: BodyFormat,
    /// For how many seconds after an event further ones are collected, to be sent together as one of the type `batch`; 0
    /// sends each alone.
    #[schema(minimum = 0, maximum = 300)]
    coalesce_seconds: i64,
    /// Whether anything is sent.
    enabled: bool,
    /// Why the server has disabled it; `null` if it has not.
    #[schema(value_type = Option<DisabledReason>, required = true)]
    disabled_reason: Option<DisabledReason>,
    /// The secret that signs. Only in the response that creates or rotates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        required = false,
        nullable = false,
        min_length = 50,
        max_length = 50,
        pattern = "^whsec_[0-9A-Za-z+/]{43}=$"
    )]
    secret: Option<String>,
    /// Until when the secret before the last rotation signs, too; `null` if it does not.
    previous_until: Option<Timestamp>,
    /// Who created it, or last changed where it leads or what is sent. Events that readers may not see are sent as far as
    /// this user or API key may see them at that moment.
    owner: ActorRef,
    /// When it was created.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

impl Webhook {
    /// Webhooks as they are at `now`.
    pub fn all(
        conn: &mut Connection,
        keys: &Keys,
        rows: Vec<WebhookRow>,
        now: Timestamp,
    ) -> Result<Vec<Self>> {
        let owners = Actors::load(conn, rows.iter().map(|row| row.actor_id))?;
        rows.into_iter().map(|row| Self::new(row, keys, &owners, now)).collect()
    }

    /// A webhook as it is at `now`.
    pub fn one(conn: &mut Connection, keys: &Keys, row: WebhookRow, now: Timestamp) -> Result<Self> {
        let owners = Actors::load(conn, [row.actor_id])?;
        Self::new(row, keys, &owners, now)
    }

    /// The webhook with that id as it is at `now`.
    pub fn get(conn: &mut Connection, keys: &Keys, id: WebhookId, now: Timestamp) -> Result<Self> {
        let row = store::get(conn, id)?;
        Self::one(conn, keys, row, now)
    }

    /// The same, with its secret.
    #[must_use]
    pub fn with_secret(self, secret: String) -> Self {
        Self { secret: Some(secret), ..self }
    }

    fn new(row: WebhookRow, keys: &Keys, owners: &Actors, now: Timestamp) -> Result<Self> {
        Ok(Self {
            header_names: row.secrets(keys)?.headers.into_keys().collect(),
            events: row.patterns(),
            locales: row.languages(),
            owner: owners.get(row.actor_id),
            id: row.id,
            url: row.url,
            description: row.description,
            body: row.format,
            coalesce_seconds: row.coalesce_seconds,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            secret: None,
            previous_until: row.previous_until.filter(|until| *until > now),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
