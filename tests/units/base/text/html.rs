use lede::base::text::html::to_markdown;
use lede::base::text::markdown::{Policy, render};
use lede::base::text::outline;

fn check(html: &str, markdown: &str) {
    assert_eq!(to_markdown(html).unwrap().markdown, markdown, "{html}");
}

#[test]
fn headings_become_headings_with_their_ids() {
    check(
        "<h1>Tides</h1><p>A <b>b</b></p><h2 id='ebb'>Ebb</h2><h3 id=low>Low <em>water</em></h3>",
        "# Tides\n\nA **b**\n\n## Ebb\n\n### Low *water* {#low}\n",
    );
    check("<details><summary>a</summary><h4>In it</h4></details>", "a\n\n#### In it\n");
    check("<h2>C#</h2><h2></h2><h2>a {#b}</h2>", "## C\\#\n\n## a \\{#b}\n");
}

#[test]
fn a_whole_page_gives_its_body_without_scripts() {
    let page = "<!DOCTYPE html><html><head><title>No</title><style>p{}</style></head><body><!-- no --><script>no()</script><p>Yes</p></body></html>";
    check(page, "Yes\n");
}

#[test]
fn inline_markup_is_said_in_markdown() {
    check(
        "<p>a<strong> b </strong>c <a href='/x (1)' title='t\"'>d</a>!<a href=e>f</a> <code>g`h</code> <del>i</del><br>j</p>",
        "a **b** c [d](/x%20%281%29 \"t\\\"\")\\![f](e) ``g`h`` ~~i~~\\\nj\n",
    );
    check(
        "<p>H<sub>2</sub>O 1*2_3 [x] &lt;b&gt; &amp;amp; <span>s</span></p>",
        "H<sub>2</sub>O 1\\*2\\_3 \\[x\\] \\<b> \\&amp; s\n",
    );
    check("<p># no</p><p>1. no</p><p>- no</p>", "\\# no\n\n1\\. no\n\n\\- no\n");
    check("<p>x<strong>“a”</strong>y</p>", "x<strong>“a”</strong>y\n");
}

#[test]
fn blocks_are_said_in_markdown() {
    check("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c\n");
    check("<ol start=3><li><p>a</p><p>b</p></li><li>c</li></ol>", "3. a\n\n   b\n\n4. c\n");
    check("<blockquote><p>a</p><p>b</p></blockquote><hr>", "> a\n>\n> b\n\n***\n");
    check(
        "<pre><code class='language-rust'>fn a() {}\n```\n</code></pre>",
        "````rust\nfn a() {}\n```\n````\n",
    );
    check("<ul><li><input type=checkbox checked> a</li></ul>", "- [x] a\n");
    check("<p>a<p>b", "a\n\nb\n");
    check(
        "<table><thead><tr><th align=right>a</th><th>b|</th></tr></thead><tbody><tr><td>c</td><td><b>d</b></td></tr></tbody></table>",
        "| a | b\\| |\n| --: | --- |\n| c | **d** |\n",
    );
}

#[test]
fn what_markdown_cannot_say_stays_as_html() {
    check(
        "<figure class=x><img src=a.png alt=b><figcaption>c\n\n<b>d</b></figcaption></figure>",
        "<figure>\n<img src=\"a.png\" alt=\"b\"><figcaption>c <b>d</b></figcaption>\n</figure>\n",
    );
    check("<p>a</p><video src=a.mp4 controls></video>", "a\n\n<video src=\"a.mp4\" controls>\n</video>\n");
    check(
        "<table><tr><td colspan=2>a</td></tr></table>",
        "<table>\n<tbody><tr><td colspan=\"2\">a</td></tr></tbody>\n</table>\n",
    );
    check(
        "<iframe src='https://other.example/x' onload=y></iframe>",
        "<iframe src=\"https://other.example/x\">\n</iframe>\n",
    );
    check("<img src=a.png width=5>", "<img src=\"a.png\" width=\"5\">\n");
}

