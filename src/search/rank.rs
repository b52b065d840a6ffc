//! How well a place answers a query: a title counts more than a heading, a heading more than the text below it, a term that
//! comes often more than one that comes once, and the whole word more than one that goes on.

use super::occurrences::Occurrences;
use super::query::Term;

/// What a place has that can be read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The title of the article.
    pub title: &'a str,
    /// The heading, if the place is a section that has one.
    pub heading: &'a str,
    /// Whether it is a section.
    pub is_section: bool,
    /// The text.
    pub body: &'a str,
}

/// Thousandths of what a term in a title is worth, which is more than any other place can get for it.
pub const TITLE: u32 = 8000;
/// The same of a term in a heading.
pub const HEADING: u32 = 4000;
/// The same of a term in the text, where a single hit counts no more than this.
pub const BODY: u32 = 1000;

/// What a term in the title of its article is worth to a section.
const INHERITED: f64 = 1000.0;
/// What a term in the text is worth if it comes without end; each time adds less.
const MAX_BODY: f64 = 2000.0;
/// What a word that goes on is worth, measured by one that stands as it was asked for.
const BEGINNING: f64 = 0.75;
/// A text of so many bytes, about two hundred words, is of middling length: in longer ones a hit says less.
const MIDDLING: f64 = 1200.0;

/// The score of a place in thousandths: the mean over the terms.
#[must_use]
pub fn score(terms: &[Term], reading: &Reading<'_>) -> u32 {
    let above = if reading.is_section { (reading.heading, HEADING) } else { (reading.title, TITLE) };
    let inherited = if reading.is_section { reading.title } else { "" };
    let (above, worth) = (best(terms, above.0), f64::from(above.1));
    let inherited = best(terms, inherited);
    let counts = count(terms, reading.body);
    let length = f64::from(u32::try_from(reading.body.len()).unwrap_or(u32::MAX)) / MIDDLING;
    let each = above.iter().zip(&inherited).zip(&counts).map(|((above, inherited), count)| {
        let said = if *above > 0.0 { worth * above } else { INHERITED * inherited };
        said + MAX_BODY * count / (count + 1.0 + length)
    });
    let terms = f64::from(u32::try_from(terms.len()).unwrap_or(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10,000")]
    let score = (each.sum::<f64>() / terms).round() as u32;
    score
}

/// For each term: 1 if it stands in a text, less if it only goes on there.
fn best(terms: &[Term], text: &str) -> Vec<f64> {
    let mut best = vec![0.0; terms.len()];
    for found in Occurrences::of(terms, text) {
        if let Some(best) = best.get_mut(found.term) {
            *best = f64::max(*best, if found.whole { 1.0 } else { BEGINNING });
        }
    }
    best
}

/// For each term: how often it stands in a text.
fn count(terms: &[Term], text: &str) -> Vec<f64> {
    let mut counts = vec![0.0; terms.len()];
    for found in Occurrences::of(terms, text) {
        if let Some(count) = counts.get_mut(found.term) {
            *count += if found.whole { 1.0 } else { BEGINNING };
        }
    }
    counts
}
