//! The searchable content of an edition: its places, the text of each, and the tokens that the index stores for it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::expression::Kind;
use crate::articles::Metadata;
use crate::base::ids::{AuthorId, IsId as _, SectionId, TopicId};
use crate::base::text::Locale;
use crate::base::text::slug::Anchor;
use crate::base::text::words::Words;

/// The most bytes of tokens per place, counting 8 bytes of overhead for each token, because PostgreSQL limits a
/// `tsvector` to 1 MiB. Words beyond this bound cannot be found.
const MAX_BYTES: usize = 1_000_000;

/// The places of an edition: the article first, then its sections in document order. Serialization skips the fields
/// that are derived from the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// The article and its sections.
    pub places: Vec<Place>,
    /// Every distinct word, for completing prefixes.
    #[serde(skip)]
    pub words: BTreeSet<String>,
}

/// The article itself or one of its sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The section; `None` for the article itself.
    pub section: Option<SectionId>,
    /// The section's heading as plain text.
    pub heading: Option<String>,
    /// The section's anchor in the page.
    pub anchor: Option<String>,
    /// The text, as plain text.
    pub body: String,
    /// The tokens of the title and the heading.
    #[serde(skip)]
    head: String,
    /// The tokens of the text.
    #[serde(skip)]
    tail: String,
}

/// The parts of a section that are indexed.
#[derive(Debug, Clone, Copy)]
pub struct SectionText<'a> {
    /// The section's id.
    pub id: SectionId,
    /// The heading as plain text.
    pub heading: Option<&'a str>,
    /// The anchor in the page.
    pub anchor: Option<&'a Anchor>,
    /// The body as plain text.
    pub text: &'a str,
}

impl Document {
    /// Extracts the searchable content of an edition. `intro` is plain text; `sections` are in document order.
    pub fn new<'a>(
        metadata: &Metadata,
        intro: &str,
        sections: impl IntoIterator<Item = SectionText<'a>>,
    ) -> Self {
        let mut document = Self { places: Vec::new(), words: BTreeSet::new() };
        let opening = [metadata.subtitle.as_deref(), metadata.summary.as_deref(), Some(intro)];
        let body =
            opening.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" — ");
        let title = metadata.title.as_str();
        document.add(None, &[(Kind::Own, title), (Kind::Title, title)], body);
        for section in sections {
            let heading = section.heading.unwrap_or_default();
            let head = [(Kind::Own, heading), (Kind::Inherited, title), (Kind::Heading, heading)];
            document.add(Some(section), &head, section.text.to_owned());
        }
        document
    }

    fn add(&mut self, section: Option<SectionText<'_>>, head: &[(Kind, &str)], body: String) {
        let mut room = MAX_BYTES;
        let head = head.iter().map(|(kind, text)| self.tokens(*kind, text, &mut room)).collect();
        let tail = self.tokens(Kind::Own, &body, &mut room);
        self.places.push(Place {
            section: section.map(|section| section.id),
            heading: section.and_then(|section| section.heading.map(str::to_owned)),
            anchor: section.and_then(|section| section.anchor.map(|anchor| anchor.as_str().to_owned())),
            body,
            head,
            tail,
        });
    }

    fn tokens(&mut self, kind: Kind, text: &str, room: &mut usize) -> String {
        let mut tokens = String::new();
        let mut words = Words::of(text);
        while let Some((_, word)) = words.read() {
            let Some(left) = room.checked_sub(word.len() + 9) else { break };
            *room = left;
            tokens.push(kind.letter());
            tokens.push_str(word);
            tokens.push(' ');
            if !self.words.contains(word) {
                self.words.insert(word.to_owned());
            }
        }
        tokens
    }
}

impl Place {
    /// All tokens, separated by single spaces. `keys` must not be empty: they stand between the heading and the text,
    /// so that no phrase matches across the two.
    #[must_use]
    pub fn tokens(&self, keys: &[String]) -> String {
        format!("{}{} {}", self.head, keys.join(" "), self.tail).trim_end().to_owned()
    }
}

/// The key of featured articles, or of all others.
#[must_use]
pub fn featured_key(featured: bool) -> String {
    Kind::Key.token(if featured { "f1" } else { "f0" })
}

/// The key of a language.
#[must_use]
pub fn locale_key(locale: &Locale) -> String {
    Kind::Key.token(&format!("l{}", locale.as_str().replace('-', "").to_ascii_lowercase()))
}

/// The key of a topic.
#[must_use]
pub fn topic_key(topic: TopicId) -> String {
    Kind::Key.token(&format!("t{}", topic.uuid().simple()))
}

/// The key of an author.
#[must_use]
pub fn author_key(author: AuthorId) -> String {
    Kind::Key.token(&format!("a{}", author.uuid().simple()))
}
