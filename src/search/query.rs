//! What is looked for: a small grammar that every text can be read by, so that no input ever reaches a database unparsed.
//! Space separates terms, quotes hold a phrase together, all terms have to be found, and the last word may go on.

use crate::base::error::Invalid;
use crate::base::text::words;

/// The most characters of a query.
pub const MAX_CHARACTERS: usize = 200;
/// The most words of a query: each is looked up on its own.
pub const MAX_WORDS: usize = 32;
/// A last word of fewer characters has to stand as it is: too much begins with it.
const SHORTEST_BEGINNING: usize = 2;

/// A query that was read: at least one term, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

/// Words that stand one behind the other: one word, a phrase, or what was written without a space, as in `well-known`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Folded, at least one.
    pub words: Vec<String>,
    /// Whether the last word may go on.
    pub open: bool,
}

impl Terms {
    /// Reads a query.
    ///
    /// # Errors
    /// `too-long`, `no-words`, `too-many-words`.
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
        // Of two that are the same but for the end, the one that is open says less.
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

    /// The terms, in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[Term] {
        &self.0
    }

    /// The word that may go on, if there is one.
    #[must_use]
    pub fn beginning(&self) -> Option<&str> {
        self.0.iter().find(|term| term.open)?.words.last().map(String::as_str)
    }
}
