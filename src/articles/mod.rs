//! Articles as their editors have them: a draft of metadata and a tree of sections that can be edited one by one. Every
//! accepted edit leaves a revision. Readers get none of this: they get editions, which are made of revisions elsewhere.

pub mod aliases;
pub mod checks;
pub mod compare;
pub mod copy;
pub mod correction;
pub mod custom;
mod custom_store;
mod diff;
pub mod draft;
pub mod draft_list;
pub mod edit;
pub mod equality;
pub mod filter;
pub mod fold;
mod front_reader;
pub mod history;
pub mod input;
pub mod markdown_document;
pub mod markdown_export;
mod match_sections;
pub mod metadata;
pub mod metadata_change;
mod metadata_store;
pub mod notes;
pub mod output;
pub mod ownership;
pub mod resolve;
pub mod retention;
pub mod review_emails;
mod review_output;
pub mod review_store;
pub mod reviews;
pub mod routes;
pub mod schedule;
pub mod scope;
pub mod section_change;
pub mod section_input;
pub mod slugs;
pub mod store;
pub mod translation_output;
pub mod translation_store;
pub mod translations;
pub mod tree;
pub mod warnings;
pub mod write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::base::error::Invalid;
use crate::base::ids::{ArticleId, AuthorId, IsId as _, SectionId, TopicId};
use crate::base::text::Locale;
use crate::base::text::markdown::Passage;
use crate::base::text::slug::{Anchor, Slug};

/// The content of a revision: everything an editor wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Everything but the sections.
    pub metadata: Metadata,
    /// The tree.
    pub sections: Vec<Section>,
}

impl Content {
    /// The intro and the sections, in document order.
    #[must_use]
    pub fn passages(&self) -> Vec<Passage<'_>> {
        std::iter::once(Passage::from(&self.metadata.intro)).chain(passages(&self.sections)).collect()
    }
}

/// The headings and bodies of these sections and of those below them, in document order.
pub fn passages(sections: &[Section]) -> impl Iterator<Item = Passage<'_>> {
    tree::flatten(sections)
        .into_iter()
        .map(|(section, ..)| Passage { heading: section.heading.as_deref(), body: &section.body })
}

/// Everything about an article but its sections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// One line, 1 to 300 characters.
    pub title: String,
    /// The article's name in addresses.
    pub slug: Slug,
    /// Its language.
    pub locale: Locale,
    /// One line, at most 500 characters.
    pub subtitle: Option<String>,
    /// At most 1,000 characters.
    pub summary: Option<String>,
    /// Its cover image.
    pub cover: Option<Cover>,
    /// Whether the site features it.
    pub featured: bool,
    /// Whether it is in lists, feeds and search results.
    pub listed: bool,
    /// Its authors, in order.
    pub authors: Vec<AuthorId>,
    /// Its topics, in order.
    pub topics: Vec<TopicId>,
    /// Markdown before the first section.
    pub intro: String,
    /// For search engines.
    pub seo: Seo,
    /// Any other data of the site.
    pub custom: Map<String, Value>,
    /// Old paths on the website that redirect to the article.
    pub aliases: Vec<String>,
}

impl Metadata {
    /// That of a new article: every other field has its default.
    #[must_use]
    pub fn new(title: String, slug: Slug, locale: Locale) -> Self {
        Self {
            title,
            slug,
            locale,
            subtitle: None,
            summary: None,
            cover: None,
            featured: false,
            listed: true,
            authors: Vec::new(),
            topics: Vec::new(),
            intro: String::new(),
            seo: Seo::default(),
            custom: Map::new(),
            aliases: Vec::new(),
        }
    }
}

/// A section of an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its id, which never changes.
    pub id: SectionId,
    /// One line of inline Markdown, 1 to 300 characters.
    pub heading: Option<String>,
    /// The fragment identifier within the page.
    pub anchor: Option<Anchor>,
    /// Markdown without headings.
    pub body: String,
    /// Any other data of the site.
    pub custom: Map<String, Value>,
    /// The sections below it.
    pub sections: Vec<Section>,
}

