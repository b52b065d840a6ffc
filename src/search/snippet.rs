//! Builds the excerpt of a hit: text around the terms as escaped HTML, with `<mark>` as its only element.

use std::ops::Range;

use super::occurrences::{Occurrence, Occurrences};
use super::query::Term;
use crate::base::text::escape_html;

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
pub fn snippet(terms: &[Term], above: &str, text: &str) -> String {
    if Occurrences::of(terms, text).next().is_some() {
        return best_line(terms, text);
    }
    let opening: String = text.chars().take(LENGTH).collect();
    let parts = [above, &opening].into_iter().filter(|part| !part.is_empty());
    best_line(terms, &parts.collect::<Vec<_>>().join(" — "))
}

fn best_line(terms: &[Term], text: &str) -> String {
    let marks = marks(terms, text);
    let first = marks.get(densest(&marks)).map_or(0..0, |mark| mark.place.clone());
    let start = lead(text, first.start);
    let end = reach(text, start, first.end);
    let mut html = if start > 0 { "…".to_owned() } else { String::new() };
    let mut at = start;
    for Range { start: from, end: to } in marks.into_iter().map(|mark| mark.place) {
        let (from, to) = (from.max(at), to.min(end));
        if from < to {
            html.push_str(&line(text, at..from));
            html.push_str(&format!("<mark>{}</mark>", line(text, from..to)));
            at = to;
        }
    }
    html.push_str(&line(text, at..end));
    if end < text.len() {
        html.push('…');
    }
    html
}

/// The occurrences up to 4 × [`LENGTH`] bytes after every term has occurred once, sorted by position.
fn marks(terms: &[Term], text: &str) -> Vec<Occurrence> {
    let mut marks: Vec<Occurrence> = Vec::new();
    let mut missing: Vec<usize> = (0..terms.len()).collect();
    let mut last = usize::MAX;
    for found in Occurrences::of(terms, text).take(MAX_OCCURRENCES) {
        if found.place.start > last {
            break;
        }
        missing.retain(|term| *term != found.term);
        if missing.is_empty() && last == usize::MAX {
            last = found.place.start.saturating_add(4 * LENGTH);
        }
        marks.push(found);
    }
    marks.sort_by_key(|mark| (mark.place.start, std::cmp::Reverse(mark.place.end)));
    marks
}

/// The index of the mark that has the most different terms within [`SPAN`].
fn densest(marks: &[Occurrence]) -> usize {
    let (mut densest, mut most) = (0, 0);
    for (at, mark) in marks.iter().enumerate() {
        let near = marks.iter().skip(at).take_while(|other| other.place.start < mark.place.start + SPAN);
        let mut terms: Vec<usize> = near.take(LENGTH).map(|other| other.term).collect();
        terms.sort_unstable();
        terms.dedup();
        if terms.len() > most {
            (densest, most) = (at, terms.len());
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
    let Some((most, _)) = rest.char_indices().nth(LENGTH) else { return text.len() };
    let space = rest.get(..most).unwrap_or_default().rfind(char::is_whitespace).map(|space| start + space);
    space.filter(|space| *space >= first && *space > start).unwrap_or(start + most)
}

fn line(text: &str, part: Range<usize>) -> String {
    escape_html(&text.get(part).unwrap_or_default().replace(['\n', '\t', '\r'], " "))
}
