//! Shares link and footnote definitions between the bodies of an article. Bodies are parsed one by one, but an author
//! writes a definition once for the whole article.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

use super::steps;

/// Enabled extensions to `CommonMark`.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS);

/// Lower limit for the bytes of link destinations and titles that references to definitions in other bodies may add; if
/// the article is longer, its length is the limit. Without a limit, thousands of references to one long URL make the
/// output grow quadratically.
const MIN_EXPANSION: usize = 100_000;

/// The most bytes that are lent for a label of a footnote beside the label.
pub(super) const LENT: usize = "[^]: x\n\n".len() + END_OF_BORROWED.len();

/// Separates the borrowed footnote definitions from the body, whose first line could otherwise continue the last one.
const END_OF_BORROWED: &str = "<!---->\n\n";

/// The definitions of an article, by normalised label.
#[derive(Default)]
pub(super) struct Definitions {
    links: HashMap<String, (String, String)>,
    footnotes: HashSet<String>,
    room: Cell<usize>,
}

impl Definitions {
    /// Collects the definitions of all bodies. If a label is defined twice, a body uses its own definition, else the
    /// first.
    pub(super) fn collect(bodies: &[&str]) -> Self {
        let length = bodies.iter().map(|body| body.len()).sum::<usize>();
        let mut found = Self { room: Cell::new(length.max(MIN_EXPANSION)), ..Self::default() };
        for body in bodies.iter().filter(|body| body.contains("]:")) {
            steps::count(body.len());
            let parser = Parser::new_ext(body, OPTIONS);
            for (name, link) in parser.reference_definitions().iter() {
                let title = link.title.as_deref().unwrap_or_default();
                found.links.entry(key(name)).or_insert_with(|| (link.dest.to_string(), title.to_owned()));
            }
            found.footnotes.extend(parser.filter_map(|event| match event {
                Event::Start(Tag::FootnoteDefinition(name)) => Some(key(&name)),
                _ => None,
            }));
        }
        found
    }

    /// Prepends a placeholder definition for each footnote the body refers to, because the parser reads `[^x]` as text
    /// unless it is defined. Returns the source and the length of the prefix.
    pub(super) fn lend_to(&self, body: &str) -> (String, usize) {
        let mut lent = String::new();
        let mut seen = HashSet::new();
        for label in labels(body) {
            let name = key(label);
            if self.footnotes.contains(&name) && seen.insert(name) {
                lent.push_str("[^");
                lent.push_str(label);
                lent.push_str("]: x\n\n");
            }
        }
        if !lent.is_empty() {
            lent.push_str(END_OF_BORROWED);
        }
        let length = lent.len();
        steps::count(length + body.len());
        lent.push_str(body);
        (lent, length)
    }

    /// The events of a source made by [`Self::lend_to`], without those of its prefix.
    pub(super) fn parse<'s>(&self, source: &'s str, lent: usize) -> Vec<Event<'s>> {
        let look_up = |link: BrokenLink<'_>| {
            let (dest, title) = self.links.get(&key(&link.reference))?;
            self.room.set(self.room.get().checked_sub(dest.len() + title.len())?);
            Some((CowStr::from(dest.clone()), CowStr::from(title.clone())))
        };
        let parser = Parser::new_with_broken_link_callback(source, OPTIONS, Some(look_up));
        let own = |(event, range): (Event<'s>, Range<usize>)| (range.start >= lent).then_some(event);
        parser.into_offset_iter().filter_map(own).collect()
    }
}

/// The length of the URL and the title of the longest link definition of a body. 0 if it has none.
pub(super) fn longest(body: &str) -> usize {
    steps::count(body.len());
    let parser = Parser::new_ext(body, OPTIONS);
    let definitions = parser.reference_definitions().iter();
    let lengths = definitions.map(|(_, link)| link.dest.len() + link.title.as_deref().map_or(0, str::len));
    lengths.max().unwrap_or(0)
}

/// Separates the footnote definitions from the events of a body. Returns the remaining events, then the definitions in
/// order, by label.
pub(super) fn take_footnotes(events: Vec<Event<'_>>) -> (Vec<Event<'_>>, Vec<(String, Vec<Event<'_>>)>) {
    let mut body = Vec::with_capacity(events.len());
    let mut notes = Vec::new();
    let mut open: Vec<(String, Vec<Event<'_>>)> = Vec::new();
    for event in events {
        match event {
            Event::Start(Tag::FootnoteDefinition(name)) => open.push((key(&name), Vec::new())),
            Event::End(TagEnd::FootnoteDefinition) => notes.extend(open.pop()),
            other => open.last_mut().map_or(&mut body, |(_, note)| note).push(other),
        }
    }
    (body, notes)
}

/// Normalises a label for comparison: case and kinds of white space are ignored (`CommonMark` section 4.7).
pub(super) fn key(label: &str) -> String {
    let words: Vec<String> = label.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// All text between `[^` and `]` in a body: a superset of its footnote references.
fn labels(body: &str) -> impl Iterator<Item = &str> {
    body.split("[^").skip(1).filter_map(|rest| {
        let label = rest.split(['[', ']', '\n', '\r']).next()?;
        (rest.get(label.len()..)?.starts_with(']') && !label.is_empty()).then_some(label)
    })
}
