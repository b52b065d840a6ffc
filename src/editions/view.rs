//! Which fields of an edition a response has, and in which formats.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::Edition;
use super::fields::EditionField;
use super::formats::{Format, Formats, Source, content_text};
use crate::base::error::Result;
use crate::base::http::fields::Fields;
use crate::base::http::query::{FromParams, Params};

/// The fields and formats that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct View {
    /// Return only these fields. `content_html` and `content_text`, the whole article in one string, are returned only
    /// on request.
    #[param(inline, value_type = Option<Vec<EditionField>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub(super) fields: Fields<EditionField>,
    /// The formats of bodies; the others are `null`. Default: `html`.
    #[param(inline, value_type = Option<Vec<Format>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    formats: Formats,
}

/// The formats that are asked for of a part of an edition.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InFormats {
    /// The formats of bodies; the others are `null`. Default: `html`.
    #[param(inline, value_type = Option<Vec<Format>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub(super) formats: Formats,
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

/// The default response.
impl Default for View {
    fn default() -> Self {
        Self { fields: Fields::default(), formats: Formats::DEFAULT }
    }
}

impl View {
    pub(super) fn is_default(&self) -> bool {
        self.formats == Formats::DEFAULT && self.fields.is_default()
    }

    /// Whether a list needs more than is stored in its items.
    pub(super) fn needs_bodies(&self) -> bool {
        use EditionField::{ContentHtml, ContentText, Intro, Outline, Sections};
        [Intro, Sections, Outline, ContentHtml, ContentText].iter().any(|field| self.fields.name(*field))
    }

    /// The JSON of an edition with HTML bodies, given the other formats.
    pub fn select(&self, mut edition: Edition, sources: &[Source]) -> Result<Box<RawValue>> {
        let content_html = self.fields.name(EditionField::ContentHtml).then(|| edition.content_html());
        let content_text =
            self.fields.name(EditionField::ContentText).then(|| content_text(&edition, sources));
        edition.set_formats(sources, self.formats);
        self.fields.choose(&WholeEdition { edition, content_html, content_text })
    }
}

crate::partial!(PartialEdition of WholeEdition);

/// An edition, with the fields that are returned only on request.
#[derive(Serialize, ToSchema)]
pub struct WholeEdition {
    #[serde(flatten)]
    edition: Edition,
    /// The whole article as HTML. Only on request by `fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10_000_000)]
    content_html: Option<String>,
    /// The whole article as plain text, without footnotes, blocks of code and captions. Only on request by `fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10_000_000)]
    content_text: Option<String>,
}
