//! A whole draft as one Markdown document with front matter: parsed, and checked against the article it becomes.
//! [`super::markdown_export`] writes one.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::checks::{check_heading, check_markdown};
use super::front_reader::{self, left_out};
use super::match_sections::match_sections;
use super::metadata_change::MetadataChange;
use super::{Section, tree};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{ArticleId, IsId as _};
use crate::base::json;
use crate::base::random::Random;
use crate::base::text::front_matter::{self, FrontMatter};
use crate::base::text::html::{self, Imported};
use crate::base::text::markdown::{Passage, Warning};
use crate::base::text::outline::{self, Part};

/// The largest document, in bytes.
pub const MAX_DOCUMENT: usize = 1_000_000;

/// A document, parsed and checked.
#[derive(Debug, Clone, Default)]
pub struct ParsedDocument {
    /// The id in its front matter.
    pub id: Option<ArticleId>,
    /// Its metadata, intro included.
    pub metadata: MetadataChange,
    /// Its sections, checked.
    pub parts: Vec<Part>,
    /// The `custom` of its sections, by anchor.
    pub section_custom: Map<String, Value>,
    /// When it was first published, if it was.
    pub published_at: Option<Timestamp>,
    /// A date in its front matter that cannot be read as one.
    pub unreadable_date: Option<String>,
    /// Whether its front matter calls it a draft.
    pub draft: bool,
    /// What was removed when it was converted from HTML, and what of its front matter has no place.
    pub warnings: Vec<Warning>,
}

/// Parses a Markdown document at `pointer`. Invalid if the document is too large, its front matter has a syntax error,
/// or its text breaks a rule. Front matter that has no field of its own, or does not fit it, goes to `custom`.
pub fn read_markdown(document: &str, pointer: &'static str) -> Result<ParsedDocument> {
    let (document, violations) = check_markdown_document(document, pointer)?;
    violations.check()?;
    Ok(document)
}

/// Parses a Markdown document like [`read_markdown`], and returns it together with the broken rules of its text.
pub fn check_markdown_document(
    document: &str,
    pointer: &'static str,
) -> Result<(ParsedDocument, Violations)> {
    check_length(document, pointer)?;
    let (front, text) = front_matter::split(document)
        .map_err(|invalid| Error::invalid(pointer, invalid.code, invalid.detail))?;
    // YAML, TOML and JSON can write it in other ways than as itself.
    if text.contains('\0') || json::find_nul(&serde_json::to_value(&front)?).is_some() {
        return Err(Error::invalid(pointer, "text-contains-nul", "Must not contain U+0000."));
    }
    check_document(front, text, pointer)
}

/// Parses an HTML document at `pointer`, like [`check_markdown_document`].
pub fn check_html_document(document: &str, pointer: &'static str) -> Result<(ParsedDocument, Violations)> {
    check_length(document, pointer)?;
    let Imported { markdown, warnings } = html::to_markdown(document).ok_or_else(|| too_long(pointer))?;
    let (document, violations) = check_document(FrontMatter::default(), &markdown, pointer)?;
    Ok((ParsedDocument { warnings, ..document }, violations))
}

fn check_length(document: &str, pointer: &'static str) -> Result<()> {
    if document.len() > MAX_DOCUMENT {
        return Err(too_long(pointer));
    }
    Ok(())
}

fn too_long(pointer: &'static str) -> Error {
    let detail = format!("Must be at most {MAX_DOCUMENT} bytes, as HTML and as Markdown.");
    Error::invalid(pointer, "document-too-long", detail)
}

fn check_document(
    mut front: FrontMatter,
    text: &str,
    pointer: &'static str,
) -> Result<(ParsedDocument, Violations)> {
    let document = if front.title.is_some() { outline::parse_untitled(text) } else { outline::parse(text) };
    let count = document.count();
    if count > tree::MAX_SECTIONS {
        let detail = format!("Must be at most {} sections.", tree::MAX_SECTIONS);
        return Err(Error::invalid(pointer, "sections-too-many", detail));
    }
    let mut violations = Violations::default();
    let intro = violations.take(pointer, check_markdown(&document.intro)).unwrap_or_default();
    let parts = check_parts(document.sections, pointer, &mut violations);
    let parsed = ParsedDocument {
        id: front.id.map(ArticleId::from_uuid),
        parts,
        section_custom: std::mem::take(&mut front.sections),
        published_at: front.published_at,
        unreadable_date: front.unreadable_date.take(),
        draft: front.draft.unwrap_or(false),
        ..ParsedDocument::default()
    };
    let (metadata, warning) = front_reader::read(front, document.title, intro);
    Ok((ParsedDocument { metadata, warnings: warning.into_iter().collect(), ..parsed }, violations))
}

