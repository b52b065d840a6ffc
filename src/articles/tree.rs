//! The tree of sections: reading it from input, finding, adding, moving and removing parts, and keeping its rules:
//! at most five deep, at most 1,000 in all, no anchor twice, no heading inside a body.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::checks::check_custom;
use super::input::SectionInput;
use super::{Section, SectionRef, line};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Place, Result, Violations};
use crate::base::ids::SectionId;
use crate::base::random::Random;
use crate::base::text::markdown::check_body;
use crate::base::text::outline::{MAX_DEPTH, Part};
use crate::base::text::slug::Anchor;

/// The most sections of an article.
pub const MOST_SECTIONS: usize = 1000;
/// The most characters of a heading.
pub const MOST_HEADING: usize = 300;
/// The most bytes of a body.
pub const MOST_BODY: usize = 200_000;

/// The most bytes of all bodies and `custom`s of an article's sections together: every edit keeps a whole snapshot.
pub const MOST_TEXT: usize = 1_000_000;

/// Where a section is put among others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spot {
    /// Below which section; at the top if none.
    pub parent: Option<SectionId>,
    /// Right before this one.
    pub before: Option<SectionId>,
    /// Right after this one; at the end if neither.
    pub after: Option<SectionId>,
}

/// Where what breaks a rule of the whole tree stands in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blame {
    /// For a tree that is too deep or too large.
    pub tree: &'static str,
    /// For an anchor or an id that comes twice.
    pub name: &'static str,
}

impl Blame {
    /// All of it stands at one place.
    #[must_use]
    pub fn on(pointer: &'static str) -> Self {
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

/// The section of that name.
#[must_use]
pub fn find<'a>(sections: &'a [Section], name: &SectionRef) -> Option<&'a Section> {
    flatten(sections).into_iter().map(|(section, _, _)| section).find(|section| match name {
        SectionRef::Id(id) => section.id == *id,
        SectionRef::Anchor(anchor) => section.anchor.as_ref() == Some(anchor),
    })
}

/// The section of that id, to be changed.
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

/// Takes a section and what is below it out of the tree.
pub fn remove(sections: &mut Vec<Section>, id: SectionId) -> Option<Section> {
    if let Some(at) = sections.iter().position(|section| section.id == id) {
        return Some(sections.remove(at));
    }
    sections.iter_mut().find_map(|section| remove(&mut section.sections, id))
}

/// Puts a section, with what is below it, at a spot.
///
/// # Errors
/// Invalid, when the spot is not there.
pub fn insert(sections: &mut Vec<Section>, section: Section, spot: Spot) -> Result<()> {
    let unknown = |member: &str| {
        Error::invalid(format!("/{member}"), "unknown-section", "no section of this article there")
    };
    let siblings = match spot.parent {
        None => sections,
        Some(parent) => &mut find_mut(sections, parent).ok_or_else(|| unknown("parent_id"))?.sections,
    };
    let position = |id: SectionId| siblings.iter().position(|sibling| sibling.id == id);
    let at = match (spot.before, spot.after) {
        (Some(before), _) => position(before).ok_or_else(|| unknown("before"))?,
        (None, Some(after)) => position(after).ok_or_else(|| unknown("after"))? + 1,
        (None, None) => siblings.len(),
    };
    siblings.insert(at, section);
    Ok(())
}

/// Checks the rules that one section alone cannot keep, and gives an anchor to every heading that has none yet.
///
/// # Errors
/// Invalid: too deep, too many, or an anchor or id that comes twice.
pub fn settle(sections: &mut [Section], blame: Blame) -> Result<()> {
    fn depth(sections: &[Section]) -> usize {
        sections.iter().map(|section| 1 + depth(&section.sections)).max().unwrap_or(0)
    }
    let mut violations = Violations::default();
    let tree = || Place::Pointer(blame.tree.into());
    let name_place = || Place::Pointer(blame.name.into());
    if depth(sections) > MAX_DEPTH {
        violations.push(tree(), Invalid::new("too-deep", "sections are at most five deep"));
    }
    let mut anchors = HashSet::new();
    let (mut ids, mut count, mut bytes) = (HashSet::new(), 0, 0);
    for (section, _, _) in flatten(sections) {
        count += 1;
        bytes += section.body.len();
        if !section.custom.is_empty() {
            bytes += serde_json::to_string(&section.custom).map_or(0, |custom| custom.len());
        }
        if !ids.insert(section.id) {
            violations
                .push(name_place(), Invalid::new("duplicate-section", format!("{} comes twice", section.id)));
        }
        if let Some(anchor) = &section.anchor
            && !anchors.insert(anchor.clone())
        {
            violations.push(
                name_place(),
                Invalid::new("anchor-taken", format!("two sections have the anchor {anchor}")),
            );
        }
    }
    if count > MOST_SECTIONS {
        violations.push(tree(), Invalid::new("too-many", format!("at most {MOST_SECTIONS} sections")));
    }
    if bytes > MOST_TEXT {
        violations
            .push(tree(), Invalid::new("too-long", format!("at most {MOST_TEXT} bytes in all sections")));
    }
    violations.check()?;
    name(sections, &mut anchors);
    Ok(())
}