#[test]
fn a_post_survives_the_way_to_markdown_and_back() {
    let post = "<p>Tides <em>turn</em> &amp; <a href=\"https://a.example/?b=c&amp;d_e_f\">boats</a> swing.</p>\n<h2 id=\"x-1\">Ebb</h2><ul><li>one</li><li>two</li></ul><figure><img src=\"a.png\" alt=\"A quay\" loading=\"lazy\"><figcaption>Quay</figcaption></figure><pre><code class=\"language-c\">a &lt; b\n\nc</code></pre>";
    let document = outline::parse(&to_markdown(post).unwrap().markdown);
    let rendered = render(&[&document.intro, &document.sections[0].body], &Policy::default());
    assert_eq!(
        rendered[0].html.trim(),
        "<p>Tides <em>turn</em> &amp; <a href=\"https://a.example/?b=c&amp;d_e_f\">boats</a> swing.</p>"
    );
    assert_eq!(document.sections[0].anchor.as_ref().unwrap().as_str(), "x-1");
    for kept in [
        "<li>one</li>",
        "loading=\"lazy\"",
        "<figcaption>Quay</figcaption>",
        "<pre><code class=\"language-c\">a &lt; b\n\nc\n</code></pre>",
    ] {
        assert!(rendered[1].html.contains(kept), "{}", rendered[1].html);
    }
}

/// What the HTML looks like when its Markdown is rendered.
fn rendered(html: &str) -> String {
    let markdown = to_markdown(html).unwrap().markdown;
    render(&[markdown.as_str()], &Policy::default()).remove(0).html
}

#[test]
fn blanks_and_breaks_do_not_show_markup() {
    check("<p>x <b>&nbsp;y</b> z</p>", "x \u{a0}**y** z\n");
    check("<p>x<i>y&nbsp;</i>z</p>", "x*y*\u{a0}z\n");
    check("<p>x <b>&emsp;y&#8195;</b>z</p>", "x \u{2003}**y**\u{2003}z\n");
    check("<p>x<b>&nbsp;</b>y</p>", "x\u{a0}y\n");
    check("<p>a<b><br></b>b</p>", "a\\\nb\n");
    check("<p><b>a <i>b</i><br></b>c</p>", "<b>a *b*</b>\\\nc\n");
    check("<p>a<br></p><br><p><br>b</p>", "a\n\nb\n");
    check("<p><a href=x>a<br></a>b <a href=y>&nbsp;c</a></p>", "[a](x)\\\nb \u{a0}[c](y)\n");
    check("<h2>Low water<br>at <br> Dover</h2>", "## Low water at Dover\n");
    check("<p>a\\<br>b</p>", "a\\\\\\\nb\n");
    for html in [
        "<p>x <b>&nbsp;y</b> z</p>",
        "<p>a<code>b</code><code>c</code>d</p>",
        "<p>a<b>b</b><i>c</i><s>d</s>e</p>",
        "<p>\u{200b}<b>“a”</b>\u{200b}</p>",
        "<p>\u{1f30a}<i>(a)</i>\u{1f30a}</p>",
        "<p><b><i>“a”</i></b>b</p>",
        "<p>a<b> *b* </b>c</p>",
        "<p>a<em>b<br>c</em>d</p>",
        "<p>!<a href=x>y</a> [z](q)</p>",
        "<p><input type=checkbox> a</p>",
        "<ul><li>a<b><br></b></li></ul>",
        "<p><strong id=x>a</strong> <a href=b id=c>d</a></p>",
    ] {
        let shown = rendered(html);
        let text: String =
            shown.split('<').map(|tag| tag.split_once('>').map_or("", |(_, text)| text)).collect();
        assert!(
            !text.contains(['*', '~', '`', '\\', '[']) || html.contains("*b*") || html.contains("[z]"),
            "{html}\n{shown}"
        );
    }
    assert_eq!(rendered("<p>a<b> *b* </b>c</p>"), "<p>a <b>*b*</b> c</p>\n");
    assert_eq!(rendered("<p>a<code>b</code><code>c</code></p>"), "<p>a<code>b</code><code>c</code></p>\n");
}

