//! Finds the section boundaries of a Markdown document: top-level headings and section comments. Nothing inside a block
//! quote, list, code block or other raw HTML is a boundary.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::definitions::OPTIONS;
use super::nesting;
use super::slug::Anchor;
use super::steps;

/// Follows the closing line that [`super::outline::write`] adds to a body that leaves a block open;
/// [`super::outline::parse`] removes both.
pub(super) const CLOSED: &str = "<!-- closed -->";

/// The kind of boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A heading of level 1 to 6: its inline source on one line, and its `{#id}`.
    Heading { level: usize, text: String, anchor: Option<Anchor> },
    /// `<!-- section -->`, optionally with a depth (`<!-- section 3 -->`), an anchor (`<!-- section {#id} -->`), or
    /// both.
    Marker { depth: Option<usize>, anchor: Option<Anchor> },
    /// [`CLOSED`].
    Closed,
}

/// A boundary and its byte range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Boundary {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// The result of one pass over a document.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// In document order.
    pub(super) boundaries: Vec<Boundary>,
    /// How deep block quotes, list items and footnotes nest.
    pub(super) nesting: usize,
    /// The start of the last top-level block, if that is a fenced code block.
    pub(super) last_fence: Option<usize>,
}

/// Finds the boundaries of a document. Containers beyond the limits of [`nesting::bound`] are read as text.
pub(super) fn scan(markdown: &str) -> Scan {
    steps::count(markdown.len());
    let mut found = Scan::default();
    let (mut depth, mut containers) = (0_usize, 0_usize);
    for (event, range) in Parser::new_ext(&nesting::bound(markdown), OPTIONS).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    let is_fence = matches!(tag, Tag::CodeBlock(CodeBlockKind::Fenced(_)));
                    found.last_fence = is_fence.then_some(range.start);
                    if let Some(kind) = boundary(&tag, markdown.get(range.clone()).unwrap_or_default()) {
                        found.boundaries.push(Boundary { kind, range });
                    }
                }
                depth += 1;
                if matches!(tag, Tag::BlockQuote(_) | Tag::Item | Tag::FootnoteDefinition(_)) {
                    containers += 1;
                    found.nesting = found.nesting.max(containers);
                }
            }
            Event::End(TagEnd::MetadataBlock(_)) => {}
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                if matches!(tag, TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition) {
                    containers = containers.saturating_sub(1);
                }
            }
            _ => {}
        }
    }
    found
}

/// Applies [`nesting::bound`] only if the containers are really that deep. `bound` alone is not enough, because it also
/// counts markers in code blocks.
pub(super) fn bound_if_deep(markdown: &str) -> Cow<'_, str> {
    match nesting::bound(markdown) {
        Cow::Owned(bounded) if scan(markdown).nesting >= nesting::MAX_MARKERS / 2 => Cow::Owned(bounded),
        _ => Cow::Borrowed(markdown),
    }
}

fn boundary(tag: &Tag<'_>, source: &str) -> Option<Kind> {
    match tag {
        Tag::Heading { level, .. } => {
            let (text, anchor) = split_anchor(&heading_text(source));
            Some(Kind::Heading { level: *level as usize, text, anchor })
        }
        Tag::HtmlBlock => marker(source.trim()),
        _ => None,
    }
}

/// The inline source of a heading, on one line.
fn heading_text(source: &str) -> String {
    let source = source.trim();
    if !source.starts_with('#') || is_underlined(source) {
        let lines: Vec<&str> = source.lines().collect();
        let text = lines.split_last().map_or(&[][..], |(_, text)| text);
        // A trailing backslash is a hard line break, which has no meaning in a single line.
        let text: Vec<&str> = text.iter().map(|line| line.trim().trim_end_matches('\\').trim_end()).collect();
        return text.join(" ").trim().to_owned();
    }
    let text = source.trim_start_matches('#').trim();
    let unclosed = text.trim_end_matches('#');
    if unclosed.is_empty() || unclosed.ends_with([' ', '\t']) {
        unclosed.trim().to_owned()
    } else {
        text.to_owned()
    }
}

/// Whether a heading that starts with `#` is a setext heading all the same, such as `#tag` above `===`.
fn is_underlined(source: &str) -> bool {
    source.trim_end().contains('\n')
}

/// Splits `{#id}` from the end of a heading.
fn split_anchor(text: &str) -> (String, Option<Anchor>) {
    let split = text.strip_suffix('}').and_then(|rest| rest.rsplit_once("{#"));
    if let Some((heading, id)) = split
        && let Ok(anchor) = Anchor::parse(id)
    {
        return (heading.trim_end().to_owned(), Some(anchor));
    }
    (text.to_owned(), None)
}

fn marker(comment: &str) -> Option<Kind> {
    let inside = comment.strip_prefix("<!--")?.strip_suffix("-->")?;
    let mut words = inside.split_whitespace();
    match words.next()? {
        "closed" => words.next().is_none().then_some(Kind::Closed),
        "section" => {
            let (mut depth, mut anchor) = (None, None);
            for word in words {
                if let Some(id) = word.strip_prefix("{#").and_then(|id| id.strip_suffix('}')) {
                    anchor = Some(Anchor::parse(id).ok()?);
                } else {
                    depth = Some(word.parse().ok().filter(|depth| *depth >= 1)?);
                }
            }
            Some(Kind::Marker { depth, anchor })
        }
        _ => None,
    }
}
