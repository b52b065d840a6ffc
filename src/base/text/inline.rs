//! Parses single lines of inline Markdown, such as headings and titles, without any block syntax.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::definitions::Definitions;
use super::steps;

/// The plain text of one line of inline Markdown without references.
#[must_use]
pub(super) fn inline_text(markdown: &str) -> String {
    plain(markdown, &Definitions::default())
}

/// The plain text of one line of inline Markdown with references to these definitions.
pub(super) fn plain(markdown: &str, definitions: &Definitions) -> String {
    let (source, lent) = definitions.lend_to(&as_heading(markdown));
    let mut text = String::new();
    for event in heading_events(definitions.parse(&source, lent)) {
        match event {
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::InlineHtml(tag) if is_break(&tag) => text.push(' '),
            _ => {}
        }
    }
    one_line(&text)
}

fn is_break(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').split(|c: char| !c.is_ascii_alphanumeric()).next();
    name.is_some_and(|name| name.eq_ignore_ascii_case("br"))
}

/// Wraps the line as a heading, so that only inline syntax applies. The closing `##` keeps a `#` at the end of the
/// text.
pub(super) fn as_heading(markdown: &str) -> String {
    format!("## {} ##", one_line(markdown))
}

/// Joins the non-empty lines of a text with spaces.
#[must_use]
pub fn one_line(text: &str) -> String {
    steps::count(text.len());
    let is_end = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines: Vec<&str> = text.split(is_end).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The inline events among those of a source made by [`as_heading`].
pub(super) fn heading_events(events: Vec<Event<'_>>) -> impl Iterator<Item = Event<'_>> {
    events
        .into_iter()
        .filter(|event| !matches!(event, Event::Start(Tag::Heading { .. }) | Event::End(TagEnd::Heading(_))))
}