#[test]
fn lists_side_by_side_stay_apart() {
    check("<ol><li>a</li></ol><ol><li>b</li></ol>", "1. a\n\n1) b\n");
    check("<ul><li>a</li></ul> <ul><li>b</li></ul><ul><li>c</li></ul>", "- a\n\n+ b\n\n- c\n");
    check("<div><ul><li>a</li></ul></div><div><ul><li>b</li></ul></div>", "- a\n\n+ b\n");
    check("<ul><li>a</li></ul><p>b</p><ul><li>c</li></ul>", "- a\n\nb\n\n- c\n");
    check("<ul><li>a</li></ul><ol><li>b</li></ol><ul><li>c</li></ul>", "- a\n\n1. b\n\n- c\n");
    check("<ol><li>a</li></ol><ol start=7><li>b</li></ol>", "1. a\n\n7) b\n");
    for html in [
        "<ul><li>a<ol><li>b</li></ol><ol><li>c</li></ol></li></ul>",
        "<ul><li>a<ol start=3><li>b</li></ol></li></ul>",
        "<ul><li>a<ul><li></li><li>b</li></ul></li></ul>",
        "<ul><li><figure><img src=a><figcaption>b</figcaption></figure>c <b>d</b></li></ul>",
        "<ul><li><ul><li>a</li></ul><ul><li>b</li></ul></li></ul>",
        "<ul><li><hr></li><li>a</li></ul><ul><li><hr></li></ul>",
        "<blockquote><ul><li>a</li></ul></blockquote><blockquote><ul><li>b</li></ul></blockquote>",
    ] {
        let shown = rendered(html);
        for tag in ["<ul", "<ol", "<li", "<blockquote", "<hr"] {
            assert_eq!(shown.matches(tag).count(), html.matches(tag).count(), "{tag}\n{html}\n{shown}");
        }
        assert!(!shown.contains("**") && !shown.contains("<strong>a"), "{shown}");
    }
}

#[test]
fn seventeen_lists_are_kept() {
    for (open, close) in
        [("<ul><li>a", "</li></ul>"), ("<ol><li>a", "</li></ol>"), ("<blockquote><p>a</p>", "</blockquote>")]
    {
        for levels in [17, 32] {
            let html = open.repeat(levels) + &close.repeat(levels);
            let markdown = to_markdown(&html).unwrap().markdown;
            assert!(lede::base::text::markdown::check_body(&markdown).is_ok(), "{markdown}");
            assert_eq!(rendered(&html).matches(open.split('>').next().unwrap()).count(), levels, "{open}");
        }
    }
}

#[test]
fn what_is_lost_is_told() {
    let warnings = |html: &str| {
        let warnings = to_markdown(html).unwrap().warnings;
        warnings
            .into_iter()
            .map(|warning| format!("{}: {}", warning.code, warning.detail))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        warnings(
            "<script>a()</script><form action=x><input name=y><button>b</button></form><div class=c style=d><p onclick=e>f</p></div><a href='javascript:g'>h</a>"
        ),
        [
            "element-removed: <script>",
            "element-removed: <form>",
            "element-removed: <input>",
            "element-removed: <button>",
            "attribute-removed: class on <div>",
            "attribute-removed: style on <div>",
            "attribute-removed: onclick on <p>",
            "url-removed: javascript:g",
        ]
    );
    for (html, told) in [
        ("<p lang=fr>a</p>", "attribute-removed: lang on <p>"),
        ("<blockquote cite='/a'><p>a</p></blockquote>", "attribute-removed: cite on <blockquote>"),
        ("<ol reversed><li value=3>a</li></ol>", "attribute-removed: value on <li>"),
        ("<h2 title=a>b</h2>", "attribute-removed: title on <h2>"),
        ("<pre title=a>b</pre>", "attribute-removed: title on <pre>"),
        ("<hr id=a>", "attribute-removed: id on <hr>"),
        ("<svg>a", "element-removed: What follows <svg>, which is not closed."),
    ] {
        assert!(warnings(html).contains(&told.to_owned()), "{html}: {:?}", warnings(html));
    }
    for html in [
        "<!DOCTYPE html><html lang=en><head></head><body class=a><h1>a</h1><p id=b>c</p></body></html>",
        "<h2 id=a>b</h2><table><tr><th scope=col>a</th></tr></table><pre><code class=language-c>d</code></pre>",
        "<ul id=a><li id=b>c</li></ul><p><em id=d>e</em> <a id=f href=g>h</a></p>",
    ] {
        assert_eq!(warnings(html), [""; 0], "{html}");
    }
    assert_eq!(warnings(&(0..200).map(|n| format!("<x{n}>")).collect::<Vec<_>>().concat()).len(), 50);
}

#[test]
fn links_to_ids_keep_working() {
    let html = "<p id=a>b</p><div id=c><ul id=d><li id=e>f</li></ul></div><blockquote id=g>h</blockquote><table><tr><td id=i>j</td></tr></table>";
    let shown = rendered(html);
    for id in ["a", "c", "d", "e", "g", "i"] {
        assert!(shown.contains(&format!("id=\"{id}\"")), "{id}: {shown}");
    }
}
