//! Builds the excerpt of a hit: text around the terms as escaped HTML, with `<mark>` as its only element.

use std::ops::Range;

use super::occurrences::{Finder, Occurrence};
use crate::base::text::{escape_html, steps};

/// The most characters of text in an excerpt.
pub const LENGTH: usize = 200;
/// The most of these characters before the first mark.
const LEAD: usize = 60;
/// Terms that start within this many bytes of a mark count as shown together with it.
const SPAN: usize = 140;
/// The most occurrences that are read to choose an excerpt.
const MAX_OCCURRENCES: usize = 1000;

/// The excerpt of `text` with the most different terms close together. If no term occurs in `text`, the title or
/// heading (`above`) contains them: it then precedes the opening of `text`.
#[must_use]
pub fn snippet(terms: &Finder<'_>, above: &str, text: &str) -> String {
    let marks = marks(terms, text);
    if !marks.is_empty() {
        return line(terms, text, &marks);
    }
    let opening: String = text.chars().take(LENGTH).collect();
    let parts = [above, &opening].into_iter().filter(|part| !part.is_empty());
    let text = parts.collect::<Vec<_>>().join(" — ");
    line(terms, &text, &self::marks(terms, &text))
}

/// The excerpt of `text` around the densest of `marks`.
fn line(terms: &Finder<'_>, text: &str, marks: &[Occurrence]) -> String {
    let first = marks.get(densest(terms, marks)).map_or(0..0, |mark| mark.place.clone());
    let start = lead(text, first.start);
    let end = reach(text, start, first.end);
    let mut html = if start > 0 { "…".to_owned() } else { String::new() };
    let mut at = start;
    for Range { start: from, end: to } in marks.iter().map(|mark| mark.place.clone()) {
        let (from, to) = (from.max(at), to.min(end));
        if from < to {
            html.push_str(&escape(text, at..from));
            html.push_str(&format!("<mark>{}</mark>", escape(text, from..to)));
            at = to;
        }
    }
    html.push_str(&escape(text, at..end));
    if end < text.len() {
        html.push('…');
    }
    html
}

/// The occurrences up to 4 × [`LENGTH`] bytes after every term has occurred once, sorted by position.
fn marks(terms: &Finder<'_>, text: &str) -> Vec<Occurrence> {
    let mut marks: Vec<Occurrence> = Vec::new();
    let mut seen = vec![false; terms.terms()];
    let mut missing = seen.len();
    let mut last = usize::MAX;
    for found in terms.find(text).take(MAX_OCCURRENCES) {
        if found.place.start > last {
            break;
        }
        if let Some(seen) = seen.get_mut(found.term).filter(|seen| !**seen) {
            *seen = true;
            missing -= 1;
            if missing == 0 {
                last = found.place.start.saturating_add(4 * LENGTH);
            }
        }
        marks.push(found);
    }
    marks.sort_by_key(|mark| (mark.place.start, std::cmp::Reverse(mark.place.end)));
    marks
}

/// The index of the mark that has the most different terms within [`SPAN`]: a window slides over the marks.
fn densest(terms: &Finder<'_>, marks: &[Occurrence]) -> usize {
    let mut near = vec![0_u32; terms.terms()];
    let (mut densest, mut max, mut different, mut end) = (0, 0, 0, 0);
    for (at, mark) in marks.iter().enumerate() {
        while let Some(other) = marks.get(end).filter(|other| other.place.start < mark.place.start + SPAN) {
            steps::count(1);
            end += 1;
            if let Some(count) = near.get_mut(other.term) {
                different += u32::from(*count == 0);
                *count += 1;
            }
        }
        if different > max {
            (densest, max) = (at, different);
        }
        if let Some(count) = near.get_mut(mark.term) {
            *count -= 1;
            different -= u32::from(*count == 0);
        }
    }
    densest
}

/// The start of the excerpt for a mark at `from`: after a line break if one is near, otherwise after a space.
fn lead(text: &str, from: usize) -> usize {
    let before = text.get(..from).unwrap_or_default();
    let earliest = before.char_indices().rev().take(LEAD).last().map_or(0, |(at, _)| at);
    if earliest == 0 {
        return 0;
    }
    let lead = before.get(earliest..).unwrap_or_default();
    let gap = lead.rfind('\n').or_else(|| lead.find(char::is_whitespace));
    gap.map_or(earliest, |gap| earliest + gap + 1)
}

/// The end of the excerpt that starts at `start`: at a space, but not before `first`, the end of the first mark.
fn reach(text: &str, start: usize, first: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let Some((length, _)) = rest.char_indices().nth(LENGTH) else { return text.len() };
    let space = rest.get(..length).unwrap_or_default().rfind(char::is_whitespace).map(|space| start + space);
    space.filter(|space| *space >= first && *space > start).unwrap_or(start + length)
}

fn escape(text: &str, part: Range<usize>) -> String {
    escape_html(&text.get(part).unwrap_or_default().replace(['\n', '\t', '\r'], " "))
}
