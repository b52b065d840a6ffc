use lede::base::text::outline::{Document, Part, parse, parse_untitled, write};
use lede::base::text::slug::Anchor;

fn part(heading: &str, body: &str, sections: Vec<Part>) -> Part {
    let heading = Some(heading.to_owned()).filter(|heading| !heading.is_empty());
    let anchor = heading.as_deref().map(Anchor::from_heading);
    Part { heading, anchor, body: body.to_owned(), sections }
}

/// Depth, heading and anchor of every section, in document order.
fn shape(document: &Document) -> Vec<String> {
    fn walk(parts: &[Part], depth: usize, out: &mut Vec<String>) {
        for part in parts {
            let anchor = part.anchor.as_ref().map_or("", Anchor::as_str);
            out.push(format!("{depth} {} {anchor}", part.heading.as_deref().unwrap_or("-")));
            walk(&part.sections, depth + 1, out);
        }
    }
    let mut out = Vec::new();
    walk(&document.sections, 1, &mut out);
    out
}

#[test]
fn a_first_heading_of_level_one_is_the_title() {
    let document = parse("<!-- note -->\n\n# Tides & *harbours*\n\nIntro.\n\n## Ebb\n\nBody.\n\n# Flood\n");
    assert_eq!(document.title.as_deref(), Some("Tides & harbours"));
    assert_eq!(document.intro, "<!-- note -->\n\n\nIntro.");
    assert_eq!(shape(&document), ["1 Ebb ebb", "1 Flood flood"]);
}

#[test]
fn a_heading_that_does_not_come_first_is_a_section() {
    assert_eq!(parse("Text.\n\n# Ebb").title, None);
    assert_eq!(shape(&parse("Text.\n\n# Ebb")), ["1 Ebb ebb"]);
    assert_eq!(shape(&parse("<!-- section -->\n\n# Ebb")), ["1 - ", "1 Ebb ebb"]);
    assert_eq!(shape(&parse_untitled("# Ebb\n\n## Flood")), ["1 Ebb ebb", "2 Flood flood"]);
}

#[test]
fn skipped_levels_close_up_and_the_deepest_stand_side_by_side() {
    assert_eq!(shape(&parse("## A\n#### B\n### C\n###### D")), ["1 A a", "2 B b", "2 C c", "3 D d"]);
    let deep = parse_untitled("# A\n## B\n### C\n#### D\n##### E\n###### F\n##### G\n#### H");
    assert_eq!(shape(&deep), ["1 A a", "2 B b", "3 C c", "4 D d", "5 E e", "5 F f", "5 G g", "4 H h"]);
}

#[test]
fn only_headings_of_the_document_itself_count() {
    let body = "```\n# code\n<!-- section -->\n```\n\n> # quoted\n\n- # listed\n\n    # indented\n\n<div>\n# raw\n</div>\n\n\\# no";
    let document = parse(&format!("## A\n\n{body}\n\nUnder\nlined *two*\n---\n\nb"));
    assert_eq!(shape(&document), ["1 A a", "1 Under lined *two* under-lined-two"]);
    assert_eq!(document.sections[0].body, body);
}

#[test]
fn anchors_are_honoured_kept_and_unique() {
    let document =
        parse("## Ebb\n## Ebb\n## Ebb {#flood}\n## Flood\n## Ebb {#flood}\n## X {#a b}\n## Y {#Up.2}");
    assert_eq!(
        shape(&document),
        [
            "1 Ebb ebb",
            "1 Ebb ebb-2",
            "1 Ebb flood",
            "1 Flood flood-2",
            "1 Ebb ebb-3",
            "1 X {#a b} x-a-b",
            "1 Y Up.2"
        ]
    );
    assert_eq!(parse(&write(&document)), document);
    assert!(write(&document).starts_with("## Ebb\n\n## Ebb {#ebb-2}\n"));
}

#[test]
fn a_plain_marker_stands_beside_the_section_before_it() {
    let document = parse(
        "<!-- section -->\na\n## B\n### C\n<!--section-->\nd\n<!-- section 1 {#e} -->\ne\n<!-- section 3 -->\nf",
    );
    assert_eq!(shape(&document), ["1 - ", "1 B b", "2 C c", "2 - ", "1 - e", "2 - "]);
    assert_eq!(document.sections[1].sections[1].body, "d");
}

