//! Scores how well a place matches a query. The title weighs more than a heading, a heading more than the text;
//! repeated matches weigh more than one, and whole words more than prefixes.

use super::occurrences::Finder;

/// The parts of a place that are scored.
#[derive(Debug, Clone, Copy)]
pub struct ScoredText<'a> {
    /// The article's title.
    pub title: &'a str,
    /// The section's heading; empty for articles and for sections without one.
    pub heading: &'a str,
    /// Whether the place is a section.
    pub is_section: bool,
    /// The text, as plain text; of a very long one, its beginning.
    pub body: &'a str,
    /// The bytes of the whole text.
    pub length: usize,
}

/// The weight of a term in the title, in thousandths. Exceeds what a term in a section can score.
pub const TITLE: u32 = 8000;
/// The weight of a term in a heading, in thousandths.
pub const HEADING: u32 = 4000;
/// The score of a term in the text, in thousandths; a single match in the text scores at most this.
pub const BODY: u32 = 1000;

/// The weight for a section of a term in its article's title.
const INHERITED: f64 = 1000.0;
/// The limit of the score of a term in the text: each further match adds less.
const MAX_BODY: f64 = 2000.0;
/// The weight of a prefix match, relative to a whole word.
const BEGINNING: f64 = 0.75;
/// The length of an average text, about 200 words. A match in a longer text scores less.
const AVERAGE_BYTES: f64 = 1200.0;

/// The score of a place in thousandths: the mean over its terms.
#[must_use]
pub fn score(terms: &Finder<'_>, text: &ScoredText<'_>) -> u32 {
    let above = if text.is_section { (text.heading, HEADING) } else { (text.title, TITLE) };
    let inherited = if text.is_section { text.title } else { "" };
    let (above, worth) = (best(terms, above.0), f64::from(above.1));
    let inherited = best(terms, inherited);
    let counts = count(terms, text.body);
    let length = f64::from(u32::try_from(text.length).unwrap_or(u32::MAX)) / AVERAGE_BYTES;
    let each = above.iter().zip(&inherited).zip(&counts).map(|((above, inherited), count)| {
        let said = if *above > 0.0 { worth * above } else { INHERITED * inherited };
        said + MAX_BODY * count / (count + 1.0 + length)
    });
    let terms = f64::from(u32::try_from(terms.terms()).unwrap_or(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10,000")]
    let score = (each.sum::<f64>() / terms).round() as u32;
    score
}

/// For each term: 1 if it occurs as a whole word, [`BEGINNING`] if only as a prefix, 0 if not at all.
fn best(terms: &Finder<'_>, text: &str) -> Vec<f64> {
    weigh(terms, text, f64::max)
}

/// For each term: how often it occurs. A prefix match counts [`BEGINNING`].
fn count(terms: &Finder<'_>, text: &str) -> Vec<f64> {
    weigh(terms, text, |sum, worth| sum + worth)
}

fn weigh(terms: &Finder<'_>, text: &str, add: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut weights = vec![0.0; terms.terms()];
    for found in terms.find(text) {
        if let Some(weight) = weights.get_mut(found.term) {
            *weight = add(*weight, if found.whole { 1.0 } else { BEGINNING });
        }
    }
    weights
}
