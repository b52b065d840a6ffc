use lede::base::error::Invalid;
use lede::base::text::validate::{
    MAX_URL, count, filled_text, line, number, optional_text, path, text, url, url_or_path,
};

fn code<T>(result: Result<T, Invalid>) -> String {
    result.err().map_or(String::new(), |invalid| invalid.code.into_owned())
}

#[test]
fn a_line_is_trimmed_and_has_no_control_characters() {
    assert_eq!(line("title", "  Sea & shore ", 200).unwrap(), "Sea & shore");
    assert!(line("title", &"é".repeat(200), 200).is_ok());
    assert_eq!(code(line("title", &"é".repeat(201), 200)), "title-too-long");
    assert_eq!(code(line("title", " \t", 200)), "title-empty");
    for value in ["a\nb", "a\0b", "a\u{2028}b"] {
        assert_eq!(code(line("title", value, 200)), "title-malformed", "{value:?}");
    }
}

#[test]
fn a_text_keeps_its_white_space_unless_it_has_to_say_something() {
    assert_eq!(text("summary", " One.\n", 6).unwrap(), " One.\n");
    assert_eq!(code(text("summary", "seven!!", 6)), "summary-too-long");
    assert_eq!(filled_text("statement", " One.\n", 6).unwrap(), "One.");
    assert_eq!(code(filled_text("statement", " \n ", 6)), "statement-empty");
    assert_eq!(optional_text("bio", " \n ", 6), Ok(None));
    assert_eq!(optional_text("bio", " One.\n", 6).unwrap().as_deref(), Some("One."));
    assert_eq!(code(optional_text("bio", "seven!!", 6)), "bio-too-long");
}

#[test]
fn a_url_is_absolute_and_of_the_web() {
    assert_eq!(url("image-url", "https://example.org/ü?a#b").unwrap(), "https://example.org/ü?a#b");
    let long = format!("https://example.org/{}", "x".repeat(MAX_URL));
    assert_eq!(code(url("image-url", &long)), "image-url-too-long");
    for value in
        ["", "/a", "javascript:alert(1)", "data:text/html,x", "ftp://a/", "https://a:b@c/", "https://a\t.b/"]
    {
        assert_eq!(code(url("image-url", value)), "image-url-malformed", "{value:?}");
    }
}

#[test]
fn a_path_starts_with_one_slash() {
    assert_eq!(url_or_path("url", "/a?b").unwrap(), "/a?b");
    assert_eq!(path("alias", "/a?b", 500).unwrap(), "/a?b");
    for value in ["a", "//a.example", "/a b", "", "https:"] {
        assert_eq!(code(url_or_path("url", value)), "url-malformed", "{value:?}");
        assert_eq!(code(path("alias", value, 500)), "alias-malformed", "{value:?}");
    }
    assert_eq!(code(path("alias", "/abc", 3)), "alias-too-long");
}

#[test]
fn bounds_are_included() {
    assert!(count("topics", 50, 50).is_ok());
    assert_eq!(code(count("topics", 51, 50)), "topics-too-many");
    assert_eq!(number("width", 1, &(1..=9)), Ok(1));
    assert_eq!(code(number("width", 10, &(1..=9))), "width-out-of-bounds");
}
