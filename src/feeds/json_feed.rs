//! Writes JSON Feed 1.1. Absent values are omitted: the format has no `null`.

use actix_web::web::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Entry, Feed};
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::text::Locale;

/// A JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeed {
    /// The version of the format.
    #[schema(min_length = 1, max_length = 100, format = Uri)]
    version: &'static str,
    /// The publication's name, followed by the topic's in a feed of one topic.
    #[schema(min_length = 1, max_length = 1000)]
    title: String,
    /// The publication's description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, max_length = 2000)]
    description: Option<String>,
    /// The website's URL.
    #[schema(max_length = 2500, format = Uri)]
    home_page_url: String,
    /// The feed's own URL.
    #[schema(max_length = 2500, format = Uri)]
    feed_url: String,
    /// The default language of the items.
    language: Locale,
    /// The newest editions, newest first.
    #[schema(max_items = 30)]
    items: Vec<JsonFeedItem>,
}

/// An edition in a JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedItem {
    /// The article's permanent identifier.
    #[schema(min_length = 45, max_length = 45, format = Uri, example = "urn:uuid:019b8d1c-0000-7000-8000-000000000000")]
    id: String,
    /// The article's URL on the website.
    #[schema(max_length = 2500, format = Uri)]
    url: String,
    /// The title: one line of plain text.
    #[schema(max_length = 300)]
    title: String,
    /// The summary, written or taken from the opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, max_length = 1000)]
    summary: Option<String>,
    /// The full text as HTML. Every URL in it is absolute.
    #[schema(max_length = 10_000_000)]
    content_html: String,
    /// The cover's URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, max_length = 8000, format = Uri)]
    image: Option<String>,
    /// When the article was first published.
    date_published: Timestamp,
    /// When this edition was published.
    date_modified: Timestamp,
    /// The authors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    authors: Vec<JsonFeedAuthor>,
    /// The names of the topics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    tags: Vec<JsonFeedTag>,
    /// The language.
    language: Locale,
}

/// An author in a JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAuthor {
    /// The author's name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// The name of a topic in a JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 200, example = "Sea")]
pub struct JsonFeedTag(String);

/// Writes the feed as a JSON Feed.
pub(super) fn write(feed: Feed) -> Result<Bytes> {
    let feed = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: feed.title,
        description: feed.description,
        home_page_url: feed.home.into(),
        feed_url: feed.url,
        language: feed.language,
        items: feed.entries.into_iter().map(item).collect(),
    };
    Ok(serde_json::to_vec(&feed)?.into())
}

fn item(entry: Entry) -> JsonFeedItem {
    JsonFeedItem {
        id: entry.id,
        url: entry.url.into(),
        title: entry.title,
        summary: entry.summary,
        content_html: entry.content_html,
        image: entry.cover.map(Into::into),
        date_published: entry.published_at,
        date_modified: entry.updated_at,
        authors: entry.authors.into_iter().map(|name| JsonFeedAuthor { name }).collect(),
        tags: entry.topics.into_iter().map(|topic| JsonFeedTag(topic.name)).collect(),
        language: entry.language,
    }
}
