use lede::base::text::html::to_markdown;
use lede::base::text::markdown::{Policy, render};
use lede::base::text::outline;

fn check(html: &str, markdown: &str) {
    assert_eq!(to_markdown(html).unwrap(), markdown, "{html}");
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
    let document = outline::parse(&to_markdown(post).unwrap());
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
