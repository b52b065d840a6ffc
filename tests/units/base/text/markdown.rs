use lede::base::text::markdown::{Heading, Policy, Rendered, check_body, render, render_heading};
use lede::base::text::sanitise::{allows_attribute, allows_element, allows_url, is_url};

fn one(markdown: &str) -> Rendered {
    render(&[markdown], &Policy::default()).pop().unwrap()
}

fn check(markdown: &str, html: &str) {
    assert_eq!(one(markdown).html.trim(), html, "{markdown}");
}

fn warnings(markdown: &str) -> Vec<String> {
    one(markdown)
        .warnings
        .into_iter()
        .map(|warning| format!("{}: {}", warning.code, warning.detail))
        .collect()
}

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
fn raw_html_that_is_listed_stays() {
    for html in [
        "<figure id=\"quay\"><img src=\"a.png\" srcset=\"a.png 1x, b.png 2x\" sizes=\"50vw\" loading=\"lazy\" width=\"3\" height=\"4\" alt=\"b\" decoding=\"async\"><figcaption>c</figcaption></figure>",
        "<picture><source srcset=\"a.avif\" type=\"image/avif\"><img src=\"a.png\"></picture>",
        "<video src=\"a.mp4\" controls=\"\" poster=\"b.png\"><track src=\"c.vtt\" kind=\"captions\"></video>",
        "<audio src=\"a.mp3\" controls=\"\"></audio>",
        "<details open=\"\"><summary>a</summary>b</details>",
        "<p><kbd>a</kbd> <sub>b</sub> <sup>c</sup> <mark>d</mark> <abbr title=\"e\">f</abbr> <time datetime=\"2024-01-01\">g</time></p>",
        "<iframe src=\"https://www.youtube-nocookie.com/embed/x\" width=\"5\" allowfullscreen=\"\"></iframe>",
        "<pre><code class=\"language-c\">a</code></pre>",
        "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>",
    ] {
        check(&format!("<div>\n{html}\n</div>"), &format!("<div>\n{html}\n</div>"));
        assert_eq!(warnings(html), [""; 0], "{html}");
    }
    check("a <kbd>b</kbd> c", "<p>a <kbd>b</kbd> c</p>");
    check("<details>\n\n*a*\n\n</details>", "<details>\n<p><em>a</em></p>\n</details>");
}

#[test]
fn what_is_taken_out_is_told_once() {
    let rendered = one(
        "<script>a</script>\n\nb <b onclick=x>c</b> <b onclick=x>d</b> [e](javascript:f) <svg><script>g</script></svg>\n\n<iframe src=\"https://evil.example/\"></iframe><h2>h</h2>",
    );
    assert_eq!(rendered.html.trim(), "<p>b <b>c</b> <b>d</b> <a>e</a> </p>\n<p><strong>h</strong></p>");
    let told: Vec<String> = rendered.warnings.iter().map(|w| format!("{}: {}", w.code, w.detail)).collect();
    assert_eq!(
        told,
        [
            "element-removed: <script>",
            "attribute-removed: onclick on <b>",
            "url-removed: javascript:f",
            "element-removed: <svg>",
            "element-removed: <iframe> https://evil.example/",
            "heading-flattened: <h2>"
        ]
    );
    assert!(warnings("<p align=\"x\">a</p>\n\n<br/> a<br>b <!-- c -->").len() == 1);
    assert_eq!(warnings(&(0..200).map(|n| format!("<x{n}>")).collect::<Vec<_>>().concat()).len(), 50);
}

#[test]
fn what_is_left_open_is_closed_where_its_block_ends() {
    check("a <b>b\n\nc", "<p>a <b>b</b></p>\n<p>c</p>");
    check("- <div>\n- b", "<ul>\n<li><div>\n</div></li>\n<li>b</li>\n</ul>");
    check("</div>a</p><b></i>", "<p>a<b></b></p>".replace("<p>a", "a").replace("</p>", "").as_str());
    let pages = render(&["<div><b>", "c"], &Policy::default());
    assert_eq!(pages[1].html, "<p>c</p>\n");
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
    assert_eq!(pages[0].text, "a b\nZ\ntwo\nNote x.");
    assert!(pages.iter().all(|page| !page.html.contains("No.")));
}

