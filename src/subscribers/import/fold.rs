//! How headers and words are compared.

use std::collections::HashSet;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A header as it is compared: lower case, without accents, blanks and punctuation.
#[must_use]
pub fn fold(header: &str) -> String {
    if header.is_ascii() {
        return header.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    let plain = header.nfd().filter(|c| !is_combining_mark(*c) && c.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}

/// A set of words that folded texts are compared with.
pub(super) struct Words {
    written: &'static str,
    folded: OnceLock<HashSet<String>>,
}

impl Words {
    /// Words, separated by blanks, as people write them.
    pub(super) const fn new(written: &'static str) -> Self {
        Self { written, folded: OnceLock::new() }
    }

    fn folded(&self) -> &HashSet<String> {
        self.folded.get_or_init(|| self.written.split_whitespace().map(fold).collect())
    }

    /// Whether a folded text is one of them.
    pub(super) fn has(&self, folded: &str) -> bool {
        self.folded().contains(folded)
    }

    /// Whether one of them occurs in a folded text.
    pub(super) fn occur_in(&self, folded: &str) -> bool {
        self.folded().iter().any(|word| folded.contains(word.as_str()))
    }

    /// Whether a folded text ends with one of them.
    pub(super) fn end(&self, folded: &str) -> bool {
        self.folded().iter().any(|word| folded.ends_with(word.as_str()))
    }
}
