//! How headers and words are compared.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A header as it is compared: lower case, without accents, blanks and punctuation.
#[must_use]
pub fn fold(header: &str) -> String {
    let plain = header.nfd().filter(|c| !is_combining_mark(*c) && c.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}
