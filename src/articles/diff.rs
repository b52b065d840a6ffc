//! What a write changed: which fields of the metadata and of each section differ, and which sections were moved.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::tree::flatten;
use super::{Metadata, Section};
use crate::base::ids::SectionId;

/// The fields of the metadata that differ.
#[must_use]
pub fn metadata_fields(before: &Metadata, after: &Metadata) -> Vec<String> {
    if before == after {
        return Vec::new();
    }
    let fields = |metadata| match serde_json::to_value(metadata) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name).collect()
}

/// The sections that differ, and which fields of each; `None` for a removed one.
#[must_use]
pub fn section_fields(
    before: &[Section],
    after: &[Section],
    moved: &[SectionId],
) -> Vec<(SectionId, Option<Vec<String>>)> {
    let moved: HashSet<SectionId> = moved.iter().copied().collect();
    let (before, after) = (flatten(before), flatten(after));
    let by_id: HashMap<SectionId, &Section> = before.iter().map(|(old, ..)| (old.id, *old)).collect();
    let remaining: HashSet<SectionId> = after.iter().map(|(new, ..)| new.id).collect();
    let removed = before.iter().map(|(old, ..)| old.id).filter(|id| !remaining.contains(id));
    let mut changes: Vec<_> = removed.map(|id| (id, None)).collect();
    for (new, ..) in &after {
        let old = by_id.get(&new.id);
        let differs = [
            ("heading", old.is_none_or(|old| old.heading != new.heading)),
            ("anchor", old.is_none_or(|old| old.anchor != new.anchor)),
            ("body", old.is_none_or(|old| old.body != new.body)),
            ("custom", old.is_none_or(|old| old.custom != new.custom)),
            ("place", old.is_none() || moved.contains(&new.id)),
        ];
        let fields: Vec<String> =
            differs.iter().filter(|(_, differs)| *differs).map(|(field, _)| (*field).to_owned()).collect();
        if !fields.is_empty() {
            changes.push((new.id, Some(fields)));
        }
    }
    changes
}

/// The sections that a tree which replaces another moves: below another parent, or in another order among those that
/// keep their parent. Sections that are added or removed beside them do not move them.
#[must_use]
pub fn moved_sections(before: &[Section], after: &[Section]) -> Vec<SectionId> {
    let before: HashMap<SectionId, (Option<SectionId>, i64)> =
        flatten(before).into_iter().map(|(old, parent, position)| (old.id, (parent, position))).collect();
    let mut moved = Vec::new();
    let mut siblings: HashMap<Option<SectionId>, Vec<(SectionId, i64)>> = HashMap::new();
    for (new, parent, _) in flatten(after) {
        match before.get(&new.id) {
            Some((old_parent, position)) if *old_parent == parent => {
                siblings.entry(parent).or_default().push((new.id, *position));
            }
            Some(_) => moved.push(new.id),
            None => {}
        }
    }
    for siblings in siblings.values() {
        let in_order = longest_increasing(siblings);
        moved.extend(siblings.iter().map(|(id, _)| *id).filter(|id| !in_order.contains(id)));
    }
    moved
}

/// The largest number of siblings that are still in their old order: the longest increasing subsequence of positions.
fn longest_increasing(siblings: &[(SectionId, i64)]) -> HashSet<SectionId> {
    // For each length, the sequence of that length that ends lowest: the number of its last sibling.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(siblings.len());
    let position_of = |number: usize| siblings.get(number).map_or(i64::MAX, |(_, position)| *position);
    for (number, (_, position)) in siblings.iter().enumerate() {
        let length = ends.partition_point(|end| position_of(*end) < *position);
        before.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = number,
            None => ends.push(number),
        }
    }
    let mut last = ends.last().copied();
    let mut sequence = HashSet::new();
    while let Some((number, (id, _))) = last.and_then(|last| Some((last, siblings.get(last)?))) {
        sequence.insert(*id);
        last = before.get(number).copied().flatten();
    }
    sequence
}