fn name(sections: &mut [Section], taken: &mut HashSet<Anchor>) {
    for section in sections {
        if let (Some(heading), None) = (&section.heading, &section.anchor) {
            section.anchor = Some(free_anchor(heading, taken));
        }
        name(&mut section.sections, taken);
    }
}

fn free_anchor(heading: &str, taken: &mut HashSet<Anchor>) -> Anchor {
    let first = Anchor::from_heading(heading);
    let mut anchor = first.clone();
    let mut number = 2;
    while !taken.insert(anchor.clone()) {
        anchor = first.numbered(number);
        number += 1;
    }
    anchor
}

/// Builds a tree from input. Known ids are kept, with the anchors they have; new sections get new ones.
///
/// # Errors
/// Invalid, naming every broken rule.
pub fn build(
    inputs: &[SectionInput],
    known: &[Section],
    random: &Random,
    now: Timestamp,
) -> Result<Vec<Section>> {
    let known: HashMap<SectionId, &Section> =
        flatten(known).into_iter().map(|(section, _, _)| (section.id, section)).collect();
    let mut violations = Violations::default();
    let mut sections = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        sections.extend(build_one(
            input,
            &format!("/sections/{at}"),
            1,
            &known,
            random,
            now,
            &mut violations,
        )?);
    }
    violations.check()?;
    settle(&mut sections, Blame::on("/sections"))?;
    Ok(sections)
}

/// Builds one new section and what is below it; anchors are left to [`settle`] once it stands among the others.
///
/// # Errors
/// Invalid, naming every broken rule.
pub fn unsettled(input: &SectionInput, random: &Random, now: Timestamp) -> Result<Section> {
    let mut violations = Violations::default();
    let section = build_one(input, "", 1, &HashMap::new(), random, now, &mut violations)?;
    violations.check()?;
    section.ok_or(Error::NotFound("section"))
}

fn build_one(
    input: &SectionInput,
    pointer: &str,
    depth: usize,
    known: &HashMap<SectionId, &Section>,
    random: &Random,
    now: Timestamp,
    violations: &mut Violations,
) -> Result<Option<Section>> {
    if depth > MAX_DEPTH {
        violations.push(
            Place::Pointer(pointer.to_owned()),
            Invalid::new("too-deep", "sections are at most five deep"),
        );
        return Ok(None);
    }
    let before = input.id.and_then(|id| known.get(&id));
    if input.id.is_some() && before.is_none() {
        violations.push(
            Place::Pointer(format!("{pointer}/id")),
            Invalid::new(
                "foreign-section",
                "not a section of this article; leave the id out to make a new one",
            ),
        );
    }
    let given = input
        .anchor
        .as_deref()
        .and_then(|text| violations.take(format!("{pointer}/anchor"), Anchor::parse(text)));
    let heading = match input.heading.as_deref() {
        None => None,
        Some(text) => violations.take(format!("{pointer}/heading"), heading(text)),
    };
    let body = input.body.as_deref().unwrap_or_default();
    let body = violations.take(format!("{pointer}/body"), self::body(body)).unwrap_or_default();
    let custom = input.custom.clone().unwrap_or_default();
    violations.take(format!("{pointer}/custom"), check_custom(&custom));
    let mut sections = Vec::new();
    for (at, child) in input.sections.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/sections/{at}");
        sections.extend(build_one(child, &pointer, depth + 1, known, random, now, violations)?);
    }
    Ok(Some(Section {
        id: match input.id {
            Some(id) => id,
            None => random.id(now)?,
        },
        heading,
        anchor: given.or_else(|| before.and_then(|section| section.anchor.clone())),
        body,
        custom,
        sections,
    }))
}

