//! The candidates of a `srcset` (HTML Standard, "parse a srcset attribute").

/// The candidates of a `srcset`: URL and descriptors. A URL ends at white space, without the commas before it: it may
/// hold commas itself. Descriptors end at the next comma outside parentheses; a URL with a comma at its end has none.
pub(super) fn candidates(srcset: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = srcset;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let url = word.trim_end_matches(',');
        let descriptors = if url == word { after.get(..end_of_descriptors(after)).unwrap_or("") } else { "" };
        rest = after.get(descriptors.len()..).unwrap_or("");
        Some((url, descriptors.trim_ascii()))
    })
}

/// Replaces every URL of a `srcset` by what `change` returns, and drops the candidates for which that is `None`.
pub(super) fn map_urls(srcset: &str, change: impl Fn(&str) -> Option<String>) -> String {
    let changed = candidates(srcset).filter_map(|(url, descriptors)| {
        Some(format!("{} {descriptors}", change(url)?).trim_end().to_owned())
    });
    changed.collect::<Vec<_>>().join(", ")
}

fn end_of_descriptors(text: &str) -> usize {
    let mut in_parentheses = false;
    let is_end = |(_, byte): &(usize, u8)| {
        match byte {
            b'(' => in_parentheses = true,
            b')' => in_parentheses = false,
            _ => {}
        }
        *byte == b',' && !in_parentheses
    };
    text.bytes().enumerate().find(is_end).map_or(text.len(), |(at, _)| at)
}
