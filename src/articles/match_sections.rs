//! Matches the parts of a document that replaces a draft with the existing sections, so that sections keep their ids
//! and anchors although the document contains no ids.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Section;
use super::tree::{Pointers, flatten, normalize};
use crate::base::clock::Timestamp;
use crate::base::error::{Result, Violations};
use crate::base::random::Random;
use crate::base::text::outline::Part;
use crate::base::text::slug::Anchor;
use crate::base::text::validate;

/// Builds a tree from the checked parts of a document at `pointer`. A part is a known section if it has its anchor, or
/// else if its body is unchanged under another heading: then it keeps its anchor unless another is written. Parts
/// without a heading are matched by body, then by order. `custom` holds the `custom` of sections, by anchor.
pub fn match_sections(
    parts: &[Part],
    known: &[Section],
    custom: &Map<String, Value>,
    pointer: &'static str,
    random: &Random,
    now: Timestamp,
) -> Result<Vec<Section>> {
    let mut matcher = Matcher {
        left: flatten(known).into_iter().map(|(section, _, _)| section).collect(),
        named: HashSet::new(),
        nameless: HashSet::new(),
        custom,
        pointer,
        random,
        now,
        violations: Violations::default(),
    };
    matcher.names(parts);
    let mut sections = matcher.match_all(parts)?;
    matcher.violations.check()?;
    normalize(&mut sections, Pointers::all(pointer))?;
    Ok(sections)
}

struct Matcher<'a> {
    /// The known sections that are not matched yet.
    left: Vec<&'a Section>,
    /// The anchors of the parts.
    named: HashSet<Anchor>,
    /// The bodies of the parts that have neither heading nor anchor.
    nameless: HashSet<String>,
    custom: &'a Map<String, Value>,
    pointer: &'static str,
    random: &'a Random,
    now: Timestamp,
    violations: Violations,
}

impl Matcher<'_> {
    fn names(&mut self, parts: &[Part]) {
        for part in parts {
            match anchor_of(part) {
                Some(anchor) => self.named.insert(anchor),
                None => self.nameless.insert(part.body.clone()),
            };
            self.names(&part.sections);
        }
    }

    fn match_all(&mut self, parts: &[Part]) -> Result<Vec<Section>> {
        parts.iter().map(|part| self.match_one(part)).collect()
    }

    fn match_one(&mut self, part: &Part) -> Result<Section> {
        let (heading, body) = (part.heading.clone(), part.body.clone());
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
        self.violations.take(self.pointer, validate::custom(&custom));
        Ok(Section {
            id: match before {
                Some(section) => section.id,
                None => self.random.id(self.now)?,
            },
            heading,
            anchor,
            body,
            custom,
            sections: self.match_all(&part.sections)?,
        })
    }
}

/// The anchor a part names, or would get from its heading.
fn anchor_of(part: &Part) -> Option<Anchor> {
    part.anchor.clone().or_else(|| part.heading.as_deref().map(Anchor::from_heading))
}
