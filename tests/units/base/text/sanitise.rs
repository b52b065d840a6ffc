use lede::base::text::markdown::{render, warnings};
use lede::base::text::sanitise::{Policy, Sanitiser, allows_element, allows_url};
use proptest::prelude::*;

use super::render_heading;

#[test]
fn every_element_that_is_listed_stays() {
    let clean = Sanitiser::new(Some(&Policy::default()));
    let html = concat!(
        "<section><article><aside><address>a</address></aside></article></section>",
        "<p><a><abbr><b><bdi><bdo><cite><code><del><dfn><em><i><ins><kbd><mark><q><s><samp><small><span><strong><sub>",
        "<sup><time><u><var>a</var></u></time></sup></sub></strong></span></small></samp></s></q></mark></kbd></ins></i>",
        "</em></dfn></del></code></cite></bdo></bdi></b></abbr></a><br><wbr></p>",
        "<ruby>a<rp>(</rp><rt>b</rt></ruby>",
        "<blockquote><pre>a</pre><hr></blockquote>",
        "<dl><dt>a</dt><dd>b</dd></dl><ol><li>a</li></ol><ul><li>b</li></ul>",
        "<details><summary>a</summary>b</details><div>a</div>",
        "<figure><picture><source><img></picture><figcaption>a</figcaption></figure>",
        "<audio></audio><video><track></video><iframe></iframe>",
        "<input type=\"checkbox\" disabled=\"\">",
        "<table><caption>a</caption><colgroup><col></colgroup><thead><tr><th>a</th></tr></thead>",
        "<tbody><tr><td>b</td></tr></tbody><tfoot><tr><td>c</td></tr></tfoot></table>",
    );
    assert_eq!(clean.clean(html), html);
    for tag in html.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap();
        assert!(allows_element(name), "{name}");
    }
    let phrases = concat!(
        "<a><abbr><b><bdi><bdo><cite><code><del><dfn><em><i><ins><kbd><mark><q><s><samp><small><span><strong><sub><sup>",
        "<time><u><var>a</var></u></time></sup></sub></strong></span></small></samp></s></q></mark></kbd></ins></i></em>",
        "</dfn></del></code></cite></bdo></bdi></b></abbr></a><br><wbr><img><ruby>a<rp>(</rp><rt>b</rt></ruby>",
    );
    assert_eq!(render_heading(phrases).html, phrases);
}

#[test]
fn only_web_and_mail_addresses_stay() {
    for good in ["https://a.example/b:c", "/a:b", "#x", "a?b:c", "mailto:a@b.example", "//cdn.example/x", ""]
    {
        assert!(allows_url("href", good), "{good}");
    }
    for bad in [
        "javascript:x",
        " java\nscript:x",
        "\u{1}data:text/html,x",
        "vbscript:x",
        "JaVaScRiPt:x",
        "tel:1",
        "x:y",
        "http://[",
        "https://a.example:99999/",
        "//[",
    ] {
        assert!(!allows_url("href", bad), "{bad}");
    }
    assert!(allows_url("srcset", "a.png 1x, https://b.example/c,d.png 2x"));
    assert!(!allows_url("srcset", "a.png 1x,data:image/png;base64,AAAA 2x"));
    assert!(allows_url("srcset", "a.png 1x,data.png 2x"));
}

#[test]
fn iframes_stay_for_listed_https_hosts() {
    let clean = Sanitiser::new(Some(&Policy { iframe_hosts: vec!["player.vimeo.com".into()] }));
    let stays = |src: &str| clean.clean(&format!("<iframe src=\"{src}\"></iframe>")).contains("src=");
    for good in
        ["https://player.vimeo.com/video/1", "//player.vimeo.com/video/1", "HTTPS://Player.Vimeo.com/"]
    {
        assert!(stays(good), "{good}");
    }
    for bad in [
        "http://player.vimeo.com/",
        "https://player.vimeo.com.evil.example/",
        "https://player.vimeo.com@evil.example/",
        "https://player.vimeo.com:8443/",
        "javascript:1",
        "/relative",
        "https://evil.example/?player.vimeo.com",
    ] {
        assert!(!stays(bad), "{bad}");
    }
}

#[test]
fn a_url_without_a_scheme_gets_https() {
    let clean = Sanitiser::new(Some(&Policy { iframe_hosts: vec!["player.vimeo.com".into()] }));
    for (from, to) in [
        (
            "<iframe src=\"//player.vimeo.com/1\"></iframe>",
            "<iframe src=\"https://player.vimeo.com/1\"></iframe>",
        ),
        ("<iframe src=\"//evil.example/1\"></iframe>", "<iframe></iframe>"),
        ("<a href=\"//a.example/x\">a</a>", "<a href=\"https://a.example/x\">a</a>"),
        ("<img src=\" //a.example/x\">", "<img src=\"https://a.example/x\">"),
        (
            "<video src=\"//a.example/x\" poster=\"//b.example/y\"></video>",
            "<video src=\"https://a.example/x\" poster=\"https://b.example/y\"></video>",
        ),
        ("<audio src=\"//a.example/x\"></audio>", "<audio src=\"https://a.example/x\"></audio>"),
        (
            "<img srcset=\"//a.example/x 1x, /b//c 2x,//d.example/e 3x, //f.example/g\">",
            "<img srcset=\"https://a.example/x 1x, /b//c 2x, https://d.example/e 3x, https://f.example/g\">",
        ),
        ("<img srcset=\"/a  1x,   b 2x\">", "<img srcset=\"/a  1x,   b 2x\">"),
        ("<a href=\"/a//b\">a</a>", "<a href=\"/a//b\">a</a>"),
    ] {
        assert_eq!(clean.clean(from), to);
    }
    assert_eq!(render_heading("[a](//b.example)").html, "<a href=\"https://b.example\">a</a>");
}

