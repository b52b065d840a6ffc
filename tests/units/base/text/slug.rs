use lede::articles::slugs;
use lede::base::error::Invalid;
use lede::base::text::slug::{Anchor, MAX_LENGTH, RESERVED, Slug};

fn code<T>(result: Result<T, Invalid>) -> String {
    result.err().map_or(String::new(), |invalid| invalid.code.into_owned())
}

#[test]
fn slugs_are_words_joined_by_single_hyphens() {
    assert_eq!(Slug::parse("tides-and-harbours-2").unwrap().as_str(), "tides-and-harbours-2");
    for bad in ["", "-a", "a-", "a--b", "A", "é", "a b", "a/b", "a\0", &"a".repeat(121)] {
        assert_eq!(code(Slug::parse(bad)), "slug-malformed", "{bad:?}");
    }
    assert!(Slug::parse(&"a".repeat(120)).is_ok());
}

#[test]
fn slugs_do_not_look_like_ids_and_some_are_reserved() {
    assert_eq!(code(Slug::parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")), "slug-looks-like-id");
    assert_eq!(code(Slug::parse("0190a1b2c3d47e5f8a9b0c1d2e3f4a5b")), "slug-looks-like-id");
    for word in RESERVED {
        assert!(Slug::parse(word).unwrap().is_reserved(), "{word}");
        assert_eq!(slugs::parse(word).unwrap_err().code, "slug-reserved", "{word}");
        assert_eq!(slugs::from_title(word).as_str(), format!("{word}-2"));
    }
    assert!(!Slug::parse("tides").unwrap().is_reserved());
}

#[test]
fn titles_of_any_script_become_slugs() {
    let cases = [
        ("Don’t panic, Łódź!", "dont-panic-lodz"),
        ("北京", "bei-jing"),
        ("Привет, мир", "privet-mir"),
        ("  ", "untitled"),
        ("…!\0", "untitled"),
        ("Feeds", "feeds"),
        ("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b-2"),
    ];
    for (title, slug) in cases {
        assert_eq!(Slug::from_title(title).as_str(), slug, "{title}");
    }
}

#[test]
fn long_titles_are_cut_at_the_end_of_a_word() {
    let slug = Slug::from_title(&"harbour ".repeat(100));
    assert_eq!(slug.as_str(), ["harbour"; 15].join("-"));
    assert_eq!(Slug::from_title(&"x".repeat(500)).as_str().len(), 120);
}

#[test]
fn numbers_stay_within_the_bound() {
    let long = Slug::from_title(&"x".repeat(500));
    assert_eq!(long.numbered(u32::MAX).as_str().len(), MAX_LENGTH);
    assert_eq!(Slug::from_title("Tides").numbered(2).to_string(), "tides-2");
    assert_eq!(Anchor::from_heading("Ebb").numbered(3).as_str(), "ebb-3");
}

#[test]
fn anchors_keep_letters_of_every_script() {
    let cases = [
        ("Reading the *water*", "reading-the-water"),
        ("Größe & `Maß`", "größe-maß"),
        ("हिन्दी पाठ", "हिन्दी-पाठ"),
        ("Version 2.1.", "version-2.1"),
        ("[Slack water](https://example.org/a)", "slack-water"),
        ("!!!", "section"),
        ("fn 1", "section-fn-1"),
        ("", "section"),
    ];
    for (heading, anchor) in cases {
        assert_eq!(Anchor::from_heading(heading).as_str(), anchor, "{heading}");
    }
}

#[test]
fn anchors_are_taken_as_written_or_refused() {
    assert_eq!(Anchor::parse("Slack_Water.2").unwrap().as_str(), "Slack_Water.2");
    for bad in ["", "-a", "a b", "a#b", "\u{301}a", &"é".repeat(121)] {
        assert_eq!(code(Anchor::parse(bad)), "anchor-malformed", "{bad:?}");
    }
    assert_eq!(code(Anchor::parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")), "anchor-looks-like-id");
    assert_eq!(code(Anchor::parse("fn-1")), "anchor-reserved");
}
