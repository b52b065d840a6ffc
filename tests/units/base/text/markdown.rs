use lede::base::text::markdown::{Heading, Passage, Policy, check_body, render};

use super::{check, one, passage, render_heading};

#[test]
fn markdown_and_its_usual_extensions_are_rendered() {
    check(
        "a *b* **c** ~~d~~ `e<f` <https://a.example>",
        "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;f</code> <a href=\"https://a.example\">https://a.example</a></p>",
    );
    check("```rust\nfn a() {}\n```", "<pre><code class=\"language-rust\">fn a() {}\n</code></pre>");
    check(
        "- [x] a\n- [ ] b",
        "<ul>\n<li><input disabled=\"\" type=\"checkbox\" checked=\"\">\na</li>\n<li><input disabled=\"\" type=\"checkbox\">\nb</li>\n</ul>",
    );
    check(
        "|a|b|\n|:-|-:|\n|c|d|",
        "<table><thead><tr><th align=\"left\">a</th><th align=\"right\">b</th></tr></thead><tbody>\n<tr><td align=\"left\">c</td><td align=\"right\">d</td></tr>\n</tbody></table>",
    );
    check("\"a\" -- b... > [!NOTE]", "<p>\"a\" -- b... &gt; [!NOTE]</p>");
    check("![a *b*](c.png \"d\")", "<p><img src=\"c.png\" alt=\"a b\" title=\"d\"></p>");
    check("[a <b@c.d> e](f)", "<p><a href=\"f\">a </a><a href=\"mailto:b@c.d\">b@c.d</a> e</p>");
    check("> # Quoted", "<blockquote>\n<p><strong>Quoted</strong></p>\n</blockquote>");
}

#[test]
fn definitions_of_any_body_serve_all() {
    let pages = render(
        &[
            "[A][ref], [ref] and [none]\n\n[here]: /mine",
            "[HERE] ![x][Ref]",
            "[Ref]: https://a.example/ 'T'\n[here]: /other",
        ],
        &Policy::default(),
    );
    assert_eq!(
        pages[0].html,
        "<p><a href=\"https://a.example/\" title=\"T\">A</a>, <a href=\"https://a.example/\" title=\"T\">ref</a> and [none]</p>\n"
    );
    assert_eq!(
        pages[1].html,
        "<p><a href=\"/mine\">HERE</a> <img src=\"https://a.example/\" alt=\"x\" title=\"T\"></p>\n"
    );
    assert_eq!(pages[2].html, "");
}

#[test]
fn footnotes_are_numbered_through_the_article() {
    let pages = render(
        &[
            "a[^z] b[^x]",
            "    code\n\nc[^x] d[^y]\n\n[^x]: Note x.\n[^unused]: No.",
            "[^y]: Y, see[^w].\n\n[^z]: Z\n\n    two\n\n[^w]: W",
        ],
        &Policy::default(),
    );
    assert_eq!(
        pages[0].html,
        concat!(
            "<p>a<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\" class=\"footnote-ref\" role=\"doc-noteref\">1</a></sup>",
            " b<sup class=\"footnote-ref\"><a href=\"#fn-2\" id=\"fnref-2\" class=\"footnote-ref\" role=\"doc-noteref\">2</a></sup></p>\n",
            "<section class=\"footnotes\" role=\"doc-endnotes\">\n<ol>\n<li id=\"fn-1\">\n<p>Z</p>\n<p>two",
            " <a href=\"#fnref-1\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"Back to reference 1\">↩</a></p>\n</li>\n",
            "<li id=\"fn-2\">\n<p>Note x.",
            " <a href=\"#fnref-2\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"Back to reference 2\">↩</a>",
            " <a href=\"#fnref-2-2\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"Back to reference 2-2\">↩</a></p>\n</li>\n",
            "</ol>\n</section>\n"
        )
    );
    assert!(pages[1].html.starts_with(
        "<pre><code>code\n</code></pre>\n<p>c<sup class=\"footnote-ref\"><a href=\"#fn-2\" id=\"fnref-2-2\""
    ));
    assert!(
        pages[1].html.contains("<ol start=\"3\">\n<li id=\"fn-3\">")
            && pages[1].html.contains("<li id=\"fn-4\">\n<p>W")
    );
    assert_eq!(pages[2].html, "");
    assert_eq!((pages[0].text.as_str(), pages[0].all_text.as_str()), ("a b", "a b\nZ\ntwo\nNote x."));
    assert!(pages.iter().all(|page| !page.html.contains("No.")));
}

