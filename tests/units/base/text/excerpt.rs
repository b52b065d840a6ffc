use lede::base::text::excerpt::{EXCERPT_LENGTH, excerpt, reading_minutes, word_count};

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
