use proptest::prelude::*;

use lede::base::text::words::{Words, folded};

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
            prop_assert!(!word.is_empty() && word.len() <= 2 * 64);
            prop_assert!(word.chars().all(|c| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit()), "{}", word);
            before = place.end;
        }
    }
}
