//! Events as others are told of them: by webhooks, and by `GET /v1/events`. The log has ids only; [`resolve`] adds what
//! the subjects are called now, and [`visibility`] decides who may be told.

pub mod data;
pub mod resolve;
pub mod routes;
pub mod visibility;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::events::Recorded;
use crate::base::http::PageRequest;
use crate::base::http::page;
use crate::base::text::Locale;
use crate::changes::store::Place;

/// Distinguishes the ids of events from cursors of other lists.
const LIST: &str = "events";

/// What happened, as others are told.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct PublicEvent {
    /// Identifies the event, and is the `cursor` of those after it.
    #[schema(
        min_length = 1,
        max_length = 200,
        example = "eyJhdCI6WzQ4LDE3Njk4NTE4MDAwMDAwMDBdLCJvZiI6ImJ0VkQ1c0hhVHEwWiJ9"
    )]
    pub id: String,
    /// What happened. Further types may be added.
    #[serde(rename = "type")]
    #[schema(max_length = 60, example = "article.published")]
    pub kind: &'static str,
    /// When it happened.
    pub at: Timestamp,
    /// Ids, slugs and addresses of what it is about, by the type: see `webhooks` in this document. Never texts or email
    /// addresses. What was deleted for good has no slugs and addresses any more.
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    /// The language of the article, if it is about one that is not deleted for good.
    #[serde(skip)]
    pub locale: Option<Locale>,
}

/// The position of an event in the log.
#[must_use]
pub fn place(recorded: &Recorded) -> Place {
    Place::new(recorded.number, recorded.at)
}

/// The id of the event at a position, which is also the cursor of those after it.
///
/// # Errors
/// As [`page::cursor`].
pub fn id(place: Place) -> Result<String> {
    page::cursor(&place, &LIST)
}

/// The position that an id or cursor names.
///
/// # Errors
/// Malformed `cursor-invalid`.
pub fn parse_id(text: &str) -> Result<Place> {
    let page = PageRequest { limit: 1, cursor: Some(text.to_owned()), include_total: false };
    Ok(page.after(&LIST)?.unwrap_or_default())
}
