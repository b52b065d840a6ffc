use lede::search::occurrences::Finder;
use lede::search::query::Terms;
use lede::search::rank::{ScoredText, TITLE, score};

fn of(query: &str, title: &str, heading: Option<&str>, body: &str) -> u32 {
    let heading = (heading.unwrap_or_default(), heading.is_some());
    let text = ScoredText { title, heading: heading.0, is_section: heading.1, body, length: body.len() };
    score(&Finder::new(Terms::parse(query).unwrap().as_slice()), &text)
}

#[test]
fn titles_come_before_headings_and_those_before_texts() {
    let often = "tide ".repeat(500);
    let ranks = [
        of("tide", "Tide", None, &often),
        of("tide", "Tide", None, ""),
        of("tide", "Tides", None, ""),
        of("tide", "Tide", Some("Tide"), &often),
        of("tide", "", Some("Tide"), ""),
        of("tide", "", Some("Tides"), ""),
        of("tide", "Tide", Some("-"), &often),
        of("tide", "", Some("-"), &often),
        of("tide", "", Some("-"), "One tide and another tide."),
        of("tide", "", Some("-"), "One tide."),
        of("tide", "", Some("-"), &format!("One tide. {}", "And then. ".repeat(500))),
    ];
    assert!(ranks.is_sorted_by(|a, b| a > b), "{ranks:?}");
    assert!(ranks[0] < 10_000 && ranks[10] > 0);
}

#[test]
fn every_term_counts_alike() {
    let both = of("tide harbour", "Tide and harbour", None, "");
    let one = of("tide harbour", "Tide", None, "Harbour.");
    let none = of("tide harbour", "", None, "Tide, harbour.");
    assert!(both > one && one > none, "{both} {one} {none}");
    assert_eq!(both, TITLE);
}