#[test]
fn sections_without_headings_keep_their_place() {
    let tree = Document {
        title: Some("A *b* `c` <d> [e](f) & #g \\ {#h}".into()),
        intro: "    code first".into(),
        sections: vec![
            part("", "", vec![part("", "x", vec![])]),
            part(
                "A",
                "",
                vec![
                    part(
                        "B",
                        "b",
                        vec![
                            part(
                                "C",
                                "",
                                vec![
                                    part("D", "", vec![]),
                                    part("", "after D", vec![part("", "deep", vec![])]),
                                ],
                            ),
                            part("", "at three", vec![]),
                        ],
                    ),
                    part("", "at two", vec![]),
                    part("", "", vec![]),
                ],
            ),
            part("", "last", vec![]),
        ],
    };
    assert_eq!(parse(&write(&tree)), tree, "{}", write(&tree));
}

#[test]
fn bodies_that_leave_a_block_open_do_not_swallow_what_follows() {
    for body in [
        "```\n# code",
        "~~~~rust\n```\ncode",
        "<!-- never closed",
        "<script>\nlet a = 1;",
        "<pre>\n\n# x",
        "<?php",
        "<![CDATA[ a",
        "<!DOCTYPE",
        "- ```\n  # in a list",
        "> ```\n> quoted",
        "<div>",
        "  ```\n  a",
        "[a]: /b",
        "[^1]: note",
        "| a |\n|---|\n| b |",
        "```",
        "<style>\n```\n<!-- section -->",
        "text\n<!-- a",
        "`````\n```",
        "```\na\n```\n<!-- closed -->",
        "a\n<!-- closed -->\nb",
        "<!-- closed -->",
        "```\n<!-- closed -->",
    ] {
        let tree = Document {
            intro: body.into(),
            sections: vec![part("A", body, vec![part("", body, vec![])])],
            ..Document::default()
        };
        assert_eq!(parse(&write(&tree)), tree, "{}", write(&tree));
    }
}

#[test]
fn headings_that_end_like_syntax_are_kept() {
    for heading in [
        "C #", "#", "###", "a {#b}", "a {b}", "#tag", "`#`", "a \\", "a \\#", "1. x", "- x", "> x", "{#x}",
        "=", "|",
    ] {
        let tree = Document { sections: vec![part(heading, "", vec![])], ..Document::default() };
        assert_eq!(parse(&write(&tree)), tree, "{}", write(&tree));
    }
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    assert_eq!(parse("\u{feff}# A\r\n\r\nb\r\nc\r\n## D\r"), parse("# A\n\nb\nc\n## D\n"));
    assert_eq!(parse(""), Document::default());
    assert_eq!(write(&Document::default()), "");
}

#[test]
fn markup_that_is_left_open_is_written_and_read_again() {
    for soup in [
        ">", "- ", "[", "<", "*", "`", "<!--", "1. ", "> - ", "[^1]: ", "&", "|", "\\", "\0", "<a ",
        "\u{202e}",
    ] {
        let document = parse(&soup.repeat(2_000));
        assert_eq!(parse(&write(&document)), document, "{soup}");
    }
}

#[test]
fn titles_and_anchors_are_made_of_what_is_read() {
    let text = "# [Tides][t] of[^n] <br>2024\n\n## [1.2.0] - 2024-05-01\n\n## See [the spec][s] [x][none]\n\n## Ebb[^n]\n\n[1.2.0]: /a\n[s]: /b\n[t]: /c\n\n[^n]: Note.\n";
    let document = parse(text);
    assert_eq!(document.title.as_deref(), Some("Tides of  2024"));
    assert_eq!(
        shape(&document),
        [
            "1 [1.2.0] - 2024-05-01 1.2.0-2024-05-01",
            "1 See [the spec][s] [x][none] see-the-spec-x-none",
            "1 Ebb[^n] ebb"
        ]
    );
    let written = write(&document);
    assert!(!written.contains("{#"), "{written}");
    assert_eq!(parse(&written), document);
}
