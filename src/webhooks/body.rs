//! The bodies of requests: one event, several at once, or a test.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::BodyFormat;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::ids::WebhookId;
use crate::events::PublicEvent;

/// The most bytes of a body. Events are smaller; several at once are cut off.
pub const MAX_BYTES: usize = 20_000;
/// The most events in one body.
pub const MAX_EVENTS: usize = 25;
/// The type of several events at once.
pub const BATCH: &str = "batch";
/// The type of a test.
pub const TEST: &str = "webhook.test";

/// What several events at once say.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BatchEventData {
    /// How many events there are. If the webhook's owner may no longer see some of those in `events`, only the others there are
    /// counted.
    #[schema(minimum = 1, maximum = 10_000)]
    pub count: usize,
    /// The first of them, as many as have room.
    #[schema(max_items = 25)]
    pub events: Vec<PublicEvent>,
    /// Whether `events` leaves some out.
    pub truncated: bool,
    /// The `id` of the last event in `events`: the `cursor` of `GET /v1/events` for those that it leaves out.
    #[schema(max_length = 200)]
    pub cursor: String,
}

/// What a test says.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestEventData {
    /// The webhook.
    pub id: WebhookId,
}

/// A body as it is made, and stored until it is delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// The id of the event, which is also `webhook-id`.
    pub id: String,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What it says.
    pub data: Map<String, Value>,
}

impl Body {
    /// That of one event.
    #[must_use]
    pub fn of(event: &PublicEvent) -> Self {
        let PublicEvent { id, kind, at, data, .. } = event.clone();
        Self { id, kind: kind.to_owned(), timestamp: at, data }
    }

    /// That of several events, of which `events` are the first. `None` if there are none. `id` identifies the whole.
    ///
    /// # Errors
    /// Internal, if an event cannot be written as JSON.
    pub fn of_batch(id: String, at: Timestamp, count: usize, events: &[PublicEvent]) -> Result<Option<Self>> {
        let mut size = 500;
        let mut fitting = Vec::new();
        for event in events.iter().take(MAX_EVENTS) {
            size += serde_json::to_string(event)?.len() + 1;
            if size > MAX_BYTES {
                break;
            }
            fitting.push(event.clone());
        }
        let Some(cursor) = fitting.last().map(|event| event.id.clone()) else { return Ok(None) };
        let truncated = fitting.len() < count;
        let data = serde_json::to_value(BatchEventData { count, events: fitting, truncated, cursor })?;
        Ok(Some(Self { id, kind: BATCH.to_owned(), timestamp: at, data: members(data) }))
    }

    /// That of a test.
    ///
    /// # Errors
    /// Internal, if it cannot be written as JSON.
    pub fn of_test(id: String, at: Timestamp, webhook: WebhookId) -> Result<Self> {
        let data = members(serde_json::to_value(TestEventData { id: webhook })?);
        Ok(Self { id, kind: TEST.to_owned(), timestamp: at, data })
    }

    /// The text that is sent.
    ///
    /// # Errors
    /// Internal, if it cannot be written as JSON.
    pub fn text(&self, format: BodyFormat) -> Result<String> {
        Ok(match format {
            BodyFormat::Event => serde_json::to_string(self)?,
            BodyFormat::Github => {
                serde_json::to_string(&json!({"event_type": self.kind, "client_payload": self}))?
            }
        })
    }
}

fn members(data: Value) -> Map<String, Value> {
    match data {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
