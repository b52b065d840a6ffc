//! Tells bodies that cannot give a warning from those that may. Most hold no raw HTML and no odd URL, and need not be parsed
//! for warnings.

use super::steps;

/// How many characters that open inline markup a paragraph has at least, if they nest so deeply that they are flattened.
const MANY_OPENERS: usize = 50;

/// The longest URL that is looked at, in bytes. A body with a longer one is rendered, so that texts without an end of a URL
/// are not read to their end for each beginning of one.
const MAX_URL: usize = 200;

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
    let is_end = |byte: u8| byte.is_ascii_whitespace() || byte == b')';
    let length = text.bytes().take(MAX_URL + 1).position(is_end).unwrap_or(text.len());
    steps::count(length);
    length > MAX_URL || text.bytes().take(length).any(|byte| matches!(byte, b':' | b'&' | b'\\'))
}
