//! From a revision and its surroundings to what readers are served: pure, done before the write that stores it.

use serde::{Deserialize, Serialize};

use super::view::EditionField;
use super::{Body, Edition, EditionSection, OutlineEntry, Translation};
use crate::articles::{Content, Metadata, Section, tree};
use crate::authors::AuthorRef;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::http::fields::Fields;
use crate::base::http::json::sha256;
use crate::base::http::public::etag;
use crate::base::ids::ArticleId;
use crate::base::text::excerpt::{excerpt, reading_minutes, word_count};
use crate::base::text::markdown::{Policy, Rendered, render as render_bodies, render_heading};
use crate::base::text::slug::Anchor;
use crate::render_context::{RenderSettings, Website};
use crate::search::document::{Document, SectionText};
use crate::topics::TopicRef;

/// What a rendering depends on beside its revision. Its hash tells whether one is stale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Surroundings {
    /// The settings.
    pub settings: RenderSettings,
    /// The authors, by their present names.
    pub authors: Vec<AuthorRef>,
    /// The topics, by their present names.
    pub topics: Vec<TopicRef>,
    /// The live translations.
    pub translations: Vec<Translation>,
}

/// What does not change however often an edition is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which article.
    pub id: ArticleId,
    /// The number of the edition.
    pub edition: i64,
    /// When the article was first published.
    pub published_at: Timestamp,
    /// When this edition was.
    pub updated_at: Timestamp,
}

/// An edition in its finished form.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// The default answer.
    pub body: Vec<u8>,
    /// The same in a list.
    pub item: Vec<u8>,
    /// Markdown and text of the intro and of every section in document order, as JSON.
    pub sources: Vec<u8>,
    /// The tag of `body`, without quotes.
    pub etag: String,
    /// The hash of what it was made from.
    pub made_from: Vec<u8>,
    /// The website that its links lead to.
    pub website: Website,
    /// What can be found of it.
    pub document: Document,
}

/// The formats of a body that the default answer leaves out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Source {
    /// As written.
    pub markdown: String,
    /// Without markup.
    pub text: String,
}

impl Surroundings {
    /// The hash that tells these surroundings from others.
    ///
    /// # Errors
    /// Internal, if they cannot be written.
    pub fn hash(&self) -> Result<Vec<u8>> {
        Ok(sha256(&serde_json::to_vec(self)?).to_vec())
    }
}

/// What items of lists leave out of an edition.
const ABSENT_FROM_LISTS: [EditionField; 5] = [
    EditionField::Intro,
    EditionField::Sections,
    EditionField::Outline,
    EditionField::ContentHtml,
    EditionField::ContentText,
];

/// Makes the finished form of an edition.
///
/// # Errors
/// Internal, if it cannot be written.
pub fn render(content: &Content, facts: &Facts, around: &Surroundings) -> Result<Rendering> {
    let (edition, sources) = edition(content, facts, around);
    let body = serde_json::to_vec(&edition)?;
    let item = Fields::all_but(&ABSENT_FROM_LISTS).choose(&edition)?;
    Ok(Rendering {
        etag: etag(&body),
        item: item.get().as_bytes().to_vec(),
        sources: serde_json::to_vec(&sources)?,
        document: document(&content.metadata, &edition.sections, &sources),
        made_from: around.hash()?,
        website: around.settings.website.clone(),
        body,
    })
}

/// What can be found of an edition. `sources` are its texts in document order, the intro first.
fn document(metadata: &Metadata, sections: &[EditionSection], sources: &[Source]) -> Document {
    fn flatten<'a>(sections: &'a [EditionSection], out: &mut Vec<&'a EditionSection>) {
        for section in sections {
            out.push(section);
            flatten(&section.sections, out);
        }
    }
    let mut flat = Vec::new();
    flatten(sections, &mut flat);
    let mut texts = sources.iter().map(|source| source.text.as_str());
    let intro = texts.next().unwrap_or_default();
    let sections = flat.into_iter().zip(texts).map(|(section, text)| SectionText {
        id: section.id,
        heading: section.heading.as_deref(),
        anchor: section.anchor.as_ref(),
        text,
    });
    Document::new(metadata, intro, sections)
}

