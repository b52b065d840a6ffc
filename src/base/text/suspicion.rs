//! Tells bodies that cannot give a warning from those that may. Most hold no raw HTML and no odd URL, and need not be parsed
//! for warnings.

use super::steps;

/// How many characters that open inline markup a paragraph has at least, if they nest so deeply that they are flattened.
const MANY_OPENERS: usize = 50;

/// Whether rendering a body may remove or flatten something. `false` is certain.
pub(super) fn may_warn(body: &str) -> bool {
    steps::count(body.len());
    let mut openers = 0;
    for line in body.lines() {
        if line.trim_ascii().is_empty() {
            openers = 0;
        }
        openers += line.bytes().filter(|byte| matches!(byte, b'*' | b'_' | b'~' | b'[' | b'>')).count();
        if openers > MANY_OPENERS || line.contains('<') {
            return true;
        }
    }
    let destinations = body.match_indices("](").chain(body.match_indices("]:"));
    destinations.map(|(at, opener)| body.get(at + opener.len()..).unwrap_or_default()).any(may_be_unsafe)
}

/// Whether the text starts with a URL that may have another scheme than those that may stay.
fn may_be_unsafe(text: &str) -> bool {
    let text = text.trim_ascii_start();
    if ["http://", "https://", "mailto:", "/", "#"].iter().any(|safe| text.starts_with(safe)) {
        return false;
    }
    let url = text.split(|c: char| c.is_ascii_whitespace() || c == ')').next().unwrap_or_default();
    url.contains([':', '&', '\\'])
}