#[test]
fn what_is_not_listed_goes() {
    let clean = Sanitiser::new(Some(&Policy::default()));
    assert_eq!(
        clean.clean("<p onclick=x style=y class=z>a<script>b</script><svg><a>c</a></svg></p>"),
        "<p>a</p>"
    );
    assert_eq!(clean.clean("<a href='javascript:x'>a</a><img src=data:x>"), "<a>a</a><img>");
    assert_eq!(clean.clean("<input type=text value=x>"), r#"<input type="checkbox" disabled="">"#);
}

const PLAIN: &[&str] = &[
    "a",
    "b ",
    "word ",
    "\n",
    "\n\n",
    "*",
    "**",
    "_",
    "~~",
    "`",
    "``",
    "[",
    "]",
    "(",
    ")",
    "](",
    "![",
    "[x]",
    "[x][]",
    "[^a]",
    "\n[^a]: note ",
    "\n\n[^b]: two\n\n    more\n",
    "[^b]",
    "\n[x]: /url 'ti\"t'\n",
    "> ",
    "- ",
    "1. ",
    "3) ",
    "- [ ] ",
    "- [x] ",
    "    ",
    "\t",
    "# ",
    "```",
    "```rust",
    "~~~ a\tb\n",
    "\n---\n",
    "|a|b|\n|-|:-:|\n|c",
    "|",
    "\\",
    "&",
    "&amp;",
    "&lt;",
    "&#39;",
    "&#13;",
    "&nbsp;",
    "\u{a0}",
    "é",
    "漢",
    "»",
    "<http://a.b/?c&d>",
    "<a@b.c>",
    "javascript:x",
    "http://[",
    "//x",
    "'",
    "\"",
    ">",
    "!",
    "  \n",
    "\\\n",
    "\r\n",
    "{#id}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn markdown_without_raw_html_needs_no_sanitising(parts in prop::collection::vec(prop::sample::select(PLAIN), 0..40)) {
        let text = parts.concat();
        let policy = Policy::default();
        let sanitiser = Sanitiser::new(Some(&policy));
        for rendered in render(&[text.as_str(), "[^a] [x]"], &policy) {
            prop_assert_eq!(sanitiser.clean(&rendered.html), rendered.html);
        }
        let heading = render_heading(&text).html;
        let sanitised = sanitiser.clean(&heading);
        prop_assert_eq!(sanitised.trim(), heading);
    }
}

/// Parts of Markdown that may give warnings, without raw HTML.
const ODD: &[&str] = &[
    "[a](",
    "[a](\n> ",
    "![b](<",
    "[c]: ",
    "[c]:\n> ",
    "[c]",
    "javascript:x)",
    "JaVa&#115;cript:x)",
    "java\\script:x)",
    "\\javascript:x)",
    "http://[)",
    "https://a.b:99999/)",
    "https://1.2.3.400)",
    "https://xn--a.b)",
    "//[)",
    "&#47;/[)",
    "data:x 'y')",
    "https://a.b/c)",
    "mailto:a@b)",
    "x:y\n",
    "> ",
    "\n> ",
    "\n\n",
    "- ",
    "- - - - - - - - - - - - - - - - - - - - ",
    "1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. ",
    "\n\n                                                            ",
    "**a *b **c *d **e *f **g *h **i *j **k *l **m *n ",
    "![![![![![![![![![",
    "](x)](x)](x)](x)](x)",
    "a",
    "\t",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn raw_html_changes_nothing_else(parts in prop::collection::vec(prop::sample::select(ODD), 0..12), amount in prop::sample::select(vec![0, 999, 1000, 1001, 1500])) {
        let parts = parts.concat();
        let text = format!("{parts}\n\n[x](/?{0} '{0}') ![{0}](/y) [z]\n\n[z]: /?{0}", "&".repeat(amount));
        let policy = Policy::default();
        let alone = render(&[text.as_str()], &policy).remove(0);
        let beside = format!("<br>\n\n{text}");
        let beside = render(&[beside.as_str()], &policy).remove(0);
        prop_assert_eq!(beside.html, format!("<br>\n{}", alone.html));
        prop_assert_eq!(&beside.warnings, &alone.warnings);
        prop_assert_eq!(&warnings(&[text.as_str()], &policy), &alone.warnings);
        prop_assert_eq!(&warnings(&[text.as_str(), "<br>"], &policy), &alone.warnings);
    }
}
