//! What differs between two states of an article, section by section and word by word. It takes time, so it runs in the pool
//! for the processor.

use std::collections::{HashMap, HashSet};

use super::diff::moved_sections;
use super::tree::flatten;
use super::{Content, Section};
use crate::base::ids::SectionId;
use crate::base::text::excerpt::word_count;
use crate::base::text::word_diff::{Budget, Run, WordOp, word_diff};

/// What became of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionChange {
    /// It is new.
    Added,
    /// It was removed.
    Removed,
    /// Its position changed, its text did not.
    Moved,
    /// Its heading, anchor, body or custom fields differ.
    Edited,
}

/// A section that differs.
#[derive(Debug)]
pub struct ChangedSection<'a> {
    /// Its id.
    pub id: SectionId,
    /// What became of it.
    pub change: SectionChange,
    /// The older one; `None` for one that was added.
    pub before: Option<&'a Section>,
    /// The newer one; `None` for one that was removed.
    pub after: Option<&'a Section>,
    /// Whether its parent changed, or its order among the sections that both sides have.
    pub is_moved: bool,
    /// The passages of its body; none if the body is the same.
    pub words: Vec<Run<'a>>,
}

/// What differs between two states of an article.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The passages of the intro; none if it is the same.
    pub intro: Vec<Run<'a>>,
    /// The sections that differ, in document order. A removed section follows the section that it followed before.
    pub sections: Vec<ChangedSection<'a>>,
    /// The number of words that were added.
    pub added: u32,
    /// The number of words that were removed.
    pub removed: u32,
}

/// Compares two states of an article. `None` is what was before the first.
#[must_use]
pub fn compare<'a>(before: Option<&'a Content>, after: &'a Content) -> Comparison<'a> {
    let mut budget = Budget::default();
    let intro = before.map_or("", |before| before.metadata.intro.as_str());
    let intro = changed_words(intro, &after.metadata.intro, &mut budget);
    let old_sections = before.map_or(&[][..], |before| &before.sections);
    let moved: HashSet<SectionId> = moved_sections(old_sections, &after.sections).into_iter().collect();
    let sections = pairs(old_sections, &after.sections)
        .into_iter()
        .filter_map(|(id, old, new)| {
            let is_moved = moved.contains(&id);
            let change = match (old, new) {
                (None, _) => SectionChange::Added,
                (_, None) => SectionChange::Removed,
                (Some(old), Some(new)) if !is_same(old, new) => SectionChange::Edited,
                _ if is_moved => SectionChange::Moved,
                _ => return None,
            };
            let body = |section: Option<&'a Section>| section.map_or("", |section| section.body.as_str());
            let words = changed_words(body(old), body(new), &mut budget);
            Some(ChangedSection { id, change, before: old, after: new, is_moved, words })
        })
        .collect();
    let mut comparison = Comparison { intro, sections, added: 0, removed: 0 };
    comparison.added = comparison.count(WordOp::Insert);
    comparison.removed = comparison.count(WordOp::Delete);
    comparison
}

impl Comparison<'_> {
    fn count(&self, op: WordOp) -> u32 {
        let runs = self.sections.iter().flat_map(|section| &section.words).chain(&self.intro);
        runs.filter(|run| run.op == op).map(|run| word_count(run.text)).fold(0, u32::saturating_add)
    }
}

fn changed_words<'a>(before: &'a str, after: &'a str, budget: &mut Budget) -> Vec<Run<'a>> {
    if before == after { Vec::new() } else { word_diff(before, after, budget) }
}

/// Whether two sections are the same apart from their position and the sections below them.
fn is_same(old: &Section, new: &Section) -> bool {
    (&old.heading, &old.anchor, &old.body, &old.custom) == (&new.heading, &new.anchor, &new.body, &new.custom)
}

/// A section with its older and its newer form.
type Pair<'a> = (SectionId, Option<&'a Section>, Option<&'a Section>);

/// Every section, in the order of [`Comparison::sections`].
fn pairs<'a>(before: &'a [Section], after: &'a [Section]) -> Vec<Pair<'a>> {
    let sections = |tree: &'a [Section]| flatten(tree).into_iter().map(|(section, ..)| section);
    let old: HashMap<SectionId, &Section> = sections(before).map(|section| (section.id, section)).collect();
    let new: HashSet<SectionId> = sections(after).map(|section| section.id).collect();
    // Those that were removed, by the remaining section that they followed.
    let (mut removed, mut last): (HashMap<Option<SectionId>, Vec<&Section>>, _) = (HashMap::new(), None);
    for section in sections(before) {
        if new.contains(&section.id) {
            last = Some(section.id);
        } else {
            removed.entry(last).or_default().push(section);
        }
    }
    let mut out = Vec::new();
    let mut put_removed = |after: Option<SectionId>, out: &mut Vec<Pair<'a>>| {
        out.extend(
            removed
                .remove(&after)
                .unwrap_or_default()
                .into_iter()
                .map(|section| (section.id, Some(section), None)),
        );
    };
    put_removed(None, &mut out);
    for section in sections(after) {
        out.push((section.id, old.get(&section.id).copied(), Some(section)));
        put_removed(Some(section.id), &mut out);
    }
    out
}
