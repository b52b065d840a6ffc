//! Matches the parts of a document that replaces a draft with the existing sections, so that sections keep their ids
//! and anchors although the document contains no ids.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Section;
use super::tree::{Pointers, flatten, normalize};
use crate::base::clock::Timestamp;
use crate::base::error::{Result, Violations};
use crate::base::random::Random;
use crate::base::text::outline::Part;
use crate::base::text::references::References;
use crate::base::text::slug::Anchor;
use crate::base::text::validate;

/// Builds a tree from the checked parts of a document at `pointer`, whose text before them is `intro`. A part is a
/// known section if it has its anchor, or else if its body is unchanged under another heading: then it keeps its
/// anchor unless another is written. Parts without a heading are matched by body, then by order. `custom` holds the
/// `custom` of sections, by anchor.
pub fn match_sections(
    intro: &str,
    parts: &[Part],
    known: &[Section],
    custom: &Map<String, Value>,
    pointer: &'static str,
    random: &Random,
    now: Timestamp,
) -> Result<Vec<Section>> {
    let mut names = Names::default();
    names.collect(parts);
    let mut matcher = Matcher {
        known: KnownSections::new(known, names),
        references: References::of([vec![intro], bodies(parts)].concat()),
        custom,
        pointer,
        random,
        now,
        violations: Violations::default(),
    };
    let mut sections = matcher.match_all(parts)?;
    matcher.violations.check()?;
    normalize(intro, &mut sections, Pointers::all(pointer))?;
    Ok(sections)
}

fn bodies(parts: &[Part]) -> Vec<&str> {
    parts.iter().flat_map(|part| [vec![part.body.as_str()], bodies(&part.sections)].concat()).collect()
}

/// What the parts are called.
#[derive(Default)]
struct Names {
    /// Their anchors.
    anchors: HashSet<Anchor>,
    /// The bodies of those that have neither heading nor anchor.
    nameless: HashSet<String>,
}

impl Names {
    fn collect(&mut self, parts: &[Part]) {
        for part in parts {
            match part.anchor.clone() {
                Some(anchor) => self.anchors.insert(anchor),
                None => self.nameless.insert(part.body.clone()),
            };
            self.collect(&part.sections);
        }
    }
}

/// The known sections, and what finds those that are not matched yet. Each look-up compares few bodies, because
/// thousands of parts are matched inside a write.
struct KnownSections<'a> {
    sections: Vec<&'a Section>,
    matched: Vec<bool>,
    by_anchor: HashMap<&'a Anchor, usize>,
    /// By body: those whose anchor no part has.
    by_body: HashMap<&'a str, Vec<usize>>,
    /// Those with neither heading nor anchor, and whether no nameless part has their body.
    nameless: Vec<(usize, bool)>,
}

impl<'a> KnownSections<'a> {
    fn new(known: &'a [Section], names: Names) -> Self {
        let sections: Vec<&Section> = flatten(known).into_iter().map(|(section, _, _)| section).collect();
        let mut found = Self {
            matched: vec![false; sections.len()],
            by_anchor: HashMap::new(),
            by_body: HashMap::new(),
            nameless: Vec::new(),
            sections: Vec::new(),
        };
        for (at, section) in sections.iter().copied().enumerate() {
            match &section.anchor {
                Some(anchor) => {
                    found.by_anchor.entry(anchor).or_insert(at);
                }
                None if section.heading.is_none() => {
                    found.nameless.push((at, !names.nameless.contains(&section.body)));
                }
                None => {}
            }
            if section.anchor.as_ref().is_none_or(|anchor| !names.anchors.contains(anchor)) {
                found.by_body.entry(&section.body).or_default().push(at);
            }
        }
        Self { sections, ..found }
    }

    /// The section that a part with this anchor and body is, if any. No other part is the same.
    fn take(&mut self, anchor: Option<&Anchor>, body: &str) -> Option<&'a Section> {
        let free = |at: &usize| self.matched.get(*at) == Some(&false);
        let same_anchor = || anchor.and_then(|anchor| self.by_anchor.get(anchor)).copied().filter(free);
        let same_body = || self.by_body.get(body).filter(|_| !body.is_empty())?.iter().copied().find(free);
        let nameless = || {
            let fits = |(at, is_left): &&(usize, bool)| {
                free(at) && (*is_left || body.is_empty() && self.is_empty(*at))
            };
            self.nameless.iter().filter(|_| anchor.is_none()).find(fits).map(|(at, _)| *at)
        };
        let at = same_anchor().or_else(same_body).or_else(nameless)?;
        *self.matched.get_mut(at)? = true;
        self.sections.get(at).copied()
    }

    fn is_empty(&self, at: usize) -> bool {
        self.sections.get(at).is_some_and(|section| section.body.is_empty())
    }
}

struct Matcher<'a> {
    known: KnownSections<'a>,
    references: References<'a>,
    custom: &'a Map<String, Value>,
    pointer: &'static str,
    random: &'a Random,
    now: Timestamp,
    violations: Violations,
}

impl Matcher<'_> {
    fn match_all(&mut self, parts: &[Part]) -> Result<Vec<Section>> {
        parts.iter().map(|part| self.match_one(part)).collect()
    }

    fn match_one(&mut self, part: &Part) -> Result<Section> {
        let (heading, body) = (part.heading.clone(), part.body.clone());
        let before = self.known.take(part.anchor.as_ref(), &body);
        let made = heading.as_deref().map(|heading| self.references.anchor(heading));
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
