//! What lists show of an article before it is opened: its opening, and how long it takes to read.

use unicode_segmentation::UnicodeSegmentation;

/// The most characters of an excerpt, its `…` included.
pub const EXCERPT_LENGTH: usize = 300;

/// Words a minute, the mean of silent reading of non-fiction in English (Brysbaert 2019).
pub const WORDS_PER_MINUTE: u32 = 238;

/// An excerpt that ends with a sentence has at least this many characters, or it ends with a word.
const SHORTEST_SENTENCES: usize = 120;

/// The opening of a plain text on one line, cut behind a sentence, or else behind a word and marked with `…`.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut opening = String::new();
    let mut length = 0;
    let mut room_for_mark = 0;
    for c in text.split_whitespace().flat_map(|word| word.chars().chain([' '])) {
        if length == EXCERPT_LENGTH && c != ' ' || length > EXCERPT_LENGTH {
            return shorten(opening.get(..room_for_mark).unwrap_or_default(), &opening);
        }
        length += 1;
        opening.push(c);
        if length == EXCERPT_LENGTH - 1 {
            room_for_mark = opening.len();
        }
    }
    opening.trim_end().to_owned()
}

/// How many words a plain text has: Unicode words, every ideograph and kana a word of its own.
#[must_use]
pub fn word_count(text: &str) -> u32 {
    u32::try_from(text.unicode_words().count()).unwrap_or(u32::MAX)
}

/// Minutes to read so many words at [`WORDS_PER_MINUTE`], rounded up, at least 1.
#[must_use]
pub fn reading_minutes(words: u32) -> u32 {
    words.div_ceil(WORDS_PER_MINUTE).max(1)
}

/// `cut` is `opening` with room for the mark.
fn shorten(cut: &str, opening: &str) -> String {
    let sentences: usize = opening
        .unicode_sentences()
        .map(str::len)
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .take_while(|end| *end < opening.len())
        .last()
        .unwrap_or(0);
    let whole = opening.get(..sentences).unwrap_or_default().trim_end();
    if whole.chars().count() >= SHORTEST_SENTENCES {
        return whole.to_owned();
    }
    // Scripts without spaces, and endless words, are cut where the room ends.
    let words =
        cut.rfind(' ').filter(|end| *end > cut.len() / 2).and_then(|end| cut.get(..end)).unwrap_or(cut);
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':', '–', '—', '-']))
}
