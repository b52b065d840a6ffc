//! Writes Markdown events as HTML in the normal form of the sanitiser, byte for byte as the sanitiser would leave it.
//! An article without raw HTML therefore needs no sanitising, which takes longer than all else.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Tag, TagEnd};

use super::sanitise::{allows_url, language_classes, shortened, with_scheme};
use super::steps;

/// Written HTML.
pub(super) struct Markup {
    pub(super) html: String,
    /// Whether an HTML parser reads `html` as written. Carriage returns, U+0000 and a byte order mark are read
    /// otherwise.
    pub(super) is_normal: bool,
}

/// Writes events. Raw HTML is copied as it is.
pub(super) fn write<'e>(mut events: impl Iterator<Item = Event<'e>>) -> Markup {
    let mut writer = Writer { out: String::new(), on_new_line: true, is_normal: true };
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Image { dest_url, title, .. }) => {
                writer.image(&dest_url, &title, &mut events);
            }
            other => writer.event(other),
        }
    }
    steps::count(writer.out.len());
    let is_normal = writer.is_normal && !writer.out.starts_with('\u{feff}');
    Markup { html: writer.out, is_normal }
}

struct Writer {
    out: String,
    on_new_line: bool,
    is_normal: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.markup(closing(tag)),
            Event::Text(text) => {
                self.text(&text);
                self.on_new_line = text.ends_with('\n');
            }
            Event::Code(text) => {
                self.out.push_str("<code>");
                self.text(&text);
                self.markup("</code>");
            }
            Event::Html(html) | Event::InlineHtml(html) => self.markup(&html),
            Event::SoftBreak => self.markup("\n"),
            Event::HardBreak => self.markup("<br>\n"),
            Event::Rule => self.block("<hr>\n"),
            Event::TaskListMarker(true) => {
                self.markup("<input disabled=\"\" type=\"checkbox\" checked=\"\">\n");
            }
            Event::TaskListMarker(false) => self.markup("<input disabled=\"\" type=\"checkbox\">\n"),
            // Extensions that are not enabled, and references, which are written as HTML.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text);
            }
        }
    }

    fn markup(&mut self, markup: &str) {
        self.out.push_str(markup);
        if !markup.is_empty() {
            self.on_new_line = markup.ends_with('\n');
        }
    }

    /// Writes the start of a block on a line of its own.
    fn block(&mut self, markup: &str) {
        if !self.on_new_line {
            self.out.push('\n');
        }
        self.markup(markup);
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.block("<p>"),
            Tag::BlockQuote(_) => self.block("<blockquote>\n"),
            Tag::CodeBlock(kind) => self.code_block(&kind),
            Tag::List(Some(1)) => self.block("<ol>\n"),
            Tag::List(Some(start)) => self.block(&format!("<ol start=\"{start}\">\n")),
            Tag::List(None) => self.block("<ul>\n"),
            Tag::Item => self.block("<li>"),
            Tag::Emphasis => self.markup("<em>"),
            Tag::Strong => self.markup("<strong>"),
            Tag::Strikethrough => self.markup("<del>"),
            Tag::Link { link_type, dest_url, title, .. } => {
                let url =
                    if link_type == LinkType::Email { format!("mailto:{dest_url}").into() } else { dest_url };
                self.out.push_str("<a");
                self.url("href", &url);
                self.title(&title);
                self.markup(">");
            }
            // Written as HTML by the caller, or extensions that are not enabled.
            _ => {}
        }
    }

    fn code_block(&mut self, kind: &CodeBlockKind<'_>) {
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split(' ').next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        self.block("<pre><code");
        if !language.is_empty() {
            self.out.push_str(" class=\"");
            self.value(&language_classes(&format!("language-{language}")));
            self.out.push('"');
        }
        self.markup(">");
    }

    /// Writes an image, whose alternative text is the text of the events up to its end.
    fn image<'e>(&mut self, url: &str, title: &str, events: &mut impl Iterator<Item = Event<'e>>) {
        self.out.push_str("<img");
        self.url("src", url);
        self.out.push_str(" alt=\"");
        let (mut alt, mut depth) = (String::new(), 0);
        for event in events {
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                Event::Code(text) | Event::Text(text) => alt.push_str(&text),
                Event::SoftBreak | Event::HardBreak | Event::Rule => alt.push(' '),
                Event::TaskListMarker(done) => alt.push_str(if done { "[x]" } else { "[ ]" }),
                _ => {}
            }
        }
        self.value(&alt);
        self.out.push('"');
        self.title(title);
        self.markup(">");
    }

    fn title(&mut self, title: &str) {
        if !title.is_empty() {
            self.out.push_str(" title=\"");
            self.value(title);
            self.out.push('"');
        }
    }

    /// Writes an attribute whose value is a URL, if the sanitiser allows it.
    fn url(&mut self, attribute: &str, url: &str) {
        let url = encode(url);
        if allows_url(attribute, &url) {
            self.out.extend([" ", attribute, "=\""]);
            self.value(&with_scheme(attribute, &url));
            self.out.push('"');
        }
    }

    fn text(&mut self, text: &str) {
        self.escape(text, false);
    }

    fn value(&mut self, value: &str) {
        self.escape(shortened(value).unwrap_or(value), true);
    }

    fn escape(&mut self, text: &str, quotes: bool) {
        let mut written = 0;
        for (at, byte) in text.bytes().enumerate() {
            let (reference, length) = match byte {
                b'&' => ("&amp;", 1),
                b'<' => ("&lt;", 1),
                b'>' => ("&gt;", 1),
                b'"' if quotes => ("&quot;", 1),
                0xc2 if text.as_bytes().get(at + 1) == Some(&0xa0) => ("&nbsp;", 2),
                b'\r' | b'\0' => {
                    self.is_normal = false;
                    continue;
                }
                _ => continue,
            };
            self.out.push_str(text.get(written..at).unwrap_or_default());
            self.out.push_str(reference);
            written = at + length;
        }
        self.out.push_str(text.get(written..).unwrap_or_default());
    }
}

/// Percent-encodes what may not stand in a URL, as pulldown-cmark does.
pub(super) fn encode(url: &str) -> CowStr<'_> {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'()*+,-./:;=?@^_~".contains(&byte);
    if url.bytes().all(is_kept) {
        return url.into();
    }
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        if is_kept(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out.into()
}

fn closing(tag: TagEnd) -> &'static str {
    match tag {
        TagEnd::Paragraph => "</p>\n",
        TagEnd::BlockQuote(_) => "</blockquote>\n",
        TagEnd::CodeBlock => "</code></pre>\n",
        TagEnd::List(true) => "</ol>\n",
        TagEnd::List(false) => "</ul>\n",
        TagEnd::Item => "</li>\n",
        TagEnd::Emphasis => "</em>",
        TagEnd::Strong => "</strong>",
        TagEnd::Strikethrough => "</del>",
        TagEnd::Link => "</a>",
        _ => "",
    }
}
