//! Bounds the nesting of lists and quotations before Markdown is parsed: the parser looks at every open container in
//! every line, so that one line of fifty thousand `>` and as many lines behind it would take minutes.

use std::borrow::Cow;

/// The most containers that one line may open or continue.
pub(super) const MAX_MARKERS: usize = 100;
/// The column behind which no container starts.
const MAX_COLUMN: usize = 400;

/// The same text, with as many bytes, in which excessive markers of containers are mere letters.
///
/// Good for finding out where things stand; lines of code may be among the changed ones.
pub(super) fn bound(markdown: &str) -> Cow<'_, str> {
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

/// Finds the markers at a line's start that are one too many; `start` is where the line stands.
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
    // A line of nothing but one character is a rule, not a nest.
    if bytes.iter().all(|byte| matches!(byte, b'-' | b' '))
        || bytes.iter().all(|byte| matches!(byte, b'*' | b' '))
    {
        while excess.last().is_some_and(|last| *last >= start) {
            excess.pop();
        }
    }
}
