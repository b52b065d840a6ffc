//! Parses single lines of inline Markdown, such as headings and titles, without any block syntax.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::definitions::OPTIONS;
use super::steps;

/// The plain text of one line of inline Markdown.
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

/// Wraps the line as a heading, so that only inline syntax applies. The closing `##` keeps a `#` at the end of the
/// text.
pub(super) fn as_heading(markdown: &str) -> String {
    format!("## {} ##", one_line(markdown))
}

/// Joins the non-empty lines of a text with spaces.
pub(super) fn one_line(text: &str) -> String {
    steps::count(text.len());
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The inline events of a source made by [`as_heading`].
pub(super) fn heading_events(source: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(source, OPTIONS)
        .filter(|event| !matches!(event, Event::Start(Tag::Heading { .. }) | Event::End(TagEnd::Heading(_))))
}
