//! What feed readers and search engines fetch: the newest editions as RSS, Atom and JSON Feed, and the addresses of all
//! as a sitemap. None of it knows the present moment: as long as the editions stay, the bytes do.

mod addresses;
mod atom;
mod json;
pub mod routes;
mod rss;
mod sitemap;
mod store;
mod xml;

use url::Url;

use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::ids::IsId as _;
use crate::base::text::Locale;
use crate::base::text::absolute::absolute;
use crate::editions::Edition;
use crate::render_context::Website;
use crate::topics::TopicRef;

/// How many editions a feed holds: the newest. Who asks once a day misses none of a daily's, and a feed of long reads
/// stays below a megabyte.
const ENTRIES: i64 = 30;

/// A feed, whatever the format.
#[derive(Debug)]
struct Feed {
    title: String,
    /// The publication's own name: whose the editions are that name no author.
    publisher: String,
    description: Option<String>,
    /// The website's front page.
    home: Url,
    /// The feed's own address.
    address: String,
    language: Locale,
    entries: Vec<Entry>,
}

/// An edition in a feed. Every address is absolute.
#[derive(Debug)]
struct Entry {
    /// Stays the same whatever becomes of the article: `urn:uuid:…`.
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

/// An address as documents want it: what is not ASCII is encoded.
fn parse(address: &str) -> Result<Url> {
    Url::parse(address).map_err(|e| Error::internal(format!("{address}: {e}")))
}

/// The front page of the website.
fn home(website: &Website) -> Result<Url> {
    parse(&format!("{}/", website.url))
}

impl Feed {
    /// When anything in it last changed.
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

    /// What kind of picture the cover is, as far as its name tells.
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