/// Builds a tree from the parts of a document that stands at `pointer`. A part that names a known anchor is that section;
/// a part whose heading was changed but whose body was not, too, and it keeps its anchor unless another is written. Parts
/// without a name are told by their bodies and then by their order. `custom` holds what sections keep besides, by anchor.
///
/// # Errors
/// Invalid, naming every broken rule.
pub fn adopt(
    parts: &[Part],
    known: &[Section],
    custom: &Map<String, Value>,
    pointer: &'static str,
    random: &Random,
    now: Timestamp,
) -> Result<Vec<Section>> {
    let mut adoption = Adoption {
        left: flatten(known).into_iter().map(|(section, _, _)| section).collect(),
        named: HashSet::new(),
        nameless: HashSet::new(),
        custom,
        pointer,
        random,
        now,
        violations: Violations::default(),
    };
    adoption.names(parts);
    let mut sections = adoption.adopt_all(parts)?;
    adoption.violations.check()?;
    settle(&mut sections, Blame::on(pointer))?;
    Ok(sections)
}

struct Adoption<'a> {
    /// The known sections that no part has claimed yet.
    left: Vec<&'a Section>,
    /// The anchors that parts name.
    named: HashSet<Anchor>,
    /// The bodies of the parts that have neither heading nor anchor.
    nameless: HashSet<String>,
    custom: &'a Map<String, Value>,
    pointer: &'static str,
    random: &'a Random,
    now: Timestamp,
    violations: Violations,
}

impl Adoption<'_> {
    fn names(&mut self, parts: &[Part]) {
        for part in parts {
            match anchor_of(part) {
                Some(anchor) => self.named.insert(anchor),
                None => self.nameless.insert(part.body.clone()),
            };
            self.names(&part.sections);
        }
    }

    fn adopt_all(&mut self, parts: &[Part]) -> Result<Vec<Section>> {
        parts.iter().map(|part| self.adopt_one(part)).collect()
    }

    fn adopt_one(&mut self, part: &Part) -> Result<Section> {
        let place = || self.pointer.to_owned();
        let heading = match part.heading.as_deref() {
            None => None,
            Some(text) => self.violations.take(place(), heading(text)),
        };
        let body = self.violations.take(place(), body(&part.body)).unwrap_or_default();
        let named = anchor_of(part);
        let same_anchor = |section: &&Section| named.is_some() && section.anchor == named;
        let same_body = |section: &&Section| {
            !body.is_empty()
                && section.body == body
                && section.anchor.as_ref().is_none_or(|anchor| !self.named.contains(anchor))
        };
        let nameless = |section: &&Section| {
            named.is_none()
                && section.heading.is_none()
                && section.anchor.is_none()
                && (section.body == body || !self.nameless.contains(&section.body))
        };
        let find = |is_it: &dyn Fn(&&Section) -> bool| self.left.iter().position(is_it);
        let at = find(&same_anchor).or_else(|| find(&same_body)).or_else(|| find(&nameless));
        let before = at.map(|at| self.left.remove(at));
        let made = heading.as_deref().map(Anchor::from_heading);
        let written = part.anchor.clone().filter(|anchor| made.as_ref() != Some(anchor));
        let anchor =
            written.or_else(|| before.and_then(|section| section.anchor.clone())).or(part.anchor.clone());
        let kept = anchor.as_ref().and_then(|anchor| self.custom.get(anchor.as_str()));
        let custom = match kept {
            Some(Value::Object(custom)) => custom.clone(),
            _ => before.map(|section| section.custom.clone()).unwrap_or_default(),
        };
        self.violations.take(place(), check_custom(&custom));
        Ok(Section {
            id: match before {
                Some(section) => section.id,
                None => self.random.id(self.now)?,
            },
            heading,
            anchor,
            body,
            custom,
            sections: self.adopt_all(&part.sections)?,
        })
    }
}

/// The anchor a part names, or would get from its heading.
fn anchor_of(part: &Part) -> Option<Anchor> {
    part.anchor.clone().or_else(|| part.heading.as_deref().map(Anchor::from_heading))
}

/// Takes a heading.
///
/// # Errors
/// As [`line()`].
pub fn heading(text: &str) -> Result<String, Invalid> {
    line(text, MOST_HEADING)
}

/// Takes the body of a section or an intro.
///
/// # Errors
/// `too-long`, `heading-in-body`, `nested-too-deeply`.
pub fn body(text: &str) -> Result<String, Invalid> {
    if text.len() > MOST_BODY {
        return Err(Invalid::new("too-long", format!("at most {MOST_BODY} bytes; make it several sections")));
    }
    check_body(text)?;
    Ok(text.to_owned())
}
