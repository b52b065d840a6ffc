//! Markdown to HTML, once per publication: all bodies of an article together, because definitions and footnotes
//! belong to the whole of it, yet each to a fragment of its own, because sections are served one by one.

use std::collections::VecDeque;

use pulldown_cmark::{Alignment, Event, Parser, Tag, TagEnd, html};

use super::boundaries;
use super::definitions::{Definitions, OPTIONS, key, take_footnotes};
use super::footnotes::Footnotes;
use super::plain::plain_text;
use super::raw_html::{RawHtml, shorten};
pub use super::sanitise::Policy;
use super::sanitise::{Sanitiser, allows_url};
use crate::error::Invalid;

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

/// Something the author wrote that readers do not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// `element-removed`, `attribute-removed`, `url-removed`, `heading-flattened` or `nested-too-deeply`.
    pub code: &'static str,
    /// What it was, e.g. `<script>` or `onclick on <p>`.
    pub detail: String,
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
    let mut definitions = Definitions::collect(bodies);
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

    let mut writer = Writer { raw: RawHtml::new(policy), footnotes, waiting: VecDeque::new(), table: None };
    let pages: Vec<Page<'_>> =
        parsed.into_iter().enumerate().map(|(body, events)| writer.page(body, events)).collect();
    let sanitiser = Sanitiser::new(Some(policy));
    pages
        .into_iter()
        .map(|mut page| {
            page.events.extend(writer.footnotes.list(page.notes));
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
    let raw = RawHtml::phrasing(&policy);
    let mut writer = Writer { raw, footnotes: Footnotes::default(), waiting: VecDeque::new(), table: None };
    let html = to_html(writer.page(0, events).events, &Sanitiser::new(Some(&policy)));
    let html = html.trim().to_owned();
    Heading { text: plain_text(&html), html }
}

/// The words of one line of inline Markdown, without its markup.
#[must_use]
pub fn inline_text(markdown: &str) -> String {
    let mut text = String::new();
    for event in heading_events(&as_heading(markdown)) {
        match event {
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}

/// Checks that a body is one: what [`super::outline::parse`] makes always is, but for its nesting.
///
/// Headings inside quotations, lists and footnotes are quoted matter and may stay; so may `<h2>` in raw HTML. Both are
/// shown as bold paragraphs.
///
/// # Errors
/// `heading-in-body` for a heading of its own or the comment that starts a section, `nested-too-deeply` for quotations and
/// lists nested more than [`MAX_NESTING`] deep.
pub fn check_body(body: &str) -> Result<(), Invalid> {
    let found = boundaries::scan(body);
    if found.boundaries.iter().any(|found| found.kind != boundaries::Kind::Closed) {
        return Err(Invalid::new(
            "heading-in-body",
            "A body holds no headings of its own: make each a section, or send the whole document as `markdown`.",
        ));
    }
    if found.nesting > MAX_NESTING {
        return Err(Invalid::new("nested-too-deeply", "Lists and quotations nest at most 32 deep."));
    }
    Ok(())
}

/// The line as the only heading of a document; the closing `##` keeps one that is part of the text.
fn as_heading(markdown: &str) -> String {
    format!("## {} ##", one_line(markdown))
}

/// Lines joined to one.
pub(super) fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn heading_events(source: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(source, OPTIONS)
        .filter(|event| !matches!(event, Event::Start(Tag::Heading { .. }) | Event::End(TagEnd::Heading(_))))
}

fn to_html(events: Vec<Event<'_>>, sanitiser: &Sanitiser) -> String {
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    sanitiser.clean(&out)
}

/// One body on its way to HTML.
struct Page<'s> {
    events: Vec<Event<'s>>,
    notes: Vec<(usize, Vec<Event<'s>>)>,
    warnings: Vec<Warning>,
}

/// Where in a table the writer is: the default HTML would align cells by styles, which are not let through.
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

/// Turns Markdown events into events that are HTML wherever ours differs from the usual.
struct Writer<'s, 'p> {
    raw: RawHtml<'p>,
    footnotes: Footnotes<'s>,
    waiting: VecDeque<usize>,
    table: Option<Table>,
}

impl<'s> Writer<'s, '_> {
    fn page(&mut self, body: usize, events: Vec<Event<'s>>) -> Page<'s> {
        let events = self.write(body, events);
        let mut notes = Vec::new();
        while let Some(note) = self.waiting.pop_front() {
            let (events, home) = self.footnotes.take(note);
            notes.push((note, self.write(home, events)));
        }
        Page { events, notes, warnings: self.raw.new_warnings() }
    }

    fn write(&mut self, body: usize, events: Vec<Event<'s>>) -> Vec<Event<'s>> {
        let mut out = Vec::with_capacity(events.len());
        let mut html_block = None;
        for event in events {
            match event {
                // A tag may run over several lines, and every line is an event.
                Event::Start(Tag::HtmlBlock) => html_block = Some(String::new()),
                Event::End(TagEnd::HtmlBlock) => {
                    let block = html_block.take().unwrap_or_default();
                    out.push(Event::Html(self.raw.read(&block).into()));
                }
                Event::Html(line) => match &mut html_block {
                    Some(block) => block.push_str(&line),
                    None => out.push(Event::Html(self.raw.read(&line).into())),
                },
                Event::InlineHtml(tag) => out.push(Event::Html(self.raw.read(&tag).into())),
                Event::Start(tag) => {
                    self.check_url(&tag);
                    if self.raw.enter() {
                        out.push(self.start(tag));
                    }
                }
                Event::End(tag) => {
                    let (closers, shown) = self.raw.leave();
                    if !closers.is_empty() {
                        out.push(Event::Html(closers.into()));
                    }
                    if shown {
                        out.push(self.end(tag));
                    }
                }
                _ if self.raw.is_hidden() => {}
                Event::FootnoteReference(name) => out.extend(self.refer(body, &name)),
                other => out.push(other),
            }
        }
        out.push(Event::Html(self.raw.finish().into()));
        out
    }

    fn refer(&mut self, body: usize, name: &str) -> Option<Event<'s>> {
        let reference = self.footnotes.refer(body, key(name))?;
        if reference.is_first {
            self.waiting.push_back(reference.note);
        }
        Some(Event::Html(reference.html.into()))
    }

    fn check_url(&mut self, tag: &Tag<'_>) {
        if let Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } = tag
            && !allows_url("href", dest_url)
        {
            self.raw.warn("url-removed", shorten(dest_url));
        }
    }

    fn start(&mut self, tag: Tag<'s>) -> Event<'s> {
        let markup = match tag {
            Tag::Heading { .. } => "<p><strong>",
            Tag::Table(alignments) => {
                self.table = Some(Table { alignments, column: 0, in_head: true });
                "<table>"
            }
            Tag::TableHead => "<thead><tr>",
            Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.column = 0;
                }
                "<tr>"
            }
            Tag::TableCell => return Event::Html(self.cell().into()),
            other => return Event::Start(other),
        };
        Event::Html(markup.into())
    }

    fn end(&mut self, tag: TagEnd) -> Event<'s> {
        let in_head = self.table.as_ref().is_some_and(|table| table.in_head);
        let markup = match tag {
            TagEnd::Heading(_) => "</strong></p>\n",
            TagEnd::Table => {
                self.table = None;
                "</tbody></table>\n"
            }
            TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.in_head = false;
                }
                "</tr></thead><tbody>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell if in_head => "</th>",
            TagEnd::TableCell => "</td>",
            other => return Event::End(other),
        };
        Event::Html(markup.into())
    }

    fn cell(&mut self) -> String {
        let Some(table) = &mut self.table else {
            return "<td>".to_owned();
        };
        let align = match table.alignments.get(table.column) {
            Some(Alignment::Left) => " align=\"left\"",
            Some(Alignment::Center) => " align=\"center\"",
            Some(Alignment::Right) => " align=\"right\"",
            Some(Alignment::None) | None => "",
        };
        table.column += 1;
        format!("<{}{align}>", if table.in_head { "th" } else { "td" })
    }
}
