//! Markdown to HTML, once per publication: all bodies of an article together, because definitions and footnotes
//! belong to the whole of it, yet each to a fragment of its own, because sections are served one by one.

use pulldown_cmark::{Event, html};

use super::boundaries::{self, bound_if_deep};
use super::definitions::{Definitions, take_footnotes};
use super::footnotes::Footnotes;
use super::inline::{as_heading, heading_events};
use super::plain::plain_text;
use super::raw_html::Purpose;
use super::sanitise::Sanitiser;
use super::writer::{Page, Writer};

pub use super::raw_html::Warning;
pub use super::sanitise::Policy;
use crate::base::error::Invalid;

/// Raised whenever the same Markdown gives another HTML than before: renderings of older ones are stale.
pub const RENDERER_VERSION: u32 = 1;

/// The deepest nesting of lists and quotations in a body.
pub const MAX_NESTING: usize = 32;

/// One body, ready for readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML: blocks, and the footnotes first referred to here.
    pub html: String,
    /// The same as plain text, a line a block, the texts of its footnotes last.
    pub text: String,
    /// What was taken out; each only once in an article, 50 in all.
    pub warnings: Vec<Warning>,
}

/// A heading, ready for readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// Sanitised inline HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
}

/// Renders the bodies of one article, the introduction first, then its sections in document order. One result a body.
#[must_use]
pub fn render(bodies: &[&str], policy: &Policy) -> Vec<Rendered> {
    let bounded: Vec<_> = bodies.iter().map(|body| bound_if_deep(body)).collect();
    let bodies: Vec<&str> = bounded.iter().map(AsRef::as_ref).collect();
    let mut definitions = Definitions::collect(&bodies);
    let sources: Vec<(String, usize)> = bodies.iter().map(|body| definitions.lend_to(body)).collect();
    let mut footnotes = Footnotes::default();
    let mut parsed = Vec::with_capacity(sources.len());
    for (home, (source, lent)) in sources.iter().enumerate() {
        let (events, notes) = take_footnotes(definitions.parse(source, *lent));
        for (name, events) in notes {
            footnotes.define(home, name, events);
        }
        parsed.push(events);
    }

    let mut writer = Writer::new(Purpose::Body(policy), footnotes);
    let pages: Vec<Page<'_>> =
        parsed.into_iter().enumerate().map(|(body, events)| writer.page(body, events)).collect();
    let sanitiser = Sanitiser::new(Some(policy));
    pages
        .into_iter()
        .map(|mut page| {
            page.events.extend(writer.list(page.notes));
            let html = to_html(page.events, &sanitiser);
            Rendered { text: plain_text(&html), html, warnings: page.warnings }
        })
        .collect()
}

/// Renders one line of inline Markdown. References to definitions elsewhere stay text.
#[must_use]
pub fn render_heading(markdown: &str) -> Heading {
    let policy = Policy { iframe_hosts: Vec::new() };
    let source = as_heading(markdown);
    let events = heading_events(&source).collect();
    let mut writer = Writer::new(Purpose::Heading, Footnotes::default());
    let html = to_html(writer.page(0, events).events, &Sanitiser::new(Some(&policy)));
    let html = html.trim().to_owned();
    Heading { text: plain_text(&html), html }
}

/// Checks that a body is one: what [`super::outline::parse`] makes always is, but for its nesting.
///
/// Headings inside quotations, lists and footnotes are quoted matter and may stay; so may `<h2>` in raw HTML. Both are
/// shown as bold paragraphs.
///
/// # Errors
/// `heading-in-body` for a heading of its own or the comment that starts a section, `body-too-deep` for quotations and
/// lists nested more than [`MAX_NESTING`] deep.
pub fn check_body(body: &str) -> Result<(), Invalid> {
    let found = boundaries::scan(body);
    if found.boundaries.iter().any(|found| found.kind != boundaries::Kind::Closed) {
        return Err(Invalid::new(
            "heading-in-body",
            "A body cannot contain headings: make each a section, or send the whole document as `markdown`.",
        ));
    }
    if found.nesting > MAX_NESTING {
        return Err(Invalid::new("body-too-deep", "Lists and quotations nest at most 32 levels deep."));
    }
    Ok(())
}

fn to_html(events: Vec<Event<'_>>, sanitiser: &Sanitiser) -> String {
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    sanitiser.clean(&out)
}
