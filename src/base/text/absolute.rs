//! Makes URLs in rendered HTML absolute, because relative ones do not resolve outside the page, for example in feeds.

use url::Url;

use super::sanitise::is_url;
use super::tokens::{self, Piece};

/// Resolves every URL in sanitised HTML against the URL of its page. Attributes with a URL that does not resolve are
/// removed.
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

/// Resolves the URLs of a `srcset`. A URL ends at white space or at a trailing comma; its descriptor ends at the next
/// comma (HTML Standard, "parse a srcset attribute").
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