#[test]
fn a_footnote_may_refer_to_itself_and_authors_cannot_forge_one() {
    let page = one(
        "a[^1]\n\n[^1]: b[^1] <i id=\"fn-1\">c</i> <a role=\"doc-backlink\" class=\"footnote-ref\">d</a>",
    );
    assert_eq!(page.html.matches("id=\"fn-1\"").count(), 1);
    assert_eq!(page.html.matches("class=\"footnote-ref\"").count(), 4);
    assert_eq!((page.text.as_str(), page.all_text.as_str()), ("a", "a\nb c d"));
}

#[test]
fn text_is_what_is_read_without_markup() {
    let page = one(
        "A *b*  c\nd\n\n- e\n- f\n\n![g](h.png) <b>i</b>&amp;\n\n|j|k|\n|-|-|\n|l|m|\n\n```\nn  n\n\no\n```\n\n<div>p<br>q</div>",
    );
    assert_eq!(page.all_text, "A b c d\ne\nf\ng i&\nj k\nl m\nn  n\n\no\np\nq");
    assert_eq!(page.text, "A b c d\ne\nf\ni&\nj k\nl m\np\nq");
}

#[test]
fn headings_are_one_line_of_inline_markdown() {
    let heading = render_heading("A *b* `c` [d](/e) <div>f</div> <script>g</script> # ![h](i.png)");
    assert_eq!(
        heading.html,
        "A <em>b</em> <code>c</code> <a href=\"/e\">d</a> f  # <img src=\"i.png\" alt=\"h\">"
    );
    assert_eq!(heading.text, "A b c d f # h");
    for plain in ["1. a", "- a", "> a", "# a", "    a", "a #", "===", "|a|"] {
        assert_eq!(render_heading(plain).text, plain.trim(), "{plain}");
    }
    assert_eq!(render_heading(""), Heading::default());
    assert_eq!(render_heading("a\n\n# b\0").text, "a # b");
}

#[test]
fn bodies_hold_no_headings_of_their_own() {
    let code = |body: &str| check_body(body).err().map_or(String::new(), |invalid| invalid.code.into_owned());
    for bad in ["# a", "a\n===", "a\n\n###### b", "<!-- section -->", "a\n<!-- section 2 {#b} -->\nc"] {
        assert_eq!(code(bad), "heading-in-body", "{bad}");
    }
    for good in
        ["", "#a", "```\n# a\n```", "    # a", "> # a", "- # a", "<h2>a</h2>", "\\# a", "<!-- a -->", "---"]
    {
        assert_eq!(code(good), "", "{good}");
    }
    for marker in ["> ", "- ", "1. ", "* "] {
        assert_eq!(code(&format!("{}a", marker.repeat(33))), "body-too-deep", "{marker}");
        assert_eq!(code(&format!("{}a", marker.repeat(32))), "", "{marker}");
    }
    for mixed in ["> - ", "- > ", "- 1) "] {
        assert_eq!(code(&format!("{}a", mixed.repeat(16))), "", "{mixed}");
        assert_eq!(code(&format!("{}> a", mixed.repeat(16))), "body-too-deep", "{mixed}");
    }
    let list =
        |levels: usize| (0..levels).flat_map(|n| ["  ".repeat(n), "- a\n".to_owned()]).collect::<String>();
    assert_eq!((code(&list(17)), code(&list(32))), (String::new(), String::new()));
    assert_eq!(code(&list(33)), "body-too-deep");
    assert_eq!(code(&format!("[^1]: - a\n\n{}", "    > b\n")), "");
}

