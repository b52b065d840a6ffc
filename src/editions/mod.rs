//! What readers get. Publishing makes an *edition* of one revision: immutable facts. Its *rendering* is the finished
//! HTML and JSON, made of the revision and of what it embeds (names, links, settings), and can be made again at any
//! time.

pub mod addresses;
mod adjacent;
pub mod context;
pub mod correct;
mod custom_values;
mod fields;
pub mod formats;
mod groups;
pub mod items;
pub mod list;
mod lookup;
pub mod order;
pub mod publish;
pub mod purge;
pub mod related;
pub mod render;
pub mod renderings;
pub mod rerender;
pub mod restored;
pub mod routes;
pub mod store;
pub mod view;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::articles::{Cover, Seo};
use crate::authors::AuthorRef;
use crate::base::clock::Timestamp;
use crate::base::ids::{ArticleId, SectionId};
use crate::base::text::Locale;
use crate::base::text::slug::{Anchor, Slug};
use crate::topics::TopicRef;

/// A published article.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Edition {
    /// The article's id.
    pub id: ArticleId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its language.
    pub locale: Locale,
    /// Its URL on the website.
    #[schema(max_length = 2500, format = Uri)]
    pub url: String,
    /// One line.
    #[schema(max_length = 300)]
    pub title: String,
    /// One line below the title.
    #[schema(max_length = 500)]
    pub subtitle: Option<String>,
    /// What was written, or else an excerpt of the opening.
    #[schema(max_length = 1000)]
    pub summary: Option<String>,
    /// The cover image.
    pub cover: Option<Cover>,
    /// Whether the site features it.
    pub featured: bool,
    /// Whether it is in lists, feeds and search results.
    pub listed: bool,
    /// The authors, in order.
    #[schema(max_items = 20)]
    pub authors: Vec<AuthorRef>,
    /// The topics, in order.
    #[schema(max_items = 50)]
    pub topics: Vec<TopicRef>,
    /// The text before the first section.
    pub intro: Body,
    /// The sections at the top level, with those below them.
    #[schema(max_items = 1000)]
    pub sections: Vec<EditionSection>,
    /// Every heading, in document order.
    #[schema(max_items = 1000)]
    pub outline: Vec<OutlineEntry>,
    /// The number of words.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub word_count: u32,
    /// The time to read it, at 238 words per minute.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub reading_minutes: u32,
    /// Overrides for search engines.
    pub seo: Seo,
    /// The same article in other languages.
    #[schema(max_items = 100)]
    pub translations: Vec<Translation>,
    /// Any other data of the site.
    #[schema(value_type = Object)]
    pub custom: Map<String, Value>,
    /// The number of this edition: 1 is the first.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub edition: i64,
    /// When the article was first published.
    pub published_at: Timestamp,
    /// When this edition was published.
    pub updated_at: Timestamp,
}

/// A published article in a list: without intro, sections and outline.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionItem {
    /// The article's id.
    pub id: ArticleId,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its language.
    pub locale: Locale,
    /// Its URL on the website.
    #[schema(max_length = 2500, format = Uri)]
    pub url: String,
    /// One line.
    #[schema(max_length = 300)]
    pub title: String,
    /// One line below the title.
    #[schema(max_length = 500)]
    pub subtitle: Option<String>,
    /// What was written, or else an excerpt of the opening.
    #[schema(max_length = 1000)]
    pub summary: Option<String>,
    /// The cover image.
    pub cover: Option<Cover>,
    /// Whether the site features it.
    pub featured: bool,
    /// Whether it is in lists, feeds and search results.
    pub listed: bool,
    /// The authors, in order.
    #[schema(max_items = 20)]
    pub authors: Vec<AuthorRef>,
    /// The topics, in order.
    #[schema(max_items = 50)]
    pub topics: Vec<TopicRef>,
    /// The number of words.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub word_count: u32,
    /// The time to read it, at 238 words per minute.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub reading_minutes: u32,
    /// Overrides for search engines.
    pub seo: Seo,
    /// The same article in other languages.
    #[schema(max_items = 100)]
    pub translations: Vec<Translation>,
    /// Any other data of the site.
    #[schema(value_type = Object)]
    pub custom: Map<String, Value>,
    /// The number of this edition.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub edition: i64,
    /// When the article was first published.
    pub published_at: Timestamp,
    /// When this edition was published.
    pub updated_at: Timestamp,
}

/// A text in the formats that were asked for; the others are `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormattedText)]
pub struct Body {
    /// Sanitised HTML.
    #[schema(max_length = 2_000_000)]
    pub html: Option<String>,
    /// Markdown, as written.
    #[schema(max_length = 200_000)]
    pub markdown: Option<String>,
    /// Plain text, without footnotes, blocks of code, captions and alternative texts of images.
    #[schema(max_length = 2_000_000)]
    pub text: Option<String>,
}

/// A section of a published article.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EditionSection {
    /// Its id, which never changes.
    pub id: SectionId,
    /// As plain text.
    #[schema(max_length = 300)]
    pub heading: Option<String>,
    /// As HTML.
    #[schema(max_length = 3000)]
    pub heading_html: Option<String>,
    /// The fragment identifier within the page.
    pub anchor: Option<Anchor>,
    /// The level of its heading: 2 to 6, as in h2 to h6.
    #[schema(minimum = 2, maximum = 6)]
    pub level: u8,
    /// Sanitised HTML.
    #[schema(max_length = 2_000_000)]
    pub html: Option<String>,
    /// Markdown, as written.
    #[schema(max_length = 200_000)]
    pub markdown: Option<String>,
    /// Plain text, without footnotes, blocks of code, captions and alternative texts of images.
    #[schema(max_length = 2_000_000)]
    pub text: Option<String>,
    /// The number of words, without the sections below it.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub word_count: u32,
    /// Any other data of the site.
    #[schema(value_type = Object)]
    pub custom: Map<String, Value>,
    /// The sections below it.
    #[schema(no_recursion, max_items = 1000)]
    pub sections: Vec<EditionSection>,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutlineEntry {
    /// As plain text.
    #[schema(max_length = 300)]
    pub heading: String,
    /// The fragment identifier within the page.
    pub anchor: Anchor,
    /// 2 to 6, as in h2 to h6.
    #[schema(minimum = 2, maximum = 6)]
    pub level: u8,
}

/// The same article in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ArticleTranslation)]
pub struct Translation {
    /// The other article's id.
    pub id: ArticleId,
    /// Its language.
    pub locale: Locale,
    /// Its slug.
    pub slug: Slug,
    /// Its URL on the website.
    #[schema(max_length = 2500, format = Uri)]
    pub url: String,
    /// Its title.
    #[schema(max_length = 300)]
    pub title: String,
}
