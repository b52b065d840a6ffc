//! Finds the terms of a query in a text. Uses the tokenizer of the index, so that scores and highlights are the same on
//! both databases.

use std::collections::VecDeque;
use std::ops::Range;

use super::query::Term;
use crate::base::text::words::Words;

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

/// An iterator over the occurrences in a text.
#[derive(Debug)]
pub struct Occurrences<'a> {
    terms: &'a [Term],
    words: Words<'a>,
    partial: Vec<PartialMatch>,
    found: VecDeque<Occurrence>,
}

/// A term whose first words have matched.
#[derive(Debug)]
struct PartialMatch {
    term: usize,
    met: usize,
    from: usize,
}

impl<'a> Occurrences<'a> {
    /// The occurrences of `terms` in `text`, in the order in which they end.
    #[must_use]
    pub fn of(terms: &'a [Term], text: &'a str) -> Self {
        Self { terms, words: Words::of(text), partial: Vec::new(), found: VecDeque::new() }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        while self.found.is_empty() {
            let (place, word) = self.words.read()?;
            let begin = (0..self.terms.len()).map(|term| PartialMatch { term, met: 0, from: place.start });
            self.partial.extend(begin);
            let (terms, found) = (self.terms, &mut self.found);
            self.partial.retain_mut(|partial| {
                let Some(term) = terms.get(partial.term) else { return false };
                let Some(wanted) = term.words.get(partial.met) else { return false };
                let is_last = partial.met + 1 == term.words.len();
                let whole = word == wanted;
                let goes_on = is_last && term.open && word.starts_with(wanted.as_str());
                if !(whole || goes_on) {
                    return false;
                }
                partial.met += 1;
                if is_last {
                    found.push_back(Occurrence { term: partial.term, place: partial.from..place.end, whole });
                }
                !is_last
            });
        }
        self.found.pop_front()
    }
}
