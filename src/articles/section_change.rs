//! A change of one section: the request body, checked, and applied to a tree.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Section;
use super::checks::{check_heading, check_markdown};
use super::tree::{self, Destination, Pointers, flatten};
use crate::base::error::{Error, Result, Violations};
use crate::base::http::json::present;
use crate::base::ids::SectionId;
use crate::base::json;
use crate::base::text::markdown::Passage;
use crate::base::text::slug::Anchor;
use crate::base::text::validate;

/// A change of a section. `parent_id`, `before` or `after` move it. Omitted fields keep their value; `null` resets a
/// field to its default. A `parent_id` of `null` moves the section to the top level.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSection {
    /// One line of inline Markdown.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 300)]
    heading: Option<Option<String>>,
    /// The fragment identifier within the page; `null` makes it from the heading again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "anchor", min_length = 1, max_length = 120)]
    anchor: Option<Option<String>>,
    /// Markdown. Headings are refused with `heading-in-body`: make them sections.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 200_000)]
    body: Option<Option<String>>,
    /// Any other data of the site, merged into what is stored; at most 64 KiB as JSON.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom: Option<Option<Map<String, Value>>>,
    /// Move it below this section.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<SectionId>)]
    parent_id: Option<Option<SectionId>>,
    /// Move it right before this section.
    #[serde(default)]
    before: Option<SectionId>,
    /// Move it right after this section.
    #[serde(default)]
    after: Option<SectionId>,
}

/// A checked change of a section.
pub struct SectionChange {
    heading: Option<Option<String>>,
    anchor: Option<Option<Anchor>>,
    /// Markdown, checked.
    body: Option<String>,
    /// A merge patch; `None` inside clears.
    custom: Option<Option<Map<String, Value>>>,
    parent: Option<Option<SectionId>>,
    before: Option<SectionId>,
    after: Option<SectionId>,
    /// The rules that it breaks whatever the draft is.
    violations: Violations,
}

impl SectionChange {
    /// Checks every field as far as the draft does not matter. Parses Markdown, so this belongs into the pool for the
    /// processor.
    #[must_use]
    pub fn parse(update: UpdateSection) -> Self {
        let mut violations = Violations::default();
        Self {
            heading: update.heading.map(|heading| {
                heading.and_then(|heading| violations.take("/heading", check_heading(&heading)))
            }),
            anchor: update
                .anchor
                .map(|anchor| anchor.and_then(|anchor| violations.take("/anchor", Anchor::parse(&anchor)))),
            body: update.body.map(|body| {
                violations
                    .take("/body", check_markdown(body.as_deref().unwrap_or_default()))
                    .unwrap_or_default()
            }),
            custom: update.custom,
            parent: update.parent_id,
            before: update.before,
            after: update.after,
            violations,
        }
    }

    /// The heading and body that are given.
    #[must_use]
    pub fn passage(&self) -> Passage<'_> {
        let heading = self.heading.as_ref().and_then(|heading| heading.as_deref());
        Passage { heading, body: self.body.as_deref().unwrap_or_default() }
    }

    /// Changes a section, and returns it if it was moved. Invalid for every broken rule.
    pub fn apply(&self, id: SectionId, intro: &str, sections: &mut Vec<Section>) -> Result<Vec<SectionId>> {
        let mut violations = self.violations.clone();
        let section = tree::find_mut(sections, id).ok_or(Error::NotFound("section"))?;
        if let Some(heading) = &self.heading {
            section.heading.clone_from(heading);
        }
        if let Some(anchor) = &self.anchor {
            section.anchor.clone_from(anchor);
        }
        if let Some(body) = &self.body {
            section.body.clone_from(body);
        }
        if let Some(patch) = &self.custom {
            match patch {
                Some(patch) => json::merge(&mut section.custom, patch),
                None => section.custom.clear(),
            }
            violations.take("/custom", validate::custom(&section.custom));
        }
        let moves = self.parent.is_some() || self.before.is_some() || self.after.is_some();
        let before = position(sections, id);
        let is_placed = !moves || violations.gather(self.move_to(id, sections))?.is_some();
        if is_placed {
            let pointers = Pointers { tree: self.moved_by(), name: "/anchor" };
            violations.gather(tree::normalize(intro, sections, pointers))?;
        }
        violations.check()?;
        Ok(if position(sections, id) == before { Vec::new() } else { vec![id] })
    }

    /// The field that says where the section goes.
    fn moved_by(&self) -> &'static str {
        match (self.parent, self.before) {
            (Some(_), _) => "/parent_id",
            (None, Some(_)) => "/before",
            (None, None) => "/after",
        }
    }

    fn move_to(&self, id: SectionId, sections: &mut Vec<Section>) -> Result<()> {
        Destination { parent: None, before: self.before, after: self.after }.check()?;
        let sibling = self.before.or(self.after);
        let parent_of = |wanted: SectionId, sections: &[Section]| {
            flatten(sections)
                .into_iter()
                .find(|(section, ..)| section.id == wanted)
                .map(|(_, parent, _)| parent)
        };
        let parent = match (self.parent, sibling) {
            (Some(parent), _) => parent,
            (None, Some(sibling)) => parent_of(sibling, sections).ok_or_else(|| {
                Error::invalid(self.moved_by(), "section-unknown", "Not a section of this article.")
            })?,
            (None, None) => None,
        };
        let section = tree::remove(sections, id).ok_or(Error::NotFound("section"))?;
        if flatten(std::slice::from_ref(&section))
            .iter()
            .any(|(below, ..)| Some(below.id) == parent || Some(below.id) == sibling)
        {
            let detail = "A section cannot be moved below or beside itself.";
            return Err(Error::invalid(self.moved_by(), "section-inside-itself", detail));
        }
        tree::insert(sections, section, Destination { parent, before: self.before, after: self.after })
    }
}

fn position(sections: &[Section], id: SectionId) -> Option<(Option<SectionId>, i64)> {
    flatten(sections)
        .into_iter()
        .find(|(section, ..)| section.id == id)
        .map(|(_, parent, position)| (parent, position))
}
