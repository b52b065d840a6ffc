//! The tree of an article's sections: building it, finding, adding, moving and removing sections, and its rules: at
//! most five levels, at most 1,000 sections, no anchor twice.

use std::collections::{HashMap, HashSet};

use super::section_input::{Checked, CheckedSection};
use super::{Section, SectionRef};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::ids::SectionId;
use crate::base::random::Random;
use crate::base::text::anchors::UniqueAnchors;
use crate::base::text::outline::MAX_DEPTH;
use crate::base::text::references::References;
use crate::base::text::slug::Anchor;

/// The largest number of sections of an article.
pub const MAX_SECTIONS: usize = 1000;
/// The largest size of all bodies and `custom`s of an article's sections together, in bytes: every edit saves a
/// snapshot of them.
pub const MAX_TEXT: usize = 1_000_000;

/// Where a section goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Destination {
    /// Below which section; at the top if none.
    pub parent: Option<SectionId>,
    /// Right before this one.
    pub before: Option<SectionId>,
    /// Right after this one; at the end if neither.
    pub after: Option<SectionId>,
}

impl Destination {
    /// Invalid `place-ambiguous` if it is both before and after some section.
    pub fn check(&self) -> Result<()> {
        if self.before.is_some() && self.after.is_some() {
            return Err(Error::invalid("/after", "place-ambiguous", "Send either `before` or `after`."));
        }
        Ok(())
    }
}

/// Where in the request body a broken rule of the whole tree is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointers {
    /// For a tree that is too deep or too large.
    pub tree: &'static str,
    /// For an anchor or an id that comes twice.
    pub name: &'static str,
}

impl Pointers {
    /// Everything at one place.
    #[must_use]
    pub fn all(pointer: &'static str) -> Self {
        Self { tree: pointer, name: pointer }
    }
}

/// Every section with its parent and its position, in document order.
#[must_use]
pub fn flatten(sections: &[Section]) -> Vec<(&Section, Option<SectionId>, i64)> {
    fn walk<'a>(
        sections: &'a [Section],
        parent: Option<SectionId>,
        out: &mut Vec<(&'a Section, Option<SectionId>, i64)>,
    ) {
        for (position, section) in (0i64..).zip(sections) {
            out.push((section, parent, position));
            walk(&section.sections, Some(section.id), out);
        }
    }
    let mut out = Vec::new();
    walk(sections, None, &mut out);
    out
}

/// The section with that id or anchor.
#[must_use]
pub fn find<'a>(sections: &'a [Section], name: &SectionRef) -> Option<&'a Section> {
    flatten(sections).into_iter().map(|(section, _, _)| section).find(|section| match name {
        SectionRef::Id(id) => section.id == *id,
        SectionRef::Anchor(anchor) => section.anchor.as_ref() == Some(anchor),
    })
}

/// The section with that id, to be changed.
pub fn find_mut(sections: &mut [Section], id: SectionId) -> Option<&mut Section> {
    for section in sections {
        if section.id == id {
            return Some(section);
        }
        if let Some(found) = find_mut(&mut section.sections, id) {
            return Some(found);
        }
    }
    None
}

/// Removes a section and those below it.
pub fn remove(sections: &mut Vec<Section>, id: SectionId) -> Option<Section> {
    if let Some(at) = sections.iter().position(|section| section.id == id) {
        return Some(sections.remove(at));
    }
    sections.iter_mut().find_map(|section| remove(&mut section.sections, id))
}

/// Inserts a section and those below it. Invalid `section-unknown` if the destination does not exist, `place-ambiguous`
/// if it is two places.
pub fn insert(sections: &mut Vec<Section>, section: Section, destination: Destination) -> Result<()> {
    destination.check()?;
    let unknown = |member: &str| {
        Error::invalid(
            format!("/{member}"),
            "section-unknown",
            "Not a section of this article, or not at that place.",
        )
    };
    let siblings = match destination.parent {
        None => sections,
        Some(parent) => &mut find_mut(sections, parent).ok_or_else(|| unknown("parent_id"))?.sections,
    };
    let position = |id: SectionId| siblings.iter().position(|sibling| sibling.id == id);
    let at = match (destination.before, destination.after) {
        (Some(before), _) => position(before).ok_or_else(|| unknown("before"))?,
        (None, Some(after)) => position(after).ok_or_else(|| unknown("after"))? + 1,
        (None, None) => siblings.len(),
    };
    siblings.insert(at, section);
    Ok(())
}

