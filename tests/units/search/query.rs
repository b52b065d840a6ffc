use lede::search::query::{Term, Terms};
use proptest::prelude::*;

/// Terms on one line: a phrase by hyphens, what may go on by a star.
fn read(text: &str) -> String {
    match Terms::parse(text) {
        Ok(terms) => {
            let one = |term: &Term| format!("{}{}", term.words.join("-"), if term.open { "*" } else { "" });
            terms.as_slice().iter().map(one).collect::<Vec<_>>().join(" ")
        }
        Err(refusal) => refusal.code.into_owned(),
    }
}

#[test]
fn space_separates_quotes_hold_together_and_the_last_word_goes_on() {
    for (text, terms) in [
        ("Slack  water", "slack water*"),
        ("\"Slack water\"", "slack-water"),
        ("ebb \"slack water\" flow", "ebb slack-water flow*"),
        ("ebb \"slack wat", "ebb slack-wat"),
        ("“slack water”tide", "slack-water tide*"),
        ("well-known", "well-known*"),
        ("tide -ebb OR (NOT flow*)", "tide ebb or not flow*"),
        ("潮汐", "潮-汐"),
        ("tide a", "tide a"),
        ("tide Tide TIDE", "tide"),
        ("\"\" \" \"tide\"", "tide*"),
        ("", "query-empty"),
        ("\" - \"", "query-empty"),
    ] {
        assert_eq!(read(text), terms, "{text}");
    }
}

#[test]
fn length_is_bounded() {
    assert_eq!(read(&"ö".repeat(200)), "o".repeat(64) + "*");
    assert_eq!(read(&"ö".repeat(201)), "query-too-long");
    let numbers = |most: usize| (0..most).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(read(&numbers(33)), "query-too-many-words");
    assert_eq!(read(&numbers(32)), numbers(32) + "*");
    assert_eq!(read(&"a ".repeat(100)), "a");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_terms_or_a_refusal(text in "(\\PC|[\"' a-c*:(){}^+-]|AND|NEAR|\\u{0}){0,60}") {
        match Terms::parse(&text) {
            Ok(terms) => {
                prop_assert!(!terms.as_slice().is_empty());
                prop_assert!(terms.as_slice().iter().all(|term| !term.words.is_empty()));
                prop_assert!(terms.as_slice().iter().rev().skip(1).all(|term| !term.open));
            }
            Err(refusal) => prop_assert!(["query-too-long", "query-empty", "query-too-many-words"].contains(&refusal.code.as_ref())),
        }
    }
}