fn check_parts(parts: Vec<Part>, pointer: &'static str, violations: &mut Violations) -> Vec<Part> {
    let check = |part: Part| Part {
        heading: part.heading.and_then(|text| violations.take(pointer, check_heading(&text))),
        anchor: part.anchor,
        body: violations.take(pointer, check_markdown(&part.body)).unwrap_or_default(),
        sections: check_parts(part.sections, pointer, violations),
    };
    parts.into_iter().map(check).collect()
}

impl ParsedDocument {
    /// What is wrong with the date of its first publication, if anything: `date-unreadable`, or `published-at-in-future`.
    /// Published now, it would be public before that date, or under a wrong one.
    #[must_use]
    pub fn check_date(&self, now: Timestamp) -> Option<Warning> {
        if let Some(text) = &self.unreadable_date {
            let shown: String = text.chars().take(100).collect();
            let detail =
                format!("The date {shown:?} cannot be read in one way only. Write dates as 2024-03-31.");
            return Some(Warning::new("date-unreadable", detail));
        }
        let at = self.published_at.filter(|at| *at > now)?;
        Some(Warning::new("published-at-in-future", format!("The date {at} is in the future.")))
    }

    /// `published-at-not-used` if an article keeps another date of its first publication than this one.
    #[must_use]
    pub fn check_date_used(&self, kept: Option<Timestamp>) -> Option<Warning> {
        let at = self.published_at.filter(|at| kept != Some(*at))?;
        let detail = format!(
            "The date {at} is not used: the article has been published before, or your role may not set the date."
        );
        Some(Warning::new("published-at-not-used", detail))
    }

    /// Like [`Self::check_date`], or else like [`Self::check_date_used`].
    #[must_use]
    pub fn check_date_kept(&self, kept: Option<Timestamp>, now: Timestamp) -> Option<Warning> {
        self.check_date(now).or_else(|| self.check_date_used(kept))
    }

    /// `front-matter-left-out` if an article with these sections does not keep what its front matter says of sections:
    /// that of unknown anchors, and what is no object.
    #[must_use]
    pub fn check_sections_kept(&self, kept: &[Section]) -> Option<Warning> {
        if self.section_custom.is_empty() {
            return None;
        }
        let kept: HashMap<&str, &Map<String, Value>> = tree::flatten(kept)
            .into_iter()
            .filter_map(|(section, ..)| Some((section.anchor.as_ref()?.as_str(), &section.custom)))
            .collect();
        let is_lost = |anchor: &str, custom: &Value| custom.as_object() != kept.get(anchor).copied();
        let lost = self.section_custom.iter().filter(|(anchor, custom)| is_lost(anchor, custom));
        left_out(&lost.map(|(anchor, _)| format!("sections.{anchor}")).collect::<Vec<_>>())
    }

    /// Its sections as those of a new article.
    pub fn new_sections(
        &self,
        pointer: &'static str,
        random: &Random,
        now: Timestamp,
    ) -> Result<Vec<Section>> {
        self.match_sections(&[], pointer, random, now)
    }

    /// Its sections, which replace `known` ones.
    pub fn match_sections(
        &self,
        known: &[Section],
        pointer: &'static str,
        random: &Random,
        now: Timestamp,
    ) -> Result<Vec<Section>> {
        let intro = self.metadata.intro.as_deref().unwrap_or_default();
        match_sections(intro, &self.parts, known, &self.section_custom, pointer, random, now)
    }

    /// Its intro and sections, in document order.
    #[must_use]
    pub fn passages(&self) -> Vec<Passage<'_>> {
        fn walk<'a>(parts: &'a [Part], out: &mut Vec<Passage<'a>>) {
            for part in parts {
                out.push(Passage { heading: part.heading.as_deref(), body: &part.body });
                walk(&part.sections, out);
            }
        }
        let mut passages: Vec<Passage<'_>> = self.metadata.intro.iter().map(Passage::from).collect();
        walk(&self.parts, &mut passages);
        passages
    }
}
