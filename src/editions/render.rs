//! Renders a revision: a pure function of its content and its context. It takes time, so it runs in the pool for the
//! processor, before the write that stores the rendering.

use serde::Serialize;

use super::fields::ABSENT_FROM_LISTS;
use super::formats::Source;
use super::{Body, Edition, EditionSection, OutlineEntry, Translation};
use crate::articles::{Content, Metadata, Section};
use crate::authors::AuthorRef;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::http::fields::Fields;
use crate::base::http::json::sha256;
use crate::base::http::public::etag;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::excerpt::{excerpt, reading_minutes, word_count};
use crate::base::text::markdown::{Passage, Policy, Rendered, render as render_passages};
use crate::render_context::{RenderSettings, Website};
use crate::search::document::{Document, SectionText};
use crate::topics::TopicRef;

/// What a rendering embeds beside its revision. A rendering is stale if the hash of this has changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderContext {
    /// The settings.
    pub settings: RenderSettings,
    /// The default language of the site, which renderings do not embed.
    #[serde(skip)]
    pub default_locale: Option<Locale>,
    /// The authors with their current names.
    pub authors: Vec<AuthorRef>,
    /// The topics with their current names.
    pub topics: Vec<TopicRef>,
    /// The live translations.
    pub translations: Vec<Translation>,
}

/// The facts of an edition, which never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The article.
    pub id: ArticleId,
    /// The number of the edition.
    pub edition: i64,
    /// When the article was first published.
    pub published_at: Timestamp,
    /// When this edition was.
    pub updated_at: Timestamp,
}

/// A rendered edition.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// The JSON of the default response.
    pub body: Vec<u8>,
    /// The JSON of an item of a list.
    pub item: Vec<u8>,
    /// The other formats of the intro and of every section in document order, as JSON.
    pub sources: Vec<u8>,
    /// The entity tag of `body`, without quotes.
    pub etag: String,
    /// The hash of its context.
    pub input_hash: Vec<u8>,
    /// The website that it links to.
    pub website: Website,
    /// What the search index has of it.
    pub document: Document,
}

impl RenderContext {
    /// A hash that changes with any part of the context.
    pub fn hash(&self) -> Result<Vec<u8>> {
        Ok(sha256(&serde_json::to_vec(self)?).to_vec())
    }
}

/// Renders an edition.
pub fn render(content: &Content, facts: &Facts, context: &RenderContext) -> Result<Rendering> {
    let (edition, sources) = edition(content, facts, context);
    let body = serde_json::to_vec(&edition)?;
    let item = Fields::all_but(&ABSENT_FROM_LISTS).choose(&edition)?;
    Ok(Rendering {
        etag: etag(&body),
        item: item.get().as_bytes().to_vec(),
        sources: serde_json::to_vec(&sources)?,
        document: document(&content.metadata, &edition.sections, &sources),
        input_hash: context.hash()?,
        website: context.settings.website.clone(),
        body,
    })
}

/// What the search index has of an edition. `sources` are its bodies in document order, the intro first.
fn document(metadata: &Metadata, sections: &[EditionSection], sources: &[Source]) -> Document {
    fn flatten<'a>(sections: &'a [EditionSection], out: &mut Vec<&'a EditionSection>) {
        for section in sections {
            out.push(section);
            flatten(&section.sections, out);
        }
    }
    let mut flat = Vec::new();
    flatten(sections, &mut flat);
    let mut texts = sources.iter().map(|source| source.all_text.as_str());
    let intro = texts.next().unwrap_or_default();
    let sections = flat.into_iter().zip(texts).map(|(section, text)| SectionText {
        id: section.id,
        heading: section.heading.as_deref(),
        anchor: section.anchor.as_ref(),
        text,
    });
    Document::new(metadata, intro, sections)
}

/// The edition with HTML bodies, and its bodies in the other formats.
#[must_use]
pub fn edition(content: &Content, facts: &Facts, context: &RenderContext) -> (Edition, Vec<Source>) {
    let metadata = &content.metadata;
    let passages = content.passages();
    let policy = Policy { iframe_hosts: context.settings.iframe_hosts.clone() };
    let mut rendered = render_passages(&passages, &policy);
    let source = |(passage, rendered): (&Passage<'_>, &mut Rendered)| Source {
        markdown: passage.body.to_owned(),
        text: rendered.text.clone(),
        all_text: std::mem::take(&mut rendered.all_text),
    };
    let sources = passages.iter().zip(&mut rendered).map(source).collect();
    let mut rendered = rendered.into_iter();
    let intro = rendered.next();
    let opening = intro.as_ref().map(|intro| intro.text.clone()).unwrap_or_default();
    let mut words = word_count(&opening);
    let mut outline = Vec::new();
    let sections = sections(&content.sections, 2, &mut rendered, &mut outline, &mut words);
    let opening = Some(opening).filter(|text| !text.is_empty()).or_else(|| first_text(&sections));
    let derived = || opening.map(|text| excerpt(&text));
    let summary = metadata.summary.clone().or_else(derived);
    let edition = Edition {
        id: facts.id,
        slug: metadata.slug.clone(),
        locale: metadata.locale.clone(),
        url: context.settings.website.article(&metadata.locale, &metadata.slug, facts.published_at),
        title: metadata.title.clone(),
        subtitle: metadata.subtitle.clone(),
        summary,
        cover: metadata.cover.clone(),
        featured: metadata.featured,
        listed: metadata.listed,
        authors: context.authors.clone(),
        topics: context.topics.clone(),
        intro: Body { html: intro.map(|intro| intro.html), ..Body::default() },
        sections: without_text(sections),
        outline,
        word_count: words,
        reading_minutes: reading_minutes(words),
        seo: metadata.seo.clone(),
        translations: context.translations.clone(),
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
        let heading = body.heading;
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

/// The first running text, in document order.
fn first_text(sections: &[EditionSection]) -> Option<String> {
    let own = |section: &EditionSection| section.text.clone().filter(|text| !text.is_empty());
    sections.iter().find_map(|section| own(section).or_else(|| first_text(&section.sections)))
}

/// Removes the plain text, which only the summary needed.
fn without_text(mut sections: Vec<EditionSection>) -> Vec<EditionSection> {
    for section in &mut sections {
        section.text = None;
        section.sections = without_text(std::mem::take(&mut section.sections));
    }
    sections
}