/// The edition with HTML bodies, and what its bodies are in the other formats.
#[must_use]
pub fn edition(content: &Content, facts: &Facts, around: &Surroundings) -> (Edition, Vec<Source>) {
    let metadata = &content.metadata;
    let flat = tree::flatten(&content.sections);
    let bodies: Vec<&str> = std::iter::once(metadata.intro.as_str())
        .chain(flat.iter().map(|(section, ..)| section.body.as_str()))
        .collect();
    let rendered = render_bodies(&bodies, &Policy { iframe_hosts: around.settings.iframe_hosts.clone() });
    let sources = bodies
        .iter()
        .zip(&rendered)
        .map(|(markdown, rendered)| Source { markdown: (*markdown).to_owned(), text: rendered.text.clone() })
        .collect();
    let mut rendered = rendered.into_iter();
    let intro = rendered.next();
    let opening = intro.as_ref().map(|intro| intro.text.clone()).unwrap_or_default();
    let mut words = word_count(&opening);
    let mut outline = Vec::new();
    let sections = sections(&content.sections, 2, &mut rendered, &mut outline, &mut words);
    let derived = || {
        let first = sections.iter().find_map(|section| section.text.clone()).unwrap_or_default();
        Some(excerpt(if opening.trim().is_empty() { &first } else { &opening }))
            .filter(|text| !text.is_empty())
    };
    let summary = metadata.summary.clone().or_else(derived);
    let edition = Edition {
        id: facts.id,
        slug: metadata.slug.clone(),
        locale: metadata.locale.clone(),
        url: around.settings.website.article(&metadata.locale, &metadata.slug),
        title: metadata.title.clone(),
        subtitle: metadata.subtitle.clone(),
        summary,
        cover: metadata.cover.clone(),
        featured: metadata.featured,
        listed: metadata.listed,
        authors: around.authors.clone(),
        topics: around.topics.clone(),
        intro: Body { html: intro.map(|intro| intro.html), ..Body::default() },
        sections: without_text(sections),
        outline,
        word_count: words,
        reading_minutes: reading_minutes(words),
        seo: metadata.seo.clone(),
        translations: around.translations.clone(),
        custom: metadata.custom.clone(),
        edition: facts.edition,
        published_at: facts.published_at,
        updated_at: facts.updated_at,
    };
    (edition, sources)
}

fn sections(
    sections_in: &[Section],
    level: u8,
    rendered: &mut impl Iterator<Item = Rendered>,
    outline: &mut Vec<OutlineEntry>,
    words: &mut u32,
) -> Vec<EditionSection> {
    let mut out = Vec::with_capacity(sections_in.len());
    for section in sections_in {
        let Some(body) = rendered.next() else { break };
        let heading = section.heading.as_deref().map(render_heading);
        if let (Some(heading), Some(anchor)) = (&heading, &section.anchor) {
            outline.push(OutlineEntry { heading: heading.text.clone(), anchor: anchor.clone(), level });
        }
        let own = word_count(&body.text);
        *words = words
            .saturating_add(own)
            .saturating_add(heading.as_ref().map_or(0, |heading| word_count(&heading.text)));
        let (heading, heading_html) = heading.map(|heading| (heading.text, heading.html)).unzip();
        out.push(EditionSection {
            id: section.id,
            heading,
            heading_html,
            anchor: section.anchor.clone(),
            level,
            html: Some(body.html),
            markdown: None,
            text: Some(body.text),
            word_count: own,
            custom: section.custom.clone(),
            sections: sections(&section.sections, level.saturating_add(1).min(6), rendered, outline, words),
        });
    }
    out
}

/// The default answer holds no text; the summary wanted it.
fn without_text(mut sections: Vec<EditionSection>) -> Vec<EditionSection> {
    for section in &mut sections {
        section.text = None;
        section.sections = without_text(std::mem::take(&mut section.sections));
    }
    sections
}

/// Which formats of the bodies are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// Sanitised HTML.
    pub html: bool,
    /// As written.
    pub markdown: bool,
    /// Plain text.
    pub text: bool,
}

impl Edition {
    /// Puts the wanted formats of every body in and takes the others out.
    pub fn set_formats(&mut self, sources: &[Source], wanted: Formats) {
        let mut sources = sources.iter();
        let source = sources.next();
        set(&mut self.intro.html, &mut self.intro.markdown, &mut self.intro.text, source, wanted);
        set_all(&mut self.sections, &mut sources, wanted);
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
    wanted: Formats,
) {
    for section in sections {
        set(&mut section.html, &mut section.markdown, &mut section.text, sources.next(), wanted);
        set_all(&mut section.sections, sources, wanted);
    }
}

fn set(
    html: &mut Option<String>,
    markdown: &mut Option<String>,
    text: &mut Option<String>,
    source: Option<&Source>,
    wanted: Formats,
) {
    if !wanted.html {
        *html = None;
    }
    *markdown = source.filter(|_| wanted.markdown).map(|source| source.markdown.clone());
    *text = source.filter(|_| wanted.text).map(|source| source.text.clone());
}
