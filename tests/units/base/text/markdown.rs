use lede::base::text::markdown::{Heading, Passage, Policy, Rendered, check_body, render};
use lede::base::text::sanitise::{allows_attribute, allows_element, allows_url, is_url};

use super::{passage, render_heading};

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
fn a_self_closing_element_swallows_nothing() {
    let embed = "<iframe width=\"560\" src=\"https://www.youtube.com/embed/abc\" />";
    let shown = "<iframe width=\"560\" src=\"https://www.youtube.com/embed/abc\"></iframe>";
    let rendered = one(&format!("Before.\n\n{embed}\n\nAfter *one*.\n\n- two"));
    assert_eq!(
        rendered.html,
        format!("<p>Before.</p>\n{shown}\n<p>After <em>one</em>.</p>\n<ul>\n<li>two</li>\n</ul>\n")
    );
    assert_eq!(rendered.warnings, []);
    check(&format!("Film: {embed} after"), &format!("<p>Film: {shown} after</p>"));
    // Removed, with a warning each.
    for name in [
        "svg",
        "math",
        "object",
        "template",
        "select",
        "x-film",
        "noembed",
        "xmp",
        "title",
        "form",
        "plaintext",
    ] {
        let rendered = one(&format!("a <{name} id=\"x\" /> b\n\n<{name}/>\n\nc *d*"));
        assert!(rendered.html.ends_with("<p>c <em>d</em></p>\n"), "{name}: {}", rendered.html);
        assert!(rendered.text.starts_with("a b"), "{name}: {}", rendered.text);
        assert_eq!(rendered.warnings[0].detail, format!("<{name}>"));
    }
    // Markdown itself reads everything up to the end tag as HTML.
    for name in ["script", "style", "textarea"] {
        let rendered = one(&format!("a <{name} id=\"x\" /> b\n\n<{name} src=\"x\"/>\n\nc d"));
        assert_eq!(rendered.text, "a b\nc d", "{name}: {}", rendered.html);
        assert_eq!(rendered.warnings[0].detail, format!("<{name}>"));
    }
    // Kept, and empty.
    for name in ["a", "div", "span", "video", "audio", "details", "b", "section", "td"] {
        let rendered = one(&format!("<{name} id=\"x\"/>\n\nc *d*"));
        assert!(rendered.text.ends_with("c d"), "{name}: {}", rendered.html);
        let empty = format!("<{name} id=\"x\"></{name}>");
        assert!(name == "td" || rendered.html.contains(&empty), "{name}: {}", rendered.html);
    }
    check("a<br/>b *c*", "<p>a<br>b <em>c</em></p>");
}

#[test]
fn an_open_iframe_ends_with_its_block_and_other_open_elements_are_told() {
    let embed = "<iframe src=\"https://www.youtube.com/embed/abc\">";
    let rendered = one(&format!("{embed}\nfallback\n\nAfter.\n\n> {embed}\n\nAfter that."));
    assert_eq!(rendered.text, "After.\nAfter that.");
    check(&format!("a {embed}fallback</iframe> b\n\nc"), &format!("<p>a {embed}</iframe> b</p>\n<p>c</p>"));
    assert_eq!(
        warnings("a <svg>b\n\nc\n\nd"),
        ["element-removed: <svg>", "element-removed: What follows <svg>, which is not closed."]
    );
}

#[test]
fn raw_headings_and_blocks_keep_their_attributes() {
    check(
        "[To the installation](#install)\n\n<h2 id=\"install\">Install</h2>\n\nText.",
        "<p><a href=\"#install\">To the installation</a></p>\n<p id=\"install\"><strong>Install</strong></p>\n<p>Text.</p>",
    );
    for level in 1..=6 {
        let html = one(&format!("<h{level} lang=fr dir=ltr title='t' align=x>a</h{level}>")).html;
        assert_eq!(html, "<p lang=\"fr\" dir=\"ltr\" title=\"t\"><strong>a</strong></p>");
    }
    // Every attribute is written or told.
    let names = "a abbr address article aside audio b blockquote br caption code col dd del details dfn div dl dt em figure \
                 h1 h4 hr i iframe img input ins kbd li mark ol p picture pre q ruby s section small source span strong sub \
                 summary sup table tbody td tfoot th thead time tr track u ul var video wbr center font";
    let attributes = "id title lang dir href hreflang src srcset cite datetime open start value width height alt loading \
                      headers scope abbr align colspan class style name target rel onclick sandbox srcdoc allow name type \
                      referrerpolicy allowfullscreen controls media sizes kind label poster";
    for name in names.split_whitespace() {
        for attribute in attributes.split_whitespace() {
            let value =
                if name == "iframe" && attribute == "src" { "https://player.vimeo.com/1" } else { "x" };
            let source = if name == "iframe" && attribute != "src" {
                " src=\"https://player.vimeo.com/1\""
            } else {
                ""
            };
            let kind = if name == "input" && attribute != "type" { " type=\"checkbox\"" } else { "" };
            let rendered = one(&format!("<{name}{source}{kind} {attribute}=\"{value}\">y"));
            let is_told = rendered.warnings.iter().any(|warning| warning.code != "heading-flattened");
            assert!(
                rendered.html.contains(&format!(" {attribute}=\"")) || is_told,
                "{name} {attribute}: {}",
                rendered.html
            );
        }
    }
}

