//! Finds the terms of a query in a text. Uses the tokenizer of the index, so that scores and highlights are the same on
//! both databases.
//!
//! All terms are compared at once, by the shift-and algorithm over words: each word of the query is a bit, and each
//! word of the text costs one look-up and a shift, however many terms there are.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::query::{MAX_WORDS, Term};
use crate::base::text::steps;
use crate::base::text::words::Words;

/// A set of the query's words.
type Set = u32;
const _: () = assert!(MAX_WORDS <= Set::BITS as usize, "each word of a query needs a bit");

/// An occurrence of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The index of the term in the query.
    pub term: usize,
    /// The range of bytes in the text.
    pub place: Range<usize>,
    /// Whether the last word matches as a whole, not only as a prefix.
    pub whole: bool,
}

/// The terms of a query, prepared for finding them.
#[derive(Debug, Clone)]
pub struct Finder<'a> {
    /// Where each word stands in the query.
    words: HashMap<&'a str, Set>,
    /// The first words of the terms.
    first: Set,
    /// The last words of the terms.
    last: Set,
    /// The last word of the open term, and its bit.
    beginning: Option<(&'a str, Set)>,
    /// By bit: the term, and how many of its words stand up to there.
    terms: Vec<(usize, usize)>,
}

/// An iterator over the occurrences in a text.
#[derive(Debug)]
pub struct Occurrences<'a> {
    finder: &'a Finder<'a>,
    words: Words<'a>,
    /// The query's words that the last words of the text match, each with those before it in its term.
    matched: Set,
    /// Where the last words of the text start, as many as a term can have.
    starts: VecDeque<usize>,
    found: VecDeque<Occurrence>,
}

impl<'a> Finder<'a> {
    /// Prepares the terms of a query.
    #[must_use]
    pub fn new(terms: &'a [Term]) -> Self {
        let mut finder =
            Self { words: HashMap::new(), first: 0, last: 0, beginning: None, terms: Vec::new() };
        for (number, term) in terms.iter().enumerate() {
            for (at, word) in term.words.iter().enumerate() {
                let bit = 1 << finder.terms.len();
                finder.terms.push((number, at + 1));
                *finder.words.entry(word).or_default() |= bit;
                if at == 0 {
                    finder.first |= bit;
                }
                if at + 1 == term.words.len() {
                    finder.last |= bit;
                    finder.beginning = if term.open { Some((word, bit)) } else { finder.beginning };
                }
            }
        }
        finder
    }

    /// The number of terms.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.last.count_ones() as usize
    }

    /// The occurrences in `text`, in the order in which they end.
    #[must_use]
    pub fn find(&'a self, text: &'a str) -> Occurrences<'a> {
        let starts = VecDeque::with_capacity(MAX_WORDS);
        Occurrences { finder: self, words: Words::of(text), matched: 0, starts, found: VecDeque::new() }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        let Self { finder, words, matched, starts, found } = self;
        while found.is_empty() {
            let (place, word) = words.read()?;
            if starts.len() == MAX_WORDS {
                starts.pop_back();
            }
            starts.push_front(place.start);
            let whole = finder.words.get(word).copied().unwrap_or_default();
            let begun = finder.beginning.filter(|(beginning, _)| word.starts_with(beginning));
            let candidates = (*matched << 1) | finder.first;
            *matched = candidates & (whole | begun.map_or(0, |(_, bit)| bit));
            let mut ended = *matched & finder.last;
            while ended != 0 {
                steps::count(1);
                let bit = ended.trailing_zeros();
                ended &= ended - 1;
                let Some((term, length)) = finder.terms.get(bit as usize).copied() else { continue };
                let Some(start) = starts.get(length - 1).copied() else { continue };
                found.push_back(Occurrence { term, place: start..place.end, whole: whole & (1 << bit) != 0 });
            }
        }
        found.pop_front()
    }
}
