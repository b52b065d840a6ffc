//! A document that is written and read again is the same document.

use std::collections::HashSet;

use lede::base::text::markdown::check_body;
use lede::base::text::outline::{Document, MAX_DEPTH, Part, parse, write};
use lede::base::text::slug::Anchor;
use proptest::prelude::*;

const LINES: &[&str] = &[
    "Plain words",
    "",
    "",
    "# One",
    "## Two {#two}",
    "### Three #",
    "#### ",
    "###### Six",
    "#hash",
    "Title\n===",
    "Under\n---",
    "***",
    "---",
    "===",
    "```",
    "~~~",
    "````rust",
    "    # code",
    "\tcode",
    "> quote",
    "> # in quote",
    "- item",
    "  - nested",
    "1. one",
    "   continued",
    "<div>",
    "</div>",
    "<!-- section -->",
    "<!-- section 3 -->",
    "<!-- section {#x} -->",
    "<!-- a",
    "-->",
    "<!-- closed -->",
    "<script>",
    "</script>",
    "<pre>",
    "</pre>",
    "<?x",
    "?>",
    "[ref]: /url \"t\"",
    "[ref]",
    "[^n]: note",
    "text[^n]",
    "| a | b |",
    "|---|:-:|",
    "| c | d |",
    "- [ ] task",
    "a  ",
    "b\\",
    "*em* **st** `c`",
    "<details><summary>s</summary>",
    "![p](q)",
    "\\# not",
    "&amp; &#35;",
    "\u{a0}",
    "é 漢 \u{202e}",
    "{#id}",
    "\u{c}",
    "  # spaced",
    "   ```",
    "+",
    "*",
    "<b>",
    "<h2>raw</h2>",
    "[^n]:",
    ":::",
    "<a href='x",
    "\0",
];

fn soup(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(LINES), 0..max).prop_map(|lines| lines.join("\n"))
}

/// A body as it is kept: without blank lines at both ends, the first line with its indentation.
fn kept(body: &str) -> String {
    let lines: Vec<&str> = body.trim_end_matches([' ', '\t', '\n']).split('\n').collect();
    let is_blank = |line: &&str| line.chars().all(|c| matches!(c, ' ' | '\t'));
    let first = lines.iter().position(|line| !is_blank(line)).unwrap_or(lines.len());
    lines[first..].join("\n")
}

fn body() -> impl Strategy<Value = String> {
    soup(7).prop_map(|body| if check_body(&body).is_ok() { kept(&body) } else { String::new() })
}

fn heading() -> impl Strategy<Value = Option<String>> {
    let written = "[a-c#{}*`\\\\ <\\[\\]é0-9.-]{1,12}".prop_map(|text| text.trim().to_owned());
    prop::option::weighted(0.6, written).prop_map(|heading| heading.filter(|text| !text.is_empty()))
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let leaf =
        (heading(), prop::option::weighted(0.2, "[a-z]{1,3}"), body()).prop_map(|(heading, anchor, body)| {
            Part {
                anchor: anchor.and_then(|anchor| Anchor::parse(&anchor).ok()),
                heading,
                body,
                sections: Vec::new(),
            }
        });
    let tree = leaf.prop_recursive(4, 12, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..3)).prop_map(|(mut part, mut children)| {
            part.sections.append(&mut children);
            part
        })
    });
    prop::collection::vec(tree, 0..4)
}

/// Gives every section that has a heading or an anchor one that no other has.
fn name_apart(parts: &mut [Part], taken: &mut HashSet<Anchor>) {
    for part in parts {
        let wanted = part.anchor.take().or_else(|| part.heading.as_deref().map(Anchor::from_heading));
        part.anchor = wanted.map(|anchor| {
            let numbered = (2..).map(|n| anchor.numbered(n));
            let mut free = std::iter::once(anchor.clone()).chain(numbered);
            free.find(|anchor| taken.insert(anchor.clone())).expect("a free one")
        });
        name_apart(&mut part.sections, taken);
    }
}

fn deepest(parts: &[Part]) -> usize {
    parts.iter().map(|part| 1 + deepest(&part.sections)).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_as_the_same_tree(title in prop::option::of("[ -~é]{1,20}"), intro in body(), sections in parts()) {
        prop_assume!(deepest(&sections) <= MAX_DEPTH);
        let title = title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
        let mut tree = Document { title, intro, sections };
        name_apart(&mut tree.sections, &mut HashSet::new());
        let written = write(&tree);
        prop_assert_eq!(parse(&written), tree, "{}", written);
    }

    #[test]
    fn any_soup_is_read_into_bodies_and_reads_the_same_again(markdown in soup(25)) {
        fn bodies(parts: &[Part]) -> Vec<&str> {
            parts.iter().flat_map(|part| [vec![part.body.as_str()], bodies(&part.sections)].concat()).collect()
        }
        let document = parse(&markdown);
        for body in bodies(&document.sections).into_iter().chain([document.intro.as_str()]) {
            prop_assert!(!check_body(body).is_err_and(|invalid| invalid.code == "heading-in-body"), "{:?}", body);
        }
        let written = write(&document);
        prop_assert_eq!(parse(&written), document, "{}", written);
    }
}
