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
