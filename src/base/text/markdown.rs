//! Renders Markdown to sanitised HTML. All bodies of an article are rendered together, because link definitions and
//! footnotes apply to the whole article, but each to a fragment of its own, because sections are served separately.

use std::cell::OnceCell;

use pulldown_cmark::Event;

use super::boundaries::{self, bound_if_deep};
use super::definitions::{Definitions, take_footnotes};
use super::footnotes::Footnotes;
use super::inline::{as_heading, heading_events};
use super::markup;
use super::plain::plain_text;
use super::raw_html::Purpose;
use super::sanitise::Sanitiser;
use super::suspicion;
use super::writer::{Page, Writer};

pub use super::raw_html::Warning;
pub use super::sanitise::Policy;
use crate::base::error::Invalid;

/// Increment it when the same Markdown renders to different HTML, so that stored HTML counts as stale.
pub const RENDERER_VERSION: u32 = 2;

/// The maximum nesting of a body. A list and its item count as one level each.
pub const MAX_NESTING: usize = 32;

/// A rendered body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML: blocks, then the footnotes that this body is the first to refer to.
    pub html: String,
    /// `html` as plain text, one line per block, with the footnotes at the end.
    pub text: String,
    /// What was removed or flattened. A warning occurs only once per article, and there are at most 50 per article.
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

/// Renders the bodies of one article: the introduction, then the sections in document order. Returns one result per
/// body.
#[must_use]
pub fn render(bodies: &[&str], policy: &Policy) -> Vec<Rendered> {
    let sanitiser = OnceCell::new();
    let write = |page: Page<'_>, list: Vec<Event<'_>>| {
        let events = page.events.into_iter().chain(list);
        let html = to_html(events, page.is_safe, policy, &sanitiser);
        Rendered { text: plain_text(&html), html, warnings: page.warnings }
    };
    with_pages(bodies, policy, |writer, pages| {
        let finish = |mut page: Page<'_>| {
            let list = writer.list(std::mem::take(&mut page.notes));
            write(page, list)
        };
        pages.into_iter().map(finish).collect()
    })
}

/// What rendering these bodies removes, without rendering them.
#[must_use]
pub fn warnings(bodies: &[&str], policy: &Policy) -> Vec<Warning> {
    if !bodies.iter().any(|body| suspicion::may_warn(body)) {
        return Vec::new();
    }
    with_pages(bodies, policy, |_, pages| pages.into_iter().flat_map(|page| page.warnings).collect())
}

/// Parses bodies, and hands them to `finish` with the writer that has written them.
fn with_pages<T>(
    bodies: &[&str],
    policy: &Policy,
    finish: impl FnOnce(&Writer<'_, '_>, Vec<Page<'_>>) -> T,
) -> T {
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
    let pages = parsed.into_iter().enumerate().map(|(body, events)| writer.page(body, events)).collect();
    finish(&writer, pages)
}

/// Renders one line of inline Markdown. References to link definitions are not resolved.
#[must_use]
pub fn render_heading(markdown: &str) -> Heading {
    let policy = Policy { iframe_hosts: Vec::new() };
    let source = as_heading(markdown);
    let events = heading_events(&source).collect();
    let mut writer = Writer::new(Purpose::Heading, Footnotes::default());
    let page = writer.page(0, events);
    let html = to_html(page.events.into_iter(), page.is_safe, &policy, &OnceCell::new());
    let html = html.trim().to_owned();
    Heading { text: plain_text(&html), html }
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
            "Quotations and lists nest at most {MAX_NESTING} levels deep; a list and its item are two levels."
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
