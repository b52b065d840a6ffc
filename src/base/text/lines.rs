//! The lines of Markdown.

/// The lines of a text with their ends. A carriage return ends a line, too (`CommonMark` section 2.1).
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.find(['\n', '\r']).map_or(rest.len(), |at| at + 1);
        let is_pair = rest.get(end - usize::from(end > 0)..).is_some_and(|end| end.starts_with("\r\n"));
        let (line, after) = rest.split_at(end + usize::from(is_pair));
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}
