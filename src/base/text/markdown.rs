//! Renders Markdown to sanitised HTML. All bodies of an article are rendered together, because link definitions and
//! footnotes apply to the whole article, but each to a fragment of its own, because sections are served separately.

use std::cell::OnceCell;

use pulldown_cmark::Event;

use super::boundaries::{self, bound_if_deep};
use super::definitions::{Definitions, take_footnotes};
use super::footnotes::Footnotes;
use super::inline::{as_heading, heading_events};
use super::markup;
use super::plain::{self, Texts};
use super::sanitise::Sanitiser;
use super::suspicion;
use super::writer::{Page, Writer};

pub use super::raw_html::Warning;
pub use super::sanitise::Policy;
use crate::base::error::Invalid;

/// Increment it when the same Markdown renders to different HTML, so that stored HTML counts as stale.
pub const RENDERER_VERSION: u32 = 3;

/// How deep quotations, lists and footnotes of a body may nest. A list and its items are one level.
pub const MAX_NESTING: usize = 32;

/// The Markdown of an introduction or a section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passage<'m> {
    /// One line of inline Markdown.
    pub heading: Option<&'m str>,
    /// Blocks.
    pub body: &'m str,
}

/// A rendered introduction or section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The heading, if there is one.
    pub heading: Option<Heading>,
    /// Sanitised HTML: blocks, then the footnotes that this body or its heading is the first to refer to.
    pub html: String,
    /// The running text of `html`, one line per block: without footnotes, blocks of code, captions and alternative
    /// texts.
    pub text: String,
    /// All text of `html`, one line per block, with the footnotes at the end: what a search finds.
    pub all_text: String,
    /// What was removed or changed. A warning occurs only once per article, and there are at most 50 per article.
    pub warnings: Vec<Warning>,
}

/// A rendered heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// Sanitised inline HTML.
    pub html: String,
    /// `html` as plain text.
    pub text: String,
}

impl<'m, S: AsRef<str> + ?Sized> From<&'m S> for Passage<'m> {
    /// A body without a heading.
    fn from(body: &'m S) -> Self {
        Self { heading: None, body: body.as_ref() }
    }
}

/// Renders the passages of one article: the introduction, then the sections in document order. Returns one result per
/// passage.
#[must_use]
pub fn render<'m>(passages: &[impl Into<Passage<'m>> + Copy], policy: &Policy) -> Vec<Rendered> {
    let sanitiser = OnceCell::new();
    with_pages(passages, policy, |writer, pages| {
        let finish = |(heading, mut page): (Option<Page<'_>>, Page<'_>)| {
            let list = writer.list(std::mem::take(&mut page.notes));
            let mut warnings = Vec::new();
            let heading = heading.map(|heading| {
                let html = to_html(heading.events.into_iter(), heading.is_safe, policy, &sanitiser);
                let html = html.trim().to_owned();
                warnings = heading.warnings;
                Heading { text: plain::texts(&html).all, html }
            });
            warnings.append(&mut page.warnings);
            let events = page.events.into_iter().chain(list);
            let html = to_html(events, page.is_safe, policy, &sanitiser);
            let Texts { running, all } = plain::texts(&html);
            Rendered { heading, html, text: running, all_text: all, warnings }
        };
        pages.into_iter().map(finish).collect()
    })
}

/// What rendering these passages removes or changes, without rendering them.
#[must_use]
pub fn warnings<'m>(passages: &[impl Into<Passage<'m>> + Copy], policy: &Policy) -> Vec<Warning> {
    let may_warn = |passage: Passage<'_>| {
        suspicion::may_warn(passage.body) || passage.heading.is_some_and(suspicion::may_warn)
    };
    if !passages.iter().any(|passage| may_warn((*passage).into())) {
        return Vec::new();
    }
    with_pages(passages, policy, |_, pages| {
        let warnings = |(heading, page): (Option<Page<'_>>, Page<'_>)| {
            heading.map(|heading| heading.warnings).into_iter().flatten().chain(page.warnings)
        };
        pages.into_iter().flat_map(warnings).collect()
    })
}

/// Parses passages, and hands the pages of their headings and bodies to `finish` with the writer that has written them.
fn with_pages<'m, T>(
    passages: &[impl Into<Passage<'m>> + Copy],
    policy: &Policy,
    finish: impl FnOnce(&Writer<'_, '_>, Vec<(Option<Page<'_>>, Page<'_>)>) -> T,
) -> T {
    let passages: Vec<Passage<'m>> = passages.iter().map(|passage| (*passage).into()).collect();
    let bounded: Vec<_> = passages.iter().map(|passage| bound_if_deep(passage.body)).collect();
    let bodies: Vec<&str> = bounded.iter().map(AsRef::as_ref).collect();
    let definitions = Definitions::collect(&bodies);
    let headings: Vec<_> = passages
        .iter()
        .map(|passage| passage.heading.map(|heading| definitions.lend_to(&as_heading(heading))))
        .collect();
    let sources: Vec<(String, usize)> = bodies.iter().map(|body| definitions.lend_to(body)).collect();
    let mut footnotes = Footnotes::default();
    let mut parsed = Vec::with_capacity(sources.len());
    for (home, ((source, lent), heading)) in sources.iter().zip(&headings).enumerate() {
        let heading = heading.as_ref().map(|(source, lent)| definitions.parse(source, *lent));
        let (events, notes) = take_footnotes(definitions.parse(source, *lent));
        for (name, events) in notes {
            footnotes.define(home, name, events);
        }
        parsed.push((heading, events));
    }
    let mut writer = Writer::new(policy, footnotes);
    let pages = parsed.into_iter().enumerate().map(|(body, (heading, events))| {
        let heading = heading.map(|events| writer.heading(body, heading_events(events).collect()));
        (heading, writer.page(body, events))
    });
    let pages = pages.collect();
    finish(&writer, pages)
}

/// Checks that a body starts no section and is not nested too deeply. Bodies from [`super::outline::parse`] can fail
/// only the second check.
///
/// Headings inside block quotes, lists and footnotes are allowed, as is `<h2>` in raw HTML. Both are rendered as bold
/// paragraphs.
///
/// # Errors
/// `heading-in-body` for a top-level heading or a section comment, `body-too-deep` for nesting beyond [`MAX_NESTING`].
pub fn check_body(body: &str) -> Result<(), Invalid> {
    let found = boundaries::scan(body);
    if found.boundaries.iter().any(|found| found.kind != boundaries::Kind::Closed) {
        return Err(Invalid::new(
            "heading-in-body",
            "A body cannot contain headings: make each a section, or send the whole document as `markdown`.",
        ));
    }
    if found.nesting > MAX_NESTING {
        let detail = format!(
            "Quotations and lists nest at most {MAX_NESTING} levels deep; a list and its items are one level."
        );
        return Err(Invalid::new("body-too-deep", detail));
    }
    Ok(())
}

/// Writes events as HTML, and sanitises it unless that would change nothing.
fn to_html<'e>(
    events: impl Iterator<Item = Event<'e>>,
    is_safe: bool,
    policy: &Policy,
    sanitiser: &OnceCell<Sanitiser>,
) -> String {
    let written = markup::write(events);
    if is_safe && written.is_normal {
        return written.html;
    }
    sanitiser.get_or_init(|| Sanitiser::new(Some(policy))).clean(&written.html)
}
