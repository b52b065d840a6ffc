//! How much of an edition is wanted: which members, in which formats.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::Edition;
use super::look::Stored;
use super::render::{Formats, Source, content_text};
use crate::base::error::{Invalid, Result};
use crate::base::http::fields::Fields;
use crate::base::http::query::{FromParams, Params};

crate::fields! {
    /// The members of an edition. The last two only come when they are asked for.
    EditionField {
        Id = "id", Slug = "slug", Locale = "locale", Url = "url", Title = "title", Subtitle = "subtitle",
        Summary = "summary", Cover = "cover", Featured = "featured", Listed = "listed", Authors = "authors",
        Topics = "topics", Intro = "intro", Sections = "sections", Outline = "outline", WordCount = "word_count",
        ReadingMinutes = "reading_minutes", Seo = "seo", Translations = "translations", Custom = "custom",
        Edition = "edition", PublishedAt = "published_at", UpdatedAt = "updated_at", ContentHtml = "content_html",
        ContentText = "content_text",
    }
}

/// How the bodies of texts can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Sanitised HTML.
    Html,
    /// As written.
    Markdown,
    /// Plain text.
    Text,
}

/// How much of an edition is wanted.
#[derive(Debug, Clone, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct View {
    /// Only these members; `content_html` and `content_text`, the whole article in one string, come on request only.
    #[param(inline, value_type = Option<Vec<EditionField>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub(super) fields: Fields<EditionField>,
    /// The formats of bodies. Default: `html`.
    #[param(inline, value_type = Option<Vec<Format>>, style = Form, explode = false, min_items = 1, max_items = 3)]
    formats: Formats,
}

/// The formats that are wanted of a part of an edition.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InFormats {
    /// The formats of bodies. Default: `html`.
    #[param(inline, value_type = Option<Vec<Format>>, style = Form, explode = false, min_items = 1, max_items = 3)]
    pub(super) formats: Formats,
}

impl Formats {
    /// What the default answer has.
    const DEFAULT: Self = Self { html: true, markdown: false, text: false };

    fn from_params(params: &mut Params) -> Self {
        let wanted = params.list("formats", |text| match text {
            "html" => Ok(Format::Html),
            "markdown" => Ok(Format::Markdown),
            "text" => Ok(Format::Text),
            _ => Err(Invalid::new("not-one-of", "html, markdown or text")),
        });
        if wanted.is_empty() {
            return Self::DEFAULT;
        }
        let has = |format| wanted.contains(&format);
        Self { html: has(Format::Html), markdown: has(Format::Markdown), text: has(Format::Text) }
    }
}

impl FromParams for View {
    fn from_params(params: &mut Params) -> Self {
        Self { fields: Fields::from_params(params), formats: Formats::from_params(params) }
    }
}

impl FromParams for InFormats {
    fn from_params(params: &mut Params) -> Self {
        Self { formats: Formats::from_params(params) }
    }
}

impl View {
    pub(super) fn is_default(&self) -> bool {
        self.formats == Formats::DEFAULT && self.fields.is_default()
    }

    /// Whether a list needs more than its items hold.
    pub(super) fn needs_bodies(&self) -> bool {
        use EditionField::{ContentHtml, ContentText, Intro, Outline, Sections};
        [Intro, Sections, Outline, ContentHtml, ContentText].iter().any(|field| self.fields.name(*field))
    }

    /// Cuts what is wanted from the stored rendering.
    pub(super) fn cut(&self, stored: &Stored) -> Result<Box<RawValue>> {
        let (edition, sources) = stored.parse()?;
        self.choose(edition, &sources)
    }

    /// What is wanted of an edition with HTML bodies, given these in the other formats.
    pub(super) fn choose(&self, mut edition: Edition, sources: &[Source]) -> Result<Box<RawValue>> {
        let content_html = self.fields.name(EditionField::ContentHtml).then(|| edition.content_html());
        let content_text =
            self.fields.name(EditionField::ContentText).then(|| content_text(&edition, sources));
        edition.set_formats(sources, self.formats);
        self.fields.choose(&WholeEdition { edition, content_html, content_text })
    }
}

/// An edition and what only comes on request.
#[derive(Serialize, ToSchema)]
pub struct WholeEdition {
    #[serde(flatten)]
    edition: Edition,
    /// The whole article as HTML: only when `fields` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10_000_000)]
    content_html: Option<String>,
    /// The whole article as plain text: only when `fields` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10_000_000)]
    content_text: Option<String>,
}
