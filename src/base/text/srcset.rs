//! The URLs of a `srcset` (HTML Standard, "parse a srcset attribute").

/// Replaces every URL of a `srcset` by what `change` returns, and drops the candidates for which that is `None`. A URL
/// ends at white space or at a trailing comma; its descriptor ends at the next comma.
pub(super) fn map_urls(srcset: &str, change: impl Fn(&str) -> Option<String>) -> String {
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
        if let Some(address) = change(address) {
            found.push(format!("{address} {}", purpose.trim()).trim_end().to_owned());
        }
    }
}
