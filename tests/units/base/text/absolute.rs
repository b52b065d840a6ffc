use lede::base::text::absolute::absolute;
use url::Url;

fn on_page(html: &str) -> String {
    absolute(html, &Url::parse("https://website.example/blog/tides").unwrap())
}

#[test]
fn addresses_are_those_of_the_page() {
    for (written, wanted) in [
        ("/a?b=1&amp;c=2", "https://website.example/a?b=1&amp;c=2"),
        ("a.jpg", "https://website.example/blog/a.jpg"),
        ("#note", "https://website.example/blog/tides#note"),
        ("?page=2", "https://website.example/blog/tides?page=2"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("http://other.example/x", "http://other.example/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("/\u{fc}&quot;", "https://website.example/%C3%BC%22"),
    ] {
        assert_eq!(on_page(&format!("<a href=\"{written}\">x</a>")), format!("<a href=\"{wanted}\">x</a>"));
    }
    assert_eq!(on_page("<a href=\"//[\" title=\"t\">x</a>"), "<a title=\"t\">x</a>");
    assert_eq!(
        on_page("<blockquote cite=\"/c\"><video poster=\"p.jpg\" src=\"v\"></video></blockquote>"),
        "<blockquote cite=\"https://website.example/c\"><video poster=\"https://website.example/blog/p.jpg\" \
         src=\"https://website.example/blog/v\"></video></blockquote>"
    );
}

#[test]
fn every_candidate_of_a_srcset_is_resolved() {
    for (written, wanted) in [
        ("/a 1x, b,c 2x", "https://website.example/a 1x, https://website.example/blog/b,c 2x"),
        (" a,\n/b  100w ,", "https://website.example/blog/a, https://website.example/b 100w"),
        ("https://c.example/x", "https://c.example/x"),
        ("//[ 1x, /b 2x", "https://website.example/b 2x"),
    ] {
        assert_eq!(on_page(&format!("<img srcset=\"{written}\">")), format!("<img srcset=\"{wanted}\">"));
    }
    assert_eq!(on_page("<img srcset=\" , \">"), "<img>");
}

#[test]
fn everything_else_stays() {
    let html = "<h2 id=\"a&amp;b\">1 &lt; 2 &amp; 3</h2>\n<pre><code class=\"language-rs\">if a &lt; b\u{a0}{}</code></pre><br>";
    assert_eq!(on_page(html), html);
}

#[test]
fn a_long_paragraph_is_kept() {
    let html = format!("<p>{}</p>", "word ".repeat(10_000));
    assert_eq!(on_page(&html), html);
}
