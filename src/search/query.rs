//! Parses search queries: spaces separate terms, quotes enclose a phrase, all terms must occur, and the last word also
//! matches as a prefix. Only parsed words reach a database, never the input itself.

use crate::base::error::Invalid;
use crate::base::text::words;

/// The most characters of a query.
pub const MAX_CHARACTERS: usize = 200;
/// The most words of a query: each costs an index lookup.
pub const MAX_WORDS: usize = 32;
/// The fewest characters of a last word that matches as a prefix. Shorter prefixes have too many completions.
const SHORTEST_BEGINNING: usize = 2;

/// A parsed query: at least one term, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

/// Words that must occur in sequence: a single word, a phrase, or words written without a space, such as `well-known`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The folded words, at least one.
    pub words: Vec<String>,
    /// Whether the last word also matches as a prefix.
    pub open: bool,
}

impl Terms {
    /// Parses a query.
    ///
    /// # Errors
    /// `query-too-long`, `query-empty`, `query-too-many-words`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(Invalid::new(
                "query-too-long",
                format!("Must be at most {MAX_CHARACTERS} characters."),
            ));
        }
        let is_quote = |c| matches!(c, '"' | '“' | '”' | '„');
        let mut terms: Vec<Term> = Vec::new();
        for (at, part) in text.split(is_quote).enumerate() {
            let is_phrase = at % 2 == 1;
            let chunks = if is_phrase { vec![part] } else { part.split_whitespace().collect() };
            let read = chunks.into_iter().map(words::folded).filter(|words| !words.is_empty());
            terms.extend(read.map(|words| Term { open: !is_phrase, words }));
        }
        let last = terms.len().saturating_sub(1);
        for (at, term) in terms.iter_mut().enumerate() {
            let ending = term.words.last().map_or(0, |word| word.chars().count());
            term.open &= at == last && ending >= SHORTEST_BEGINNING;
        }
        // Keeps the first of duplicate terms. Only the last term can be open, so the stricter one is kept.
        let mut kept: Vec<Term> = Vec::with_capacity(terms.len());
        for term in terms {
            if !kept.iter().any(|other| other.words == term.words) {
                kept.push(term);
            }
        }
        match kept.iter().map(|term| term.words.len()).sum::<usize>() {
            0 => Err(Invalid::new("query-empty", "Must contain at least one letter or digit.")),
            words if words > MAX_WORDS => {
                Err(Invalid::new("query-too-many-words", format!("Must be at most {MAX_WORDS} words.")))
            }
            _ => Ok(Self(kept)),
        }
    }

    /// The terms, in the order of the query.
    #[must_use]
    pub fn as_slice(&self) -> &[Term] {
        &self.0
    }

    /// The word that also matches as a prefix, if any.
    #[must_use]
    pub fn beginning(&self) -> Option<&str> {
        self.0.iter().find(|term| term.open)?.words.last().map(String::as_str)
    }
}
