use lede::base::text::markdown::{Policy, render};
use lede::base::text::sanitise::{allows_attribute, allows_element, allows_url, is_url};

use super::{check, one, warnings};

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
