//! The newest editions as RSS, Atom and JSON Feed, and the URLs of all listed articles as a sitemap. No document
//! contains the current time, so clients that poll get 304 until an edition or a setting changes.

mod atom;
mod json_feed;
mod pages;
pub mod routes;
mod rss;
mod sitemap;
mod store;
mod xml;

use url::Url;
use utoipa::IntoParams;

use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::ids::IsId as _;
use crate::base::text::Locale;
use crate::base::text::absolute::absolute;
use crate::base::text::slug::Slug;
use crate::editions::Edition;
use crate::render_context::Website;
use crate::topics::TopicRef;

/// The most editions in a feed: a client that polls once a day misses nothing of a daily publication. A feed of very
/// long articles has fewer.
const ENTRIES: i64 = 30;

/// The editions a feed shows.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FeedFilter {
    /// Only editions with this topic: a slug.
    #[param(value_type = Option<Slug>)]
    topic: Option<Slug>,
    /// Only editions in this language.
    #[param(value_type = Option<Locale>)]
    locale: Option<Locale>,
}

/// A feed, independent of its format.
#[derive(Debug)]
struct Feed {
    title: String,
    /// The publication's name: the author of editions without authors.
    publisher: String,
    description: Option<String>,
    /// The website's front page.
    home: Url,
    /// The feed's own URL.
    url: String,
    language: Locale,
    entries: Vec<Entry>,
}

/// An edition in a feed. Every URL in it is absolute.
#[derive(Debug)]
struct Entry {
    /// `urn:uuid:…` with the article's id; never changes.
    id: String,
    url: Url,
    title: String,
    /// Plain text.
    summary: Option<String>,
    content_html: String,
    cover: Option<Url>,
    authors: Vec<String>,
    topics: Vec<TopicRef>,
    language: Locale,
    published_at: Timestamp,
    updated_at: Timestamp,
}

/// Parses and percent-encodes a URL of the website.
fn parse(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|e| Error::internal(format!("{url}: {e}")))
}

/// The URL of the website's front page.
fn home(website: &Website) -> Result<Url> {
    parse(&format!("{}/", website.url))
}

impl Feed {
    /// The latest `updated_at` of the entries; `None` in an empty feed.
    fn updated_at(&self) -> Option<Timestamp> {
        self.entries.iter().map(|entry| entry.updated_at).max()
    }
}

impl Entry {
    fn new(edition: &Edition) -> Result<Self> {
        let url = parse(&edition.url)?;
        Ok(Self {
            id: format!("urn:uuid:{}", edition.id.uuid()),
            title: edition.title.clone(),
            summary: edition.summary.clone(),
            content_html: absolute(&edition.content_html(), &url),
            cover: edition.cover.as_ref().and_then(|cover| url.join(&cover.url).ok()),
            authors: edition.authors.iter().map(|author| author.name.clone()).collect(),
            topics: edition.topics.clone(),
            language: edition.locale.clone(),
            published_at: edition.published_at,
            updated_at: edition.updated_at,
            url,
        })
    }

    /// The cover's media type, guessed from its file extension.
    fn cover_type(&self) -> Option<&'static str> {
        let (_, extension) = self.cover.as_ref()?.path().rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some("image/jpeg"),
            "png" => Some("image/png"),
            "gif" => Some("image/gif"),
            "webp" => Some("image/webp"),
            "avif" => Some("image/avif"),
            "svg" => Some("image/svg+xml"),
            _ => None,
        }
    }
}