#[test]
fn a_footnote_may_refer_to_itself_and_authors_cannot_forge_one() {
    let page = one(
        "a[^1]\n\n[^1]: b[^1] <i id=\"fn-1\">c</i> <a role=\"doc-backlink\" class=\"footnote-ref\">d</a>",
    );
    assert_eq!(page.html.matches("id=\"fn-1\"").count(), 1);
    assert_eq!(page.html.matches("class=\"footnote-ref\"").count(), 4);
    assert_eq!(page.text, "a\nb c d");
}

#[test]
fn text_is_what_is_read_without_markup() {
    let page = one(
        "A *b*  c\nd\n\n- e\n- f\n\n![g](h.png) <b>i</b>&amp;\n\n|j|k|\n|-|-|\n|l|m|\n\n```\nn  n\n\no\n```\n\n<div>p<br>q</div>",
    );
    assert_eq!(page.text, "A b c d\ne\nf\ng i&\nj k\nl m\nn  n\n\no\np\nq");
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
    assert_eq!(code(&"> ".repeat(33)), "body-too-deep");
    assert_eq!(code(&format!("{}a", "> ".repeat(32))), "");
    // A list and its item are two levels.
    assert_eq!(code(&format!("{}a", "- ".repeat(17))), "body-too-deep");
    assert_eq!(code(&format!("{}a", "- ".repeat(16))), "");
}

/// The shapes that script injection usually takes.
#[test]
fn nothing_executable_comes_out() {
    for attack in [
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href=\"java&#10;script:alert(1)\">x</a>",
        "[x](JaVaScript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<form action=javascript:alert(1)><button formaction=x>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "<style>@import 'x'</style>",
        "<p style=\"background:url(x)\">",
        "<object data=x><embed src=x>",
        "<template><script>alert(1)</script></template>",
        "<a href=\"&#x6A;avascript:alert(1)\">x</a>",
        "<img src=\"x` `<script>alert(1)</script>\"` `>",
        "<video><source onerror=alert(1)></video>",
        "<details ontoggle=alert(1)>",
        "`<script>`<script>alert(1)</script>",
        "![x](x \"\\\"onerror=alert(1) a=\")",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?x <script>alert(1)</script> ?>",
        "[a]: javascript:alert(1)\n\n[a]",
        "<b\nonclick=alert(1)>x</b>",
        "<div title=\"\n\n\" onclick=alert(1)>",
        "<textarea></textarea><script>alert(1)</script>",
        "<xmp><script>alert(1)</script>",
        "<img srcset=\"data:image/svg+xml,x 1x\">",
        "<a href=\"vbscript:x\">x</a>",
        "<input type=image src=x onerror=alert(1)>",
        "<plaintext><script>alert(1)",
        "<image href=x onerror=alert(1)>",
    ] {
        let html = one(attack).html;
        for (element, attributes) in tags(&html) {
            assert!(allows_element(element), "{attack}\n{html}");
            for (attribute, value) in attributes {
                assert!(
                    allows_attribute(element, attribute) && !attribute.starts_with("on"),
                    "{attack}\n{html}"
                );
                assert!(!is_url(attribute) || allows_url(attribute, value), "{attack}\n{html}");
            }
        }
    }
}

/// The opening tags of rendered HTML, each with its attributes: in text and in values, `<` and `>` are escaped.
fn tags(html: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    let mut tags = Vec::new();
    for rest in html.split('<').skip(1).filter(|rest| !rest.starts_with('/')) {
        let (tag, _) = rest.split_once('>').expect("an end");
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((attribute, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"').expect("a quote");
            attributes.push((attribute.trim_start(), value));
            rest = more;
        }
        assert_eq!(rest, "", "{html}");
        tags.push((name, attributes));
    }
    tags
}
