use lede::base::text::Locale;

#[test]
fn a_locale_is_kept_in_the_usual_case() {
    for (given, kept) in
        [("EN", "en"), ("de_at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")]
    {
        assert_eq!(Locale::parse(given).unwrap().as_str(), kept);
    }
}

#[test]
fn anything_else_is_refused() {
    for given in ["", "e", "engl", "en-", "en-x-y", "en-USA", "d€", "en-US-US"] {
        assert!(Locale::parse(given).is_err(), "{given}");
    }
}
