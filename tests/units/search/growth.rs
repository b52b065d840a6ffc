//! Scores and excerpts take steps in proportion to the text and none for each further term. Steps are counted.

use lede::base::text::steps;
use lede::search::occurrences::Finder;
use lede::search::query::{MAX_WORDS, Terms};
use lede::search::rank::{ScoredText, score};
use lede::search::snippet::snippet;

/// Queries of as many words as are allowed, or of one.
fn queries() -> Vec<String> {
    let numbered: Vec<String> = (0..MAX_WORDS).map(|n| format!("w{n}")).collect();
    let phrases: Vec<String> = (1..=7).map(|length| format!("\"{}\"", vec!["a"; length].join(" "))).collect();
    vec!["a".into(), numbered.join(" "), phrases.join(" "), format!("\"{}\"", ["a"; 32].join(" "))]
}

/// What places repeat.
const PARTS: [&str; 7] = ["a ", "w0 w1 w2 w3 ", "a b ", "x", "ä-", "w1w2 aa ", "潮"];

fn steps(query: &str, body: &str) -> u64 {
    let terms = Terms::parse(query).unwrap();
    let text = ScoredText { title: "a w1", heading: "w2", is_section: true, body, length: body.len() };
    steps::of(|| {
        let terms = Finder::new(terms.as_slice());
        let _ = score(&terms, &text);
        let _ = snippet(&terms, "a w1", body);
    })
}

#[test]
fn scores_and_excerpts_grow_with_their_text() {
    for query in queries() {
        for part in PARTS {
            let half = part.repeat(25_000 / part.len());
            let (one, two) = (steps(&query, &half), steps(&query, &half.repeat(2)));
            assert!(two * 10 <= one * 22, "{query:?}, {part:?}: {one} steps, then {two}");
        }
    }
}

#[test]
fn the_most_terms_take_few_more_steps_than_one() {
    for part in PARTS {
        let body = part.repeat(50_000 / part.len());
        let one = steps("zzz", &body);
        for query in queries() {
            // Seven phrases can end at the same word.
            let many = steps(&query, &body);
            assert!(many <= one * 8, "{query:?}, {part:?}: {many} steps, {one} for one term");
        }
    }
}

#[test]
fn a_step_is_no_more_than_a_byte_or_a_mark() {
    let body = "w0 w1 w2 w3 ".repeat(16_000);
    let query = queries().swap_remove(1);
    // The text is read twice, to be scored and to be shown; each word ends one term.
    let most = 2 * body.len() + 2 * body.split(' ').count() + 2 * 1000 + 100;
    assert!(steps(&query, &body) <= most as u64, "{}", steps(&query, &body));
}
