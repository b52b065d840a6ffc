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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stay_whole_on_one_line() {
        assert_eq!(excerpt(" The tide\n\nturns.  "), "The tide turns.");
        assert_eq!(excerpt(""), "");
        let exact = "a".repeat(EXCERPT_LENGTH);
        assert_eq!(excerpt(&exact), exact);
    }

    #[test]
    fn long_texts_end_with_a_sentence_or_a_word() {
        let sentences = "The tide turns twice a day in this harbour. ".repeat(10);
        assert_eq!(excerpt(&sentences), "The tide turns twice a day in this harbour. ".repeat(6).trim_end());
        let words = excerpt(&"harbour, ".repeat(50));
        assert!(words.ends_with("harbour…") && words.chars().count() <= EXCERPT_LENGTH, "{words}");
        for text in ["漢".repeat(1000), "x".repeat(1000), "é \u{301}".repeat(1000), "\0".repeat(1000)] {
            assert!(excerpt(&text).chars().count() <= EXCERPT_LENGTH);
            assert!(excerpt(&text).ends_with('…'));
        }
    }

    #[test]
    fn words_are_counted_in_every_script() {
        assert_eq!(word_count("It's 3.5 km, isn't it? – Yes!"), 6);
        assert_eq!(word_count("潮の満ち引き"), 6);
        assert_eq!(word_count("Größe हिन्दी"), 2);
        assert_eq!(word_count(" \0… "), 0);
    }

    #[test]
    fn reading_takes_a_minute_at_least() {
        assert_eq!([0, 1, 238, 239, 1240, u32::MAX].map(reading_minutes), [1, 1, 1, 2, 6, 18_046_082]);
    }
}
