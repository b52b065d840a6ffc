//! Excerpts, word counts and reading times, which lists of articles show without the text.

use unicode_segmentation::UnicodeSegmentation;

use super::steps;

/// The maximum length of an excerpt in characters, including its `…`.
pub const EXCERPT_LENGTH: usize = 300;

/// The mean rate of silent reading of English non-fiction (Brysbaert 2019).
pub const WORDS_PER_MINUTE: u32 = 238;

/// The minimum length of an excerpt cut after a sentence, in characters; a shorter one is cut after a word instead.
const SHORTEST_SENTENCES: usize = 120;

/// The beginning of a plain text on one line, cut after a sentence, or else after a word and marked with `…`.
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
        steps::count(1);
        opening.push(c);
        if length == EXCERPT_LENGTH - 1 {
            room_for_mark = opening.len();
        }
    }
    opening.trim_end().to_owned()
}

/// The number of words, as Unicode segments them (UAX #29): each ideograph and each hiragana counts as one.
#[must_use]
pub fn word_count(text: &str) -> u32 {
    u32::try_from(text.unicode_words().count()).unwrap_or(u32::MAX)
}

/// Minutes to read this many words at [`WORDS_PER_MINUTE`], rounded up, at least 1.
#[must_use]
pub fn reading_minutes(words: u32) -> u32 {
    words.div_ceil(WORDS_PER_MINUTE).max(1)
}

/// `cut` is `opening` without its last character, which makes room for the `…`.
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
    // Text without a space in its second half, such as a script without spaces or a long URL, is cut at the limit.
    let words =
        cut.rfind(' ').filter(|end| *end > cut.len() / 2).and_then(|end| cut.get(..end)).unwrap_or(cut);
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':', '–', '—', '-']))
}
