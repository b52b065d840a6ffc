//! Limits the nesting of lists and block quotes before Markdown is parsed. The parser checks every open container on
//! every line, so a line of 50,000 `>` followed by as many lines would take minutes.

use std::borrow::Cow;

use super::steps;

/// The maximum number of containers that one line may open or continue.
pub(super) const MAX_MARKERS: usize = 100;
/// The last byte of a line at which a container may start.
const MAX_COLUMN: usize = 400;

/// Replaces excess container markers with `x`, which keeps all byte offsets.
///
/// Lines of code that look like containers may change too: use the result for positions, and for content only as a last
/// resort.
pub(super) fn bound(markdown: &str) -> Cow<'_, str> {
    steps::count(markdown.len());
    let mut excess = Vec::new();
    let mut start = 0;
    for line in markdown.split_inclusive(['\n', '\r']) {
        excess_markers(line, start, &mut excess);
        start += line.len();
    }
    if excess.is_empty() {
        return Cow::Borrowed(markdown);
    }
    let mut bounded = String::with_capacity(markdown.len());
    let mut kept = 0;
    for at in excess {
        bounded.push_str(markdown.get(kept..at).unwrap_or_default());
        bounded.push('x');
        kept = at + 1;
    }
    bounded.push_str(markdown.get(kept..).unwrap_or_default());
    Cow::Owned(bounded)
}

/// Collects the offsets of excess markers at the start of a line. `start` is the offset of the line.
fn excess_markers(line: &str, start: usize, excess: &mut Vec<usize>) {
    let bytes = line.trim_ascii_end().as_bytes();
    let mut markers = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'0'..=b'9' => {}
            b'>' | b'-' | b'+' | b'*' | b'.' | b')' | b'[' | b']' | b'^' | b':' => {
                markers += 1;
                if markers > MAX_MARKERS || at > MAX_COLUMN {
                    excess.push(start + at);
                }
            }
            _ => return,
        }
        at += 1;
    }
    // A line of only hyphens or only asterisks is a thematic break, not nesting.
    if bytes.iter().all(|byte| matches!(byte, b'-' | b' '))
        || bytes.iter().all(|byte| matches!(byte, b'*' | b' '))
    {
        while excess.last().is_some_and(|last| *last >= start) {
            excess.pop();
        }
    }
}
