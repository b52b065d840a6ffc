//! The formats of bodies. An edition is stored with HTML bodies; the other formats are stored beside it and put in on
//! request.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Edition, EditionSection};
use crate::base::http::query::Params;
use crate::base::text::slug::Anchor;
use crate::base::text::validate;

/// A format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Sanitised HTML.
    Html,
    /// Markdown, as written.
    Markdown,
    /// Plain text, without footnotes, blocks of code, captions and alternative texts of images.
    Text,
}

/// The formats of a body that are stored beside the edition.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Source {
    /// Markdown, as written.
    pub markdown: String,
    /// Plain text: what is read from beginning to end.
    pub text: String,
    /// All text, as the search index has it. It is not stored.
    #[serde(skip)]
    pub all_text: String,
}

/// The formats that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// Sanitised HTML.
    pub html: bool,
    /// Markdown, as written.
    pub markdown: bool,
    /// Plain text.
    pub text: bool,
}

impl Formats {
    /// What responses have unless others are asked for.
    pub(super) const DEFAULT: Self = Self { html: true, markdown: false, text: false };

    pub(super) fn from_params(params: &mut Params) -> Self {
        let formats = params.list("formats", |text| match text {
            "html" => Ok(Format::Html),
            "markdown" => Ok(Format::Markdown),
            "text" => Ok(Format::Text),
            _ => Err(validate::unknown("format", ["html", "markdown", "text"])),
        });
        if formats.is_empty() {
            return Self::DEFAULT;
        }
        let has = |format| formats.contains(&format);
        Self { html: has(Format::Html), markdown: has(Format::Markdown), text: has(Format::Text) }
    }
}

impl Edition {
    /// Puts in the formats that are asked for, and removes the others.
    pub fn set_formats(&mut self, sources: &[Source], formats: Formats) {
        let mut sources = sources.iter();
        let source = sources.next();
        set(&mut self.intro.html, &mut self.intro.markdown, &mut self.intro.text, source, formats);
        set_all(&mut self.sections, &mut sources, formats);
    }

    /// The whole article as one HTML fragment, headings included.
    #[must_use]
    pub fn content_html(&self) -> String {
        fn write(sections: &[EditionSection], out: &mut String) {
            for section in sections {
                if let Some(heading) = &section.heading_html {
                    let anchor = section.anchor.as_ref().map(Anchor::as_str).unwrap_or_default();
                    let anchor = anchor.replace('&', "&amp;").replace('"', "&quot;");
                    out.push_str(&format!("<h{0} id=\"{anchor}\">{heading}</h{0}>\n", section.level));
                }
                out.push_str(section.html.as_deref().unwrap_or_default());
                write(&section.sections, out);
            }
        }
        let mut out = self.intro.html.clone().unwrap_or_default();
        write(&self.sections, &mut out);
        out
    }
}

/// The whole article as plain text, headings included.
#[must_use]
pub fn content_text(edition: &Edition, sources: &[Source]) -> String {
    fn write<'a>(
        sections: &[EditionSection],
        texts: &mut impl Iterator<Item = &'a Source>,
        out: &mut Vec<String>,
    ) {
        for section in sections {
            out.extend(section.heading.clone());
            out.extend(texts.next().map(|source| source.text.clone()));
            write(&section.sections, texts, out);
        }
    }
    let mut texts = sources.iter();
    let mut out: Vec<String> = texts.next().map(|source| source.text.clone()).into_iter().collect();
    write(&edition.sections, &mut texts, &mut out);
    out.retain(|text| !text.trim().is_empty());
    out.iter().map(|text| text.trim()).collect::<Vec<_>>().join("\n\n")
}

fn set_all<'a>(
    sections: &mut [EditionSection],
    sources: &mut impl Iterator<Item = &'a Source>,
    formats: Formats,
) {
    for section in sections {
        set(&mut section.html, &mut section.markdown, &mut section.text, sources.next(), formats);
        set_all(&mut section.sections, sources, formats);
    }
}

fn set(
    html: &mut Option<String>,
    markdown: &mut Option<String>,
    text: &mut Option<String>,
    source: Option<&Source>,
    formats: Formats,
) {
    if !formats.html {
        *html = None;
    }
    *markdown = source.filter(|_| formats.markdown).map(|source| source.markdown.clone());
    *text = source.filter(|_| formats.text).map(|source| source.text.clone());
}
