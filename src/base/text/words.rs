//! Splits text into words for search and folds case, accents and ligatures. Articles and queries use the same function,
//! so that matching does not depend on the database; byte ranges map each word to its place in the text.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::steps;

/// Folding of a word stops once it has this many bytes; its last character may exceed the limit. Longer words are
/// compared by this prefix.
const MAX_BYTES: usize = 64;

/// Iterates over the words of a text. A word is an unbroken run of letters and digits; in scripts written without
/// spaces, each character is a word.
#[derive(Debug)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
    folded: String,
}

/// How a character affects word boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A letter or digit within a word.
    Part,
    /// A word of its own.
    Alone,
    /// A combining mark that distinguishes words.
    Sign,
    /// A mark or format character that is ignored in comparison.
    Silent,
    /// A separator.
    Gap,
}

impl<'a> Words<'a> {
    /// Starts at the beginning of a text.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0, folded: String::new() }
    }

    /// The next word: its byte range and its folded form, which consists of letters, digits and combining marks and is
    /// never empty.
    pub fn read(&mut self) -> Option<(Range<usize>, &str)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let skipped = rest.find(|c| matches!(role(c), Role::Part | Role::Alone))?;
            let start = self.at + skipped;
            steps::count(skipped);
            self.folded.clear();
            self.at = start + self.read_word(rest.get(skipped..)?);
            if !self.folded.is_empty() {
                return Some((start..self.at, &self.folded));
            }
        }
    }

    /// Folds the word at the start of `text` and returns its length in bytes.
    fn read_word(&mut self, text: &str) -> usize {
        let length = self.fold_word(text);
        steps::count(length);
        length
    }

    fn fold_word(&mut self, text: &str) -> usize {
        let mut alone = false;
        for (at, c) in text.char_indices() {
            match role(c) {
                Role::Part | Role::Alone if alone => return at,
                Role::Alone if at > 0 => return at,
                Role::Gap => return at,
                Role::Silent => continue,
                Role::Alone => alone = true,
                Role::Part | Role::Sign => {}
            }
            if self.folded.len() < MAX_BYTES {
                fold(c, &mut self.folded);
            }
        }
        text.len()
    }
}

/// The folded words of a text, in order.
#[must_use]
pub fn folded(text: &str) -> Vec<String> {
    let mut words = Words::of(text);
    let mut out = Vec::new();
    while let Some((_, word)) = words.read() {
        out.push(word.to_owned());
    }
    out
}

fn role(c: char) -> Role {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Role::Part } else { Role::Gap };
    }
    match u32::from(c) {
        // Soft hyphen, Arabic tatweel, zero-width joiners and word joiner.
        0xAD | 0x640 | 0x200C | 0x200D | 0x2060 => Role::Silent,
        _ if is_accent(c) => Role::Silent,
        _ if is_combining_mark(c) => Role::Sign,
        // Thai and Lao; Burmese; Khmer; kana; CJK ideographs with extension A, compatibility ideographs and
        // supplementary planes.
        0xE00..=0xEFF
        | 0x1000..=0x109F
        | 0x1780..=0x17FF
        | 0x3005..=0x3007
        | 0x3041..=0x30FF
        | 0x31F0..=0x31FF
        | 0x3400..=0x9FFF
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F
        | 0x1B000..=0x1B16F
        | 0x20000..=0x3FFFF
            if c.is_alphanumeric() =>
        {
            Role::Alone
        }
        _ if c.is_alphanumeric() => Role::Part,
        _ => Role::Gap,
    }
}

/// Marks that are optional in a query: accents of Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic.
/// Combining marks of other scripts are vowels and consonants and distinguish words.
fn is_accent(c: char) -> bool {
    matches!(
        u32::from(c),
        0x300..=0x36F
            | 0x483..=0x487
            | 0x591..=0x5C7
            | 0x610..=0x61A
            | 0x64B..=0x65F
            | 0x670
            | 0x6D6..=0x6ED
            | 0x1AB0..=0x1AFF
            | 0x1DC0..=0x1DFF
            | 0x20D0..=0x20FF
            | 0xFE20..=0xFE2F
    ) && is_combining_mark(c)
}

/// Appends the folded form of a character.
fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    for c in std::iter::once(c).nfkd().flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ŧ' => out.push('t'),
            'ς' => out.push('σ'),
            _ if matches!(role(c), Role::Silent | Role::Gap) => {}
            _ => out.push(c),
        }
    }
}