/// A cover image, linked by URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ArticleCover)]
pub struct Cover {
    /// Its URL: http, https, or a path on the website.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    /// A text alternative for people who cannot see it.
    #[serde(default)]
    #[schema(max_length = 1000, required = true)]
    pub alt: Option<String>,
    /// A caption.
    #[serde(default)]
    #[schema(max_length = 1000, required = true)]
    pub caption: Option<String>,
    /// Its width in pixels.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100_000, required = true)]
    pub width: Option<u32>,
    /// Its height in pixels.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100_000, required = true)]
    pub height: Option<u32>,
}

/// Overrides for search engines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ArticleSeo)]
pub struct Seo {
    /// Replaces the title.
    #[serde(default)]
    #[schema(max_length = 300, required = true)]
    pub title: Option<String>,
    /// Replaces the summary.
    #[serde(default)]
    #[schema(max_length = 1000, required = true)]
    pub description: Option<String>,
    /// The URL where the article first appeared, if elsewhere: http or https.
    #[serde(default)]
    #[schema(max_length = 2000, required = true)]
    pub canonical_url: Option<String>,
    /// The image for link previews: http, https, or a path on the website.
    #[serde(default)]
    #[schema(max_length = 2000, required = true)]
    pub image_url: Option<String>,
    /// Whether search engines are asked not to index it.
    #[serde(default)]
    #[schema(required = true)]
    pub noindex: bool,
}

/// An old path on the website, such as `/2019/tides`.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = "website-path", min_length = 1, max_length = 500)]
#[expect(dead_code, reason = "documents what is checked on the way in")]
pub struct WebsitePath(String);

/// The status of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ArticleStatus)]
pub enum Status {
    /// Never published.
    Draft,
    /// An edition of it is live.
    Published,
    /// It was published before, and no edition is live.
    Unpublished,
}

crate::text_enum! {
    /// The state of a review.
    ReviewState as ReviewState {
        /// A review of the revision is requested.
        Requested = "requested",
        /// Changes are required before it is published.
        ChangesRequested = "changes_requested",
        /// The revision is approved.
        Approved = "approved",
    }
}

/// How a request names an article, with the language of its slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleKey {
    /// By id.
    Id(ArticleId),
    /// By slug and language.
    Slug(Locale, Slug),
}

/// How an article is named in a path: by its id or its slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleRef {
    /// By id.
    Id(ArticleId),
    /// By slug, in some language.
    Slug(Slug),
}

/// How a section is named in a path: by its id or its anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionRef {
    /// By id.
    Id(SectionId),
    /// By anchor.
    Anchor(Anchor),
}

impl ArticleRef {
    /// Parses an id or a slug.
    ///
    /// # Errors
    /// Those of [`Slug::parse`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match parse_uuid(text) {
            Some(id) => Ok(Self::Id(ArticleId::from_uuid(id))),
            None => Slug::parse(text).map(Self::Slug),
        }
    }

    /// The article with this id, or with this slug in a language.
    #[must_use]
    pub fn in_locale(self, locale: Locale) -> ArticleKey {
        match self {
            Self::Id(id) => ArticleKey::Id(id),
            Self::Slug(slug) => ArticleKey::Slug(locale, slug),
        }
    }
}

impl<'de> Deserialize<'de> for ArticleRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|invalid| serde::de::Error::custom(invalid.detail))
    }
}

impl<'de> Deserialize<'de> for SectionRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(id) = parse_uuid(&text) {
            return Ok(Self::Id(SectionId::from_uuid(id)));
        }
        Anchor::parse(&text).map(Self::Anchor).map_err(|invalid| serde::de::Error::custom(invalid.detail))
    }
}

/// A UUID in lower case with hyphens, and in no other form: each article has one URL.
#[must_use]
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|uuid| uuid.to_string() == text)
}
