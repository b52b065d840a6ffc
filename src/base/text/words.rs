//! Words as search compares them: without case, accents and ligatures, each with the place in the text it was read from.
//! Texts and queries are read by the same function, so what they hold meets on any database.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A folded word grows no longer than this, in bytes, but for what its last character adds: longer ones are known by
/// their beginning.
const MOST_BYTES: usize = 64;

/// Reads a text word by word. A word is an unbroken run of letters and digits; in scripts that are written without spaces,
/// every character is one.
#[derive(Debug)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
    folded: String,
}

/// What a character does to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Belongs to it.
    Part,
    /// Is one by itself.
    Alone,
    /// Belongs to the character before and is told apart.
    Sign,
    /// Belongs to the character before and makes no difference.
    Silent,
    /// Stands between words.
    Gap,
}

impl<'a> Words<'a> {
    /// The words of a text.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0, folded: String::new() }
    }

    /// The next word: where it stands, and what it is folded to, which is letters and digits alone and never empty.
    pub fn read(&mut self) -> Option<(Range<usize>, &str)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let skipped = rest.find(|c| matches!(role(c), Role::Part | Role::Alone))?;
            let start = self.at + skipped;
            self.folded.clear();
            self.at = start + self.read_word(rest.get(skipped..)?);
            if !self.folded.is_empty() {
                return Some((start..self.at, &self.folded));
            }
        }
    }

    /// Folds the word that `text` begins with and says how long it is.
    fn read_word(&mut self, text: &str) -> usize {
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
            if self.folded.len() < MOST_BYTES {
                fold(c, &mut self.folded);
            }
        }
        text.len()
    }
}

/// The words of a text, folded.
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
        // Soft hyphens, joiners, and the stroke that stretches Arabic words.
        0xAD | 0x640 | 0x200C | 0x200D | 0x2060 => Role::Silent,
        _ if is_accent(c) => Role::Silent,
        _ if is_combining_mark(c) => Role::Sign,
        // Thai, Lao; Burmese; Khmer; kana; Chinese characters, the early, the compatible and the rare ones, too.
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

/// Marks that a reader may leave out: accents on Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic.
/// Those of other scripts are vowels and consonants in their own right.
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

/// Appends what a character is compared as.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> String {
        folded(text).join(" ")
    }

    #[test]
    fn case_accents_and_ligatures_make_no_difference() {
        for (text, words) in [
            ("Café CAFE cafe\u{301}", "cafe cafe cafe"),
            ("Ångström, ÅNGSTRÖM", "angstrom angstrom"),
            ("Straße STRASSE ẞ", "strasse strasse ss"),
            ("Ærø Œuvre Łódź Þór", "aero oeuvre lodz thor"),
            ("İstanbul ıstanbul", "istanbul istanbul"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("Ёлка ЁЛКА", "елка елка"),
            ("ﬁn ｆｕｌｌ x² Ⅷ", "fin full x2 viii"),
            ("שָׁלוֹם שלום", "שלום שלום"),
            ("مُحَمَّد محمـد", "محمد محمد"),
            ("Schiff\u{ad}fahrt", "schifffahrt"),
            (
                "한국어 \u{1112}\u{1161}\u{11ab}국어",
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}\u{110b}\u{1165} \u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}\u{110b}\u{1165}",
            ),
        ] {
            assert_eq!(all(text), words, "{text}");
        }
        assert_ne!(all("हिन्दी"), all("हनद"));
        assert_eq!(all("が"), all("か\u{3099}"));
        assert_ne!(all("が"), all("か"));
    }

    #[test]
    fn words_end_where_letters_and_digits_do() {
        for (text, words) in [
            ("It's 3.5 km: well-known, isn't it?", "it s 3 5 km well known isn t it"),
            ("潮の満ち引き", "潮 の 満 ち 引 き"),
            ("東京tower 漢字1", "東 京 tower 漢 字 1"),
            ("ภาษาไทย", "ภ า ษ า ไ ท ย"),
            ("snake_case a.b@c <b>&amp;", "snake case a b c b amp"),
            (" — … 🚢 \u{301} \0", ""),
        ] {
            assert_eq!(all(text), words, "{text}");
        }
    }

    #[test]
    fn a_word_is_found_where_it_stands() {
        let text = "Der große Café\u{301}-Tisch 潮";
        let mut words = Words::of(text);
        let mut found = Vec::new();
        while let Some((place, _)) = words.read() {
            found.push(&text[place]);
        }
        assert_eq!(found, ["Der", "große", "Café\u{301}", "Tisch", "潮"]);
    }

    #[test]
    fn long_words_are_known_by_their_beginning() {
        let (long, longer) = ("x".repeat(64), "x".repeat(5000));
        assert_eq!(all(&long), all(&longer));
        assert_eq!(Words::of(&longer).read().unwrap().0, 0..5000);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_words_of_letters_and_digits_in_order(text in "(\\PC|[a-zA-Z ]|\\u{301}|\\u{0}|ﷺ|[ก-๛]|[ぁ-ん]){0,80}") {
            let mut words = Words::of(&text);
            let mut before = 0;
            while let Some((place, word)) = words.read() {
                prop_assert!(place.start >= before && place.end > place.start);
                prop_assert!(text.get(place.clone()).is_some());
                prop_assert!(!word.is_empty() && word.len() <= 2 * MOST_BYTES);
                prop_assert!(word.chars().all(|c| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit()), "{}", word);
                before = place.end;
            }
        }
    }
}
