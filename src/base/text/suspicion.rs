//! Tells passages that cannot give a warning from those that may. Most hold no raw HTML and no odd URL, and need not be
//! parsed for warnings.

use super::lines::lines;
use super::sanitise::{is_plainly_safe, shortened};
use super::steps;

/// How deep a paragraph may nest without being flattened: less than elements may, because a table and a link in it
/// count, too.
const SAFE_DEPTH: usize = 80;

/// How much of a URL is looked at, in bytes. A body whose URL has a longer host is rendered, so that texts without an
/// end of a URL are not read to their end for each beginning of one.
const MAX_HOST: usize = 200;

/// Whether rendering Markdown may remove or change something. `false` is certain.
pub(super) fn may_warn(markdown: &str) -> bool {
    steps::count(markdown.len());
    let (mut openers, mut deepest) = (0, 0);
    for line in lines(markdown) {
        if line.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            (openers, deepest) = (0, 0);
        }
        openers += line.bytes().filter(|byte| matches!(byte, b'*' | b'_' | b'~' | b'[' | b'>')).count();
        deepest = deepest.max(lists(line));
        if openers + deepest > SAFE_DEPTH || line.contains('<') {
            return true;
        }
    }
    let starts_unsafe = |opener: &str, closer: &[u8]| {
        let destinations = markdown.match_indices(opener).map(|(at, _)| markdown.get(at + opener.len()..));
        destinations.flatten().any(|text| may_be_unsafe(text, closer))
    };
    markdown.contains('[') && shortened(markdown).is_some()
        || starts_unsafe("](", b")")
        || starts_unsafe("]:", b"")
}

/// The most levels that the lists have in which a line stands, two for each list and its item: those that it continues
/// take at least two columns each, those that it starts have a marker.
fn lists(line: &str) -> usize {
    let mut levels = 0;
    for byte in line.bytes() {
        levels += match byte {
            b' ' => 1,
            b'\t' => 4,
            b'-' | b'+' | b'*' | b'.' | b')' => 2,
            b'>' | b'0'..=b'9' => 0,
            _ => break,
        };
    }
    levels
}

/// Whether the text starts with a URL that may be removed; it ends at white space or one of `closers`. In a quotation,
/// it may begin in the next line.
fn may_be_unsafe(text: &str, closers: &[u8]) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '>');
    let is_path = text.starts_with('/') && !["//", "/&", "/\\"].iter().any(|start| text.starts_with(start));
    if is_path || text.starts_with('#') || text.starts_with("mailto:") {
        return false;
    }
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme)).unwrap_or("");
    let is_end = |byte: u8| {
        byte.is_ascii_whitespace()
            || closers.contains(&byte)
            || !scheme.is_empty() && matches!(byte, b'/' | b'?' | b'#')
    };
    let mut beginning = text.bytes().skip(scheme.len()).take(MAX_HOST + 1);
    let length =
        scheme.len() + beginning.position(is_end).unwrap_or((text.len() - scheme.len()).min(MAX_HOST));
    steps::count(length);
    match text.get(..length) {
        Some(url) if length < MAX_HOST => {
            let is_odd = |byte: u8| matches!(byte, b':' | b'&' | b'\\');
            if scheme.is_empty() {
                url.starts_with("//") || url.bytes().any(is_odd)
            } else {
                !is_plainly_safe(url)
            }
        }
        _ => true,
    }
}
