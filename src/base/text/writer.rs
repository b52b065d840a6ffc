//! Rewrites Markdown events whose HTML must differ from pulldown-cmark's: raw HTML is filtered, footnotes are numbered
//! across the article, table cells use `align` because styles are not allowed, and nested headings become bold
//! paragraphs.

use std::collections::VecDeque;

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

use super::definitions::key;
use super::footnotes::Footnotes;
use super::raw_html::{Purpose, RawHtml, Warning, shorten};
use super::sanitise::allows_url;

/// One written body, with the footnotes to list at its end.
pub(super) struct Page<'s> {
    pub(super) events: Vec<Event<'s>>,
    pub(super) notes: Vec<(usize, Vec<Event<'s>>)>,
    pub(super) warnings: Vec<Warning>,
}

/// The position in the current table.
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

/// Writes the bodies of one article in document order.
pub(super) struct Writer<'s, 'p> {
    raw: RawHtml<'p>,
    footnotes: Footnotes<'s>,
    waiting: VecDeque<usize>,
    table: Option<Table>,
}

impl<'s, 'p> Writer<'s, 'p> {
    pub(super) fn new(purpose: Purpose<'p>, footnotes: Footnotes<'s>) -> Self {
        Self { raw: RawHtml::new(purpose), footnotes, waiting: VecDeque::new(), table: None }
    }

    /// The footnote list of a page. Call it after all pages are written, because back links count all references.
    pub(super) fn list(&self, notes: Vec<(usize, Vec<Event<'s>>)>) -> Vec<Event<'s>> {
        self.footnotes.list(notes)
    }

    /// Writes a body and the footnotes that it is the first to refer to.
    pub(super) fn page(&mut self, body: usize, events: Vec<Event<'s>>) -> Page<'s> {
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
                // Collected until the end of the block, because every line is an event of its own and a tag may span
                // lines.
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
        let closers = self.raw.finish();
        if !closers.is_empty() {
            out.push(Event::Html(closers.into()));
        }
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