#[test]
fn a_heading_has_the_definitions_of_its_article() {
    let passages = [
        Passage::from("[r]: /first"),
        Passage { heading: Some("[1.2.0] - 2024-05-01"), body: "- Tide tables" },
        Passage { heading: Some("See [the *spec*][s], ![a quay][r] and [none][x]"), body: "[s]: /own 'T'" },
        Passage {
            heading: Some("Ebb[^e] and [R][]"),
            body: "Text[^f].\n\n[1.2.0]: https://git.example/a...b",
        },
        Passage { heading: Some("Flood[^e]"), body: "[^e]: Out.\n\n[^f]: In.\n\n[s]: /later" },
    ];
    let pages = render(&passages, &Policy::default());
    let headings: Vec<_> = pages.iter().flat_map(|page| &page.heading).collect();
    assert_eq!(headings[0].html, "<a href=\"https://git.example/a...b\">1.2.0</a> - 2024-05-01");
    assert_eq!(headings[0].text, "1.2.0 - 2024-05-01");
    assert_eq!(
        headings[1].html,
        "See <a href=\"/own\" title=\"T\">the <em>spec</em></a>, <img src=\"/first\" alt=\"a quay\"> and [none][x]"
    );
    assert_eq!((headings[2].text.as_str(), headings[3].text.as_str()), ("Ebb and R", "Flood"));
    let reference = |id: &str| {
        format!(
            "<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"{id}\" class=\"footnote-ref\" role=\"doc-noteref\">1</a></sup>"
        )
    };
    assert_eq!(headings[2].html, format!("Ebb{} and <a href=\"/first\">R</a>", reference("fnref-1")));
    assert_eq!(headings[3].html, format!("Flood{}", reference("fnref-1-2")));
    assert_eq!((pages[3].text.as_str(), pages[3].all_text.as_str()), ("Text.", "Text.\nOut.\nIn."));
    assert!(pages[3].html.contains("href=\"#fnref-1-2\"") && !pages[4].html.contains("Out."));
}

#[test]
fn headings_give_warnings_too() {
    let page = passage("A <script>b</script> [c](javascript:d) <div onclick=e>f</div>", "");
    let codes: Vec<&str> = page.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["element-removed", "url-removed", "element-removed"]);
}

#[test]
fn running_text_holds_no_notes_code_and_captions() {
    let sea = "The sea is low.";
    for (markdown, text) in [
        ("The sea is low[^1].\n\n[^1]: So the pilot says.", sea),
        ("The sea is low.\n\n```\nlet sea = 0;\n```", sea),
        ("    let sea = 0;\n\nThe sea is low.", sea),
        (
            "<figure><img src=\"a.png\" alt=\"A quay\"><figcaption>A *quay*</figcaption></figure>\n\nThe sea is low.",
            sea,
        ),
        ("![A quay](a.png) The sea is low.", sea),
        ("<table><caption>Depths</caption><tr><td>The sea</td><td>is low.</td></tr></table>", sea),
        (
            "<video src=\"a.mp4\" controls>No video. <a href=\"a.mp4\">Get it</a></video>\n\nThe sea is low.",
            sea,
        ),
        ("<ruby>The<rp>(</rp><rt>dhə</rt><rp>)</rp></ruby> sea is low.", sea),
        ("The <code>sea</code> is <kbd>low</kbd>.", sea),
        ("<section>The sea</section>is low.", "The sea\nis low."),
        (
            "<section><pre>a</pre>The sea <figure><figcaption>b</figcaption></figure></section>is low.",
            "The sea\nis low.",
        ),
    ] {
        assert_eq!(one(markdown).text, text, "{markdown}");
    }
    let all = one("a[^1]\n\n[^1]: b\n\n    c\n\n![d](e)\n\n<ruby>f<rp>(</rp><rt>g</rt></ruby>").all_text;
    assert_eq!(all, "a\nd\nfg\nb\nc");
}
