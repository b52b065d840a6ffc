//! One line of inline Markdown, such as a heading or a title.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::definitions::OPTIONS;

/// The text of one line of inline Markdown, without its markup.
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

/// The line as the only heading of a document. The closing `##` protects one that is part of the text.
pub(super) fn as_heading(markdown: &str) -> String {
    format!("## {} ##", one_line(markdown))
}

/// Joins the non-empty lines of a text with spaces.
pub(super) fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The events inside such a heading.
pub(super) fn heading_events(source: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(source, OPTIONS)
        .filter(|event| !matches!(event, Event::Start(Tag::Heading { .. }) | Event::End(TagEnd::Heading(_))))
}