/// Checks the rules of the tree as a whole, and gives an anchor to every heading without one: by the definitions in
/// `intro` and in the bodies. Invalid if the tree is too deep or too large, or if an anchor or id occurs twice.
pub fn normalize(intro: &str, sections: &mut [Section], pointers: Pointers) -> Result<()> {
    fn depth(sections: &[Section]) -> usize {
        sections.iter().map(|section| 1 + depth(&section.sections)).max().unwrap_or(0)
    }
    let mut violations = Violations::default();
    let tree = || Location::Pointer(pointers.tree.into());
    let name_place = || Location::Pointer(pointers.name.into());
    if depth(sections) > MAX_DEPTH {
        violations.push(tree(), Invalid::new("sections-too-deep", "Sections nest at most five levels deep."));
    }
    let mut anchors = UniqueAnchors::default();
    let (mut ids, mut count, mut bytes) = (HashSet::new(), 0, 0);
    for (section, _, _) in flatten(sections) {
        count += 1;
        bytes += section.body.len();
        if !section.custom.is_empty() {
            bytes += serde_json::to_string(&section.custom).map_or(0, |custom| custom.len());
        }
        if !ids.insert(section.id) {
            violations.push(
                name_place(),
                Invalid::new("section-repeated", format!("The id {} is used twice.", section.id)),
            );
        }
        if let Some(anchor) = &section.anchor
            && !anchors.take(anchor)
        {
            violations.push(
                name_place(),
                Invalid::new(
                    "anchor-taken",
                    format!("Two sections have the anchor {anchor}. Anchors must be unique."),
                ),
            );
        }
    }
    if count > MAX_SECTIONS {
        violations.push(
            tree(),
            Invalid::new("sections-too-many", format!("Must be at most {MAX_SECTIONS} sections.")),
        );
    }
    if bytes > MAX_TEXT {
        violations.push(
            tree(),
            Invalid::new(
                "sections-too-long",
                format!("Must be at most {MAX_TEXT} bytes in all sections together."),
            ),
        );
    }
    violations.check()?;
    let made = make_anchors(intro, sections, &mut anchors);
    set_anchors(sections, &mut made.into_iter());
    Ok(())
}

/// The anchors of the sections with a heading and without an anchor, in document order.
fn make_anchors(intro: &str, sections: &[Section], anchors: &mut UniqueAnchors) -> Vec<Anchor> {
    let sections: Vec<&Section> = flatten(sections).into_iter().map(|(section, _, _)| section).collect();
    let bodies = sections.iter().map(|section| section.body.as_str());
    let references = References::of([intro].into_iter().chain(bodies).collect());
    let unnamed = sections.iter().filter(|section| section.anchor.is_none());
    let headings = unnamed.filter_map(|section| section.heading.as_deref());
    headings.map(|heading| anchors.take_numbered(references.anchor(heading))).collect()
}

fn set_anchors(sections: &mut [Section], made: &mut impl Iterator<Item = Anchor>) {
    for section in sections {
        if section.heading.is_some() && section.anchor.is_none() {
            section.anchor = made.next();
        }
        set_anchors(&mut section.sections, made);
    }
}

/// Builds a tree of checked sections. Those that name a known section keep its id and, unless another is given, its
/// anchor; others get new ids. Invalid for the rules that they are known to break, with `section-unknown` for ids that
/// are not known, and as [`normalize`].
pub fn build(
    intro: &str,
    checked: &Checked<Vec<CheckedSection>>,
    known: &[Section],
    random: &Random,
    now: Timestamp,
) -> Result<Vec<Section>> {
    let known = flatten(known).into_iter().map(|(section, _, _)| (section.id, section)).collect();
    let mut builder = Builder { known, random, now, violations: checked.violations.clone() };
    let mut sections = builder.build_all(&checked.value)?;
    builder.violations.gather(normalize(intro, &mut sections, Pointers::all("/sections")))?;
    builder.violations.check()?;
    Ok(sections)
}

/// Builds one new section with those below it, and inserts it at its destination. Returns its id. Invalid as [`build`]
/// and [`insert`].
pub fn build_into(
    intro: &str,
    sections: &mut Vec<Section>,
    checked: &Checked<CheckedSection>,
    destination: Destination,
    random: &Random,
    now: Timestamp,
) -> Result<SectionId> {
    let violations = checked.violations.clone();
    let mut builder = Builder { known: HashMap::new(), random, now, violations };
    let section = builder.build(&checked.value)?;
    let (id, mut violations) = (section.id, builder.violations);
    if violations.gather(insert(sections, section, destination))?.is_some() {
        let pointers = Pointers { tree: "/parent_id", name: "/anchor" };
        violations.gather(normalize(intro, sections, pointers))?;
    }
    violations.check()?;
    Ok(id)
}

struct Builder<'a> {
    known: HashMap<SectionId, &'a Section>,
    random: &'a Random,
    now: Timestamp,
    violations: Violations,
}

impl Builder<'_> {
    fn build_all(&mut self, checked: &[CheckedSection]) -> Result<Vec<Section>> {
        checked.iter().map(|section| self.build(section)).collect()
    }

    fn build(&mut self, checked: &CheckedSection) -> Result<Section> {
        let before = checked.id.and_then(|id| self.known.get(&id));
        let kept_anchor = before.and_then(|section| section.anchor.clone());
        if checked.id.is_some() && before.is_none() {
            let detail = "This article has no section with this id. Omit the id to create a section.";
            let place = Location::Pointer(format!("{}/id", checked.pointer));
            self.violations.push(place, Invalid::new("section-unknown", detail));
        }
        Ok(Section {
            id: before.map_or_else(|| self.random.id(self.now), |section| Ok(section.id))?,
            heading: checked.heading.clone(),
            anchor: checked.anchor.clone().or(kept_anchor),
            body: checked.body.clone(),
            custom: checked.custom.clone(),
            sections: self.build_all(&checked.sections)?,
        })
    }
}