#[test]
fn relative_addresses_with_colons_and_commas_stay() {
    let source = "https://img.example/c_fill,ar_16:9,w_400/q.jpg 400w, https://img.example/c_fill,ar_16:9,w_800/q.jpg 800w";
    for html in [
        format!("<img src=\"/q.jpg\" alt=\"Quay\" srcset=\"{source}\" sizes=\"100vw\">"),
        "<img src=\"c_fill,ar_16:9/q.jpg\" srcset=\"c_fill,ar_16:9/q.jpg 2x, 16:9/q,w.jpg 3x\">".to_owned(),
        "<a href=\"2024-05-01:notes\">a</a>".to_owned(),
        "<a href=\"my file: a.html\">a</a>".to_owned(),
        "<a href=\"?time=12:30\">a</a>".to_owned(),
        "<a href=\"é:b\">a</a>".to_owned(),
        "<video poster=\"frame_1:2.jpg\"></video>".to_owned(),
    ] {
        assert_eq!(one(&format!("<div>{html}</div>")).html, format!("<div>{html}</div>"));
        assert_eq!(warnings(&html), [""; 0]);
    }
    check(
        "[a](16:9.html) ![b](ar_1:2,w_3.png)",
        "<p><a href=\"16:9.html\">a</a> <img src=\"ar_1:2,w_3.png\" alt=\"b\"></p>",
    );
    for bad in ["a+b:c", "ftp://a.example", "javascript:x", "java\tscript:x", "\u{1f}javascript:x", "data:x"]
    {
        assert_eq!(warnings(&format!("<a href=\"{bad}\">a</a>")).len(), 1, "{bad:?}");
        let is_one = !bad.contains('\t');
        assert_eq!(
            warnings(&format!("<img srcset=\"/a 1x, {bad} 2x\">")).len(),
            usize::from(is_one),
            "{bad:?}"
        );
    }
}

#[test]
fn embeds_may_do_no_more_than_players_need() {
    let embed = |attributes: &str| {
        let rendered = one(&format!("<iframe src=\"https://player.vimeo.com/1\" {attributes}></iframe>"));
        let kept = rendered.html.split_once("/1\"").unwrap().1.split_once('>').unwrap().0.trim().to_owned();
        (
            kept,
            rendered
                .warnings
                .into_iter()
                .map(|warning| format!("{}: {}", warning.code, warning.detail))
                .collect::<Vec<_>>(),
        )
    };
    let kept = |attributes: &str| {
        let (kept, warnings) = embed(attributes);
        assert_eq!(warnings, [""; 0], "{attributes}");
        kept
    };
    assert_eq!(
        kept("allow='autoplay; fullscreen; picture-in-picture'"),
        "allow=\"autoplay; fullscreen; picture-in-picture\""
    );
    assert_eq!(kept("sandbox='allow-scripts'"), "sandbox=\"allow-scripts\"");
    assert_eq!(
        kept("referrerpolicy='strict-origin-when-cross-origin'"),
        "referrerpolicy=\"strict-origin-when-cross-origin\""
    );
    assert_eq!(kept("loading=lazy allowfullscreen"), "loading=\"lazy\" allowfullscreen=\"\"");
    let (allow, warnings) = embed("allow='camera *; FullScreen *; microphone; geolocation; payment; encrypted-media; autoplay \\'none\\''".replace("\\'", "&#39;").as_str());
    assert_eq!(allow, "allow=\"fullscreen; encrypted-media\"");
    assert_eq!(warnings, ["attribute-shortened: allow on <iframe>"]);
    for removed in [
        "allow='camera; microphone'",
        "allow='display-capture *'",
        "referrerpolicy=unsafe-url",
        "srcdoc='<b>a</b>'",
        "referrerpolicy=no-referrer-when-downgrade",
        "name=x",
        "csp=x",
        "onload=x",
        "credentialless",
        "allowpaymentrequest",
    ] {
        let (kept, warnings) = embed(removed);
        assert_eq!((kept.as_str(), warnings.len()), ("", 1), "{removed}");
    }
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
