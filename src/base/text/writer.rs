//! Rewrites Markdown events whose HTML must differ from pulldown-cmark's: raw HTML is filtered, footnotes are numbered
//! across the article, table cells use `align` because styles are not allowed, and nested headings become bold
//! paragraphs.

use std::collections::VecDeque;

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

use super::definitions::key;
use super::footnotes::Footnotes;
use super::markup::encode;
use super::raw_html::{Purpose, RawHtml, Warning, shorten};
use super::sanitise::{Policy, allows_url, shortened};
use super::steps;

/// One written body or heading, with the footnotes to list at its end.
pub(super) struct Page<'s> {
    pub(super) events: Vec<Event<'s>>,
    pub(super) notes: Vec<(usize, Vec<Event<'s>>)>,
    pub(super) warnings: Vec<Warning>,
    /// Whether the sanitiser would change nothing, because the page holds no raw HTML and nothing that HTML cannot
    /// nest.
    pub(super) is_safe: bool,
}

/// The position in the current table.
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

/// Writes the bodies of one article in document order.
pub(super) struct Writer<'s, 'p> {
    policy: &'p Policy,
    raw: RawHtml<'p>,
    footnotes: Footnotes<'s>,
    waiting: VecDeque<usize>,
    table: Option<Table>,
    /// How many links are open.
    links: usize,
    /// The image that is open, if any: its alternative text is the text of what stands in it.
    image: Option<Image>,
    is_safe: bool,
}

#[derive(Default)]
struct Image {
    /// How many images are open in it.
    inner: usize,
    alt: String,
}

impl<'s, 'p> Writer<'s, 'p> {
    pub(super) fn new(policy: &'p Policy, footnotes: Footnotes<'s>) -> Self {
        Self {
            policy,
            raw: RawHtml::new(Purpose::Body(policy)),
            footnotes,
            waiting: VecDeque::new(),
            table: None,
            links: 0,
            image: None,
            is_safe: true,
        }
    }

    /// The footnote list of a page. Call it after all pages are written, because back links count all references.
    pub(super) fn list(&self, notes: Vec<(usize, Vec<Event<'s>>)>) -> Vec<Event<'s>> {
        self.footnotes.list(notes)
    }

    /// Writes the heading of a body. Footnotes that it is the first to refer to are listed at the end of the next body.
    pub(super) fn heading(&mut self, body: usize, events: Vec<Event<'s>>) -> Page<'s> {
        self.is_safe = true;
        self.raw.set_purpose(Purpose::Heading);
        let events = self.write(body, events);
        self.raw.set_purpose(Purpose::Body(self.policy));
        Page { events, notes: Vec::new(), warnings: self.raw.new_warnings(), is_safe: self.is_safe }
    }

    /// Writes a body and the footnotes that it or its heading is the first to refer to.
    pub(super) fn page(&mut self, body: usize, events: Vec<Event<'s>>) -> Page<'s> {
        self.is_safe = true;
        let events = self.write(body, events);
        let mut notes = Vec::new();
        while let Some(note) = self.waiting.pop_front() {
            let (events, home) = self.footnotes.take(note);
            notes.push((note, self.write(home, events)));
        }
        Page { events, notes, warnings: self.raw.new_warnings(), is_safe: self.is_safe }
    }

    fn write(&mut self, body: usize, events: Vec<Event<'s>>) -> Vec<Event<'s>> {
        steps::count(events.len());
        let mut out = Vec::with_capacity(events.len());
        let mut html_block = None;
        for event in events {
            match event {
                // Collected until the end of the block, because every line is an event of its own and a tag may span
                // lines.
                Event::Start(Tag::HtmlBlock) => html_block = Some(String::new()),
                Event::End(TagEnd::HtmlBlock) => {
                    let block = html_block.take().unwrap_or_default();
                    out.push(self.read(&block));
                    self.raw.end_block();
                }
                Event::Html(line) => match &mut html_block {
                    Some(block) => block.push_str(&line),
                    None => out.push(self.read(&line)),
                },
                Event::InlineHtml(tag) => out.push(self.read(&tag)),
                Event::Start(tag) => {
                    self.check_values(&tag);
                    self.close(&mut out);
                    if matches!(tag, Tag::Link { .. }) {
                        // An autolink in a link is one, too, but HTML nests no links.
                        self.is_safe &= self.links == 0;
                        self.links += 1;
                    }
                    if self.raw.enter() {
                        out.push(self.start(tag));
                    } else {
                        self.is_safe = false;
                    }
                }
                Event::End(tag) => {
                    self.links -= usize::from(matches!(tag, TagEnd::Link) && self.links > 0);
                    if matches!(tag, TagEnd::Image) {
                        self.end_image();
                    }
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
                Event::SoftBreak => out.push(Event::SoftBreak),
                other => {
                    if let (Some(image), Event::Text(text) | Event::Code(text)) = (&mut self.image, &other) {
                        image.alt.push_str(text);
                    }
                    self.close(&mut out);
                    out.push(other);
                }
            }
        }
        let closers = self.raw.finish();
        if !closers.is_empty() {
            out.push(Event::Html(closers.into()));
        }
        out
    }

    /// Closes a table with too much content outside its cells before further content.
    fn close(&mut self, out: &mut Vec<Event<'s>>) {
        let closers = self.raw.content();
        if !closers.is_empty() {
            out.push(Event::Html(closers.into()));
        }
    }

    fn read(&mut self, raw: &str) -> Event<'s> {
        self.is_safe = false;
        Event::Html(self.raw.read(raw).into())
    }

    fn refer(&mut self, body: usize, name: &str) -> Option<Event<'s>> {
        let reference = self.footnotes.refer(body, key(name))?;
        self.is_safe &= self.links == 0;
        if reference.is_first {
            self.waiting.push_back(reference.note);
        }
        Some(Event::Html(reference.html.into()))
    }

    /// Warns of a URL or title that is written otherwise than given.
    fn check_values(&mut self, tag: &Tag<'_>) {
        let (dest_url, title, element) = match tag {
            Tag::Link { dest_url, title, .. } => (dest_url, title, "a"),
            Tag::Image { dest_url, title, .. } => (dest_url, title, "img"),
            _ => return,
        };
        if !allows_url("href", &encode(dest_url)) {
            self.raw.warn("url-removed", shorten(dest_url));
        }
        self.check_length("title", element, title);
        if element == "img" {
            match &mut self.image {
                Some(image) => image.inner += 1,
                None => self.image = Some(Image::default()),
            }
        }
    }

    fn end_image(&mut self) {
        match self.image.take() {
            Some(image) if image.inner > 0 => self.image = Some(Image { inner: image.inner - 1, ..image }),
            Some(image) => self.check_length("alt", "img", &image.alt),
            None => {}
        }
    }

    fn check_length(&mut self, attribute: &str, element: &str, value: &str) {
        if shortened(value).is_some() {
            self.raw.warn("attribute-shortened", format!("{attribute} on <{element}>"));
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
