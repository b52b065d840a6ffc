//! Makes the anchors of an article unique.

use std::collections::{HashMap, HashSet};

use super::slug::{Anchor, MAX_LENGTH};
use super::steps;

/// The length of the longest number with its hyphen, in characters.
const LONGEST_NUMBER: usize = 11;

/// The anchors of an article so far.
#[derive(Debug, Default)]
pub struct UniqueAnchors {
    taken: HashSet<Anchor>,
    /// The next number for what numbered anchors begin with. Long headings that differ only at their ends are cut to
    /// the same beginning, so they share it: no number is tried twice, however many there are.
    next: HashMap<String, u32>,
}

impl UniqueAnchors {
    /// Takes an anchor. Returns whether it was free.
    pub fn take(&mut self, anchor: &Anchor) -> bool {
        self.taken.insert(anchor.clone())
    }

    /// Takes an anchor, or else the first free one that consists of it and a number.
    pub fn take_numbered(&mut self, plain: Anchor) -> Anchor {
        if self.take(&plain) {
            return plain;
        }
        let beginning: String = plain.as_str().chars().take(MAX_LENGTH - LONGEST_NUMBER).collect();
        let next = self.next.entry(beginning).or_insert(2);
        loop {
            steps::count(1);
            let anchor = plain.numbered(*next);
            *next = next.saturating_add(1);
            if self.taken.insert(anchor.clone()) {
                return anchor;
            }
        }
    }
}
