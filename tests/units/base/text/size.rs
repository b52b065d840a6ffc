use lede::base::text::markdown::{Passage, Policy, render};
use lede::base::text::size::html_bound;
use proptest::prelude::*;

use super::kinds::{CONSTRUCTS, DEFINED, HTML};

/// What makes much of few bytes, and what may hide it from a reader of single lines.
const PARTS: &[&str] = &[
    "a",
    "é",
    "漢",
    "\u{a0}",
    "\0",
    "\u{7f}",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\u{c}\n",
    "    ",
    "> ",
    "- ",
    "+ ",
    "* ",
    "1. ",
    "999999999) ",
    "- [x] ",
    "# ",
    "*",
    "_",
    "**",
    "~",
    "`",
    "```",
    "~~~x\n",
    "***\n",
    "---\n",
    "===\n",
    "\\",
    "\\\n",
    "  \n",
    "!",
    "'",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "^",
    "{",
    "|",
    ",",
    ";",
    "/",
    "//",
    "//,",
    "=",
    "&",
    "&nGt;",
    "&gg;",
    "&amp;",
    "&quot;",
    "&nbsp",
    "&lt",
    "&Afr;",
    "<",
    ">",
    "[a](",
    "![a](<",
    ")",
    ">)",
    "[a]",
    "[^a]",
    "[^b]",
    "\n\n[^a]: ",
    "\n\n[^b]: x\n\n    y",
    "\n\n[a]: <",
    "\n\n[a]: /",
    ">\n'",
    "'\n\n",
    "\n[b]: \"",
    "\n|a|b|c|d|e|f|g|h\n|:-:|-|-|-|-|-|-|-\n",
    "\n|-|\n",
    "\nx\r\n",
    "<http://",
    "<a@b.c>",
    "<b>",
    "</b>",
    "<p>",
    "<h2>",
    "<td>",
    "<table>",
    "<ul><li>",
    "<i id=x>",
    "<div ",
    "<img src=//a alt=",
    "<a href=\"//",
    "<img srcset=\"//a, ",
    "\nsrcset='//,\n",
    "<pre>\n<img srcset=\"\n\n",
    " \">",
    "\">",
    "'>",
    "/>",
    "title",
    " id",
    "<iframe src=//player.vimeo.com allow=",
    "<!-- ",
    "-->",
];

fn check(text: &str) -> Result<(), TestCaseError> {
    let heading: String = text.split(['\n', '\r']).next().unwrap_or_default().to_owned();
    let passages = [
        Passage::from(text),
        Passage { heading: Some(&heading), body: "[^a] [a]" },
        Passage { heading: Some("[a] [^b]"), body: text },
    ];
    let rendered = render(&passages, &Policy::default());
    let headings = rendered.iter().flat_map(|passage| &passage.heading).map(|heading| heading.html.len());
    let html = rendered.iter().map(|passage| passage.html.len()).chain(headings).sum::<usize>();
    let bound =
        html_bound(passages.iter().flat_map(|passage| passage.heading.into_iter().chain([passage.body])));
    prop_assert!(
        html <= bound,
        "{} bytes, at most {}: {:?}",
        html,
        bound,
        text.chars().take(300).collect::<String>()
    );
    Ok(())
}

#[test]
fn every_kind_is_within_its_bound() {
    for kind in CONSTRUCTS.iter().chain(HTML).chain(DEFINED) {
        for length in [1, 100, 3_000] {
            check(&kind.text(length)).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn html_is_never_longer_than_its_bound(
        start in prop::collection::vec(prop::sample::select(PARTS), 0..4),
        part in prop::collection::vec(prop::sample::select(PARTS), 1..5),
        end in prop::collection::vec(prop::sample::select(PARTS), 0..3),
        length in prop::sample::select(vec![0, 200, 3_000]),
    ) {
        let part = part.concat();
        check(&(start.concat() + &part.repeat(1 + length / part.len()) + &end.concat()))?;
    }
}
