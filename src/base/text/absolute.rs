//! Addresses that hold everywhere. What leaves its page, as in a feed, takes along where it came from.

use url::Url;

use super::sanitise::is_url;
use super::tokens::{self, Piece};

/// Sanitised HTML with every address in it as a browser takes it on that page. What is no address there is left out.
#[must_use]
pub fn absolute(html: &str, page: &Url) -> String {
    let mut out = String::with_capacity(html.len());
    for piece in tokens::pieces(html) {
        match piece {
            Piece::Text(text) => out.push_str(&tokens::escape(&text)),
            Piece::Close(name) => out.push_str(&format!("</{name}>")),
            Piece::Open { name, attributes } => {
                out.push_str(&format!("<{name}"));
                for (attribute, value) in attributes {
                    if let Some(value) = resolve(&attribute, value, page) {
                        out.push_str(&format!(" {attribute}=\"{}\"", tokens::escape(&value)));
                    }
                }
                out.push('>');
            }
        }
    }
    out
}

fn resolve(attribute: &str, value: String, page: &Url) -> Option<String> {
    match attribute {
        "srcset" => Some(candidates(&value, page)).filter(|candidates| !candidates.is_empty()),
        _ if is_url(attribute) => page.join(&value).ok().map(String::from),
        _ => Some(value),
    }
}

/// The candidates of a `srcset`: an address up to a space or a comma at its end, then what it is for, up to a comma.
fn candidates(srcset: &str, page: &Url) -> String {
    let mut found = Vec::new();
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        if rest.is_empty() {
            return found.join(", ");
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let address = word.trim_end_matches(',');
        let (purpose, after) =
            if address == word { after.split_once(',').unwrap_or((after, "")) } else { ("", after) };
        rest = after;
        if let Ok(address) = page.join(address) {
            found.push(format!("{address} {}", purpose.trim()).trim_end().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(
                on_page(&format!("<a href=\"{written}\">x</a>")),
                format!("<a href=\"{wanted}\">x</a>")
            );
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
}
