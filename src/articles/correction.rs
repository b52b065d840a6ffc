//! A correction of what readers see: a change of some sections and metadata of the live revision, and of the same parts of
//! a draft that still has them as they are live.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::checks::check_markdown;
use super::input::{DraftPatch, UpdateDraft};
use super::metadata::correct_metadata;
use super::tree::{self, Pointers, flatten};
use super::{Content, Metadata, Section};
use crate::base::db::Connection;
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::ids::{ArticleId, SectionId};
use crate::base::text::markdown::Passage;

/// The members of the metadata that a correction cannot change: they affect addresses, languages and ownership.
const KEPT: [&str; 4] = ["slug", "locale", "translation_of", "owner_id"];

/// The new text of a section.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectSection {
    /// The id of a section of the live edition.
    pub id: SectionId,
    /// Markdown. Headings are refused with `heading-in-body`.
    #[schema(max_length = 200_000)]
    pub body: String,
}

/// A change of the metadata and intro of the live edition: that of a draft without `slug`, `locale` and `translation_of`.
#[derive(Debug)]
pub struct CorrectMetadata;

impl PartialSchema for CorrectMetadata {
    fn schema() -> RefOr<Schema> {
        let mut schema = UpdateDraft::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.properties.retain(|name, _| !KEPT.contains(&name.as_str()));
            object.description = Some(
                "A change of the metadata and intro of the live edition. Omitted fields keep their value; `null` resets \
                 a field to its default. Topics and authors must exist."
                    .to_owned(),
            );
        }
        schema
    }
}

impl ToSchema for CorrectMetadata {
    fn name() -> Cow<'static, str> {
        "CorrectMetadata".into()
    }
}

/// A correction. What can be checked without the article is checked.
#[derive(Debug)]
pub struct Correction {
    sections: Vec<(SectionId, String)>,
    metadata: DraftPatch,
    violations: Violations,
}

/// The changes of a correction that a draft has not taken over.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NotInDraft {
    /// The members of the metadata that the draft has changed.
    pub metadata: Vec<&'static str>,
    /// The sections that the draft has changed or removed, in their order in the live edition.
    pub sections: Vec<SectionId>,
}

impl Correction {
    /// Checks every part. Parses Markdown, so this belongs into the pool for the processor.
    #[must_use]
    pub fn parse(sections: Vec<CorrectSection>, metadata: Value) -> Self {
        let mut violations = Violations::default();
        for name in KEPT.into_iter().filter(|name| metadata.get(name).is_some()) {
            let invalid = Invalid::new("field-unknown", "A correction does not change this field.");
            violations.push(Location::Pointer(format!("/metadata/{name}")), invalid);
        }
        let mut parsed = Vec::with_capacity(sections.len());
        for (at, CorrectSection { id, body }) in sections.into_iter().enumerate() {
            parsed.extend(
                violations.take(format!("/sections/{at}/body"), check_markdown(&body)).map(|body| (id, body)),
            );
        }
        Self { sections: parsed, metadata: DraftPatch::new(metadata), violations }
    }

    /// The intro and the bodies that are valid.
    pub fn passages(&self) -> impl Iterator<Item = Passage<'_>> {
        let bodies = self.sections.iter().map(|(_, body)| body.as_str());
        self.metadata.intro().into_iter().chain(bodies).map(Passage::from)
    }

    /// The live revision of an article with this correction. Invalid for every broken rule, with `section-unknown` for
    /// sections that it does not have.
    pub fn apply(&self, conn: &mut Connection, article: ArticleId, live: &Content) -> Result<Content> {
        self.violations.clone().check()?;
        let mut content = live.clone();
        let change = self.metadata.change(&live.metadata);
        change
            .and_then(|(change, _)| correct_metadata(conn, article, &mut content.metadata, &change))
            .map_err(|error| match error {
                Error::Invalid(violations) => Error::Invalid(violations.below("/metadata")),
                error => error,
            })?;
        let mut violations = Violations::default();
        let mut bodies = HashMap::new();
        let known: HashSet<SectionId> =
            flatten(&live.sections).iter().map(|(section, ..)| section.id).collect();
        for (at, (id, body)) in self.sections.iter().enumerate() {
            let place = || Location::Pointer(format!("/sections/{at}/id"));
            if !known.contains(id) {
                let detail = "The live edition has no section with this id.";
                violations.push(place(), Invalid::new("section-unknown", detail));
            } else if bodies.insert(*id, body.as_str()).is_some() {
                violations
                    .push(place(), Invalid::new("section-repeated", "This section is corrected twice."));
            }
        }
        violations.check()?;
        for_each(&mut content.sections, &mut |section| {
            if let Some(body) = bodies.get(&section.id) {
                section.body = (*body).to_owned();
            }
        });
        tree::normalize(&content.metadata.intro, &mut content.sections, Pointers::all("/sections"))?;
        Ok(content)
    }
}

/// Makes the changes from `live` to `corrected` in a draft, too: each in a member of the metadata or a section that the draft
/// has as it is live, apart from its place. Invalid if the draft becomes too large.
pub fn take_over(draft: &mut Content, live: &Content, corrected: &Content) -> Result<NotInDraft> {
    let metadata = take_over_metadata(&mut draft.metadata, &live.metadata, &corrected.metadata);
    let corrections = flatten(&corrected.sections);
    let pairs = flatten(&live.sections).into_iter().zip(corrections);
    let changed: Vec<(&Section, &Section)> = pairs
        .map(|((live, ..), (corrected, ..))| (live, corrected))
        .filter(|(live, corrected)| live.body != corrected.body)
        .collect();
    let mut missing: HashMap<SectionId, (&Section, &Section)> =
        changed.iter().map(|pair| (pair.1.id, *pair)).collect();
    for_each(&mut draft.sections, &mut |section| {
        if let Some((live, corrected)) = missing.get(&section.id)
            && (section.body == corrected.body || is_same(section, live))
        {
            section.body.clone_from(&corrected.body);
            missing.remove(&section.id);
        }
    });
    tree::normalize(&draft.metadata.intro, &mut draft.sections, Pointers::all("/sections"))?;
    let sections = changed.iter().map(|(live, _)| live.id).filter(|id| missing.contains_key(id)).collect();
    Ok(NotInDraft { metadata, sections })
}

fn take_over_metadata(draft: &mut Metadata, live: &Metadata, corrected: &Metadata) -> Vec<&'static str> {
    let mut missing = Vec::new();
    macro_rules! take_over {
        ($($member:ident),*) => {$(
            if live.$member != corrected.$member && draft.$member != corrected.$member {
                if draft.$member == live.$member {
                    draft.$member.clone_from(&corrected.$member);
                } else {
                    missing.push(stringify!($member));
                }
            }
        )*};
    }
    take_over!(
        title, subtitle, summary, cover, featured, listed, authors, topics, intro, seo, custom, aliases
    );
    missing
}

/// Whether two states of a section are the same, apart from place and the sections below it.
fn is_same(one: &Section, other: &Section) -> bool {
    (&one.heading, &one.anchor, &one.body, &one.custom)
        == (&other.heading, &other.anchor, &other.body, &other.custom)
}

fn for_each(sections: &mut [Section], change: &mut impl FnMut(&mut Section)) {
    for section in sections {
        change(section);
        for_each(&mut section.sections, change);
    }
}
