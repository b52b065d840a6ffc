//! Makes URLs in rendered HTML absolute, because relative ones do not resolve outside the page, for example in feeds.

use url::Url;

use super::normal::{self, Piece};
use super::sanitise::is_url;
use super::srcset::map_urls;
use super::tokens;

/// Resolves every URL in sanitised HTML against the URL of its page. Attributes with a URL that does not resolve are
/// removed.
#[must_use]
pub fn absolute(html: &str, page: &Url) -> String {
    rewrite(html, |url| page.join(url).ok().map(String::from))
}

/// The same, except for links to places on the page itself, such as footnotes.
#[must_use]
pub fn absolute_outside_page(html: &str, page: &Url) -> String {
    let resolve = |url: &str| page.join(url).ok().map(String::from);
    rewrite(html, |url| if url.starts_with('#') { Some(url.to_owned()) } else { resolve(url) })
}

fn rewrite(html: &str, join: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    for piece in normal::pieces(html) {
        match piece {
            Piece::Text(text) => out.push_str(&tokens::escape(&text)),
            Piece::Close(name) => out.push_str(&format!("</{name}>")),
            Piece::Open { name, attributes } => {
                out.push_str(&format!("<{name}"));
                for (attribute, value) in normal::attributes(attributes) {
                    if let Some(value) = resolve(attribute, value.into_owned(), &join) {
                        out.push_str(&format!(" {attribute}=\"{}\"", tokens::escape(&value)));
                    }
                }
                out.push('>');
            }
        }
    }
    out
}

fn resolve(attribute: &str, value: String, join: impl Fn(&str) -> Option<String>) -> Option<String> {
    match attribute {
        "srcset" => Some(map_urls(&value, join)).filter(|candidates| !candidates.is_empty()),
        _ if is_url(attribute) => join(&value),
        _ => Some(value),
    }
}
