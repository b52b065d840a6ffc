//! What differs between two states of an article.

use std::time::Instant;

use lede::articles::compare::{SectionChange, compare};
use lede::articles::{Content, Metadata, Section};
use lede::base::ids::{IsId as _, SectionId};
use lede::base::text::Locale;
use lede::base::text::slug::Slug;
use lede::base::text::word_diff::WordOp;
use proptest::prelude::*;
use serde_json::Map;
use uuid::Uuid;

fn section(id: u128, body: &str, sections: Vec<Section>) -> Section {
    Section {
        id: SectionId::from_uuid(Uuid::from_u128(id)),
        heading: Some(format!("Section {id}")),
        anchor: None,
        body: body.to_owned(),
        custom: Map::new(),
        sections,
    }
}

fn content(intro: &str, sections: Vec<Section>) -> Content {
    let slug = Slug::parse("tides").expect("a slug");
    let mut metadata = Metadata::new("Tides".to_owned(), slug, Locale::parse("en").expect("a language"));
    intro.clone_into(&mut metadata.intro);
    Content { metadata, sections }
}

/// The changes of sections, as number, change, and whether it moved.
fn changes(before: &Content, after: &Content) -> Vec<(u128, SectionChange, bool)> {
    let comparison = compare(Some(before), after);
    let of = |id: SectionId| id.uuid().as_u128();
    comparison.sections.iter().map(|section| (of(section.id), section.change, section.is_moved)).collect()
}

#[test]
fn sections_are_added_removed_moved_and_edited() {
    use SectionChange::{Added, Edited, Moved, Removed};
    let one = |id| section(id, "Same.", vec![]);
    let before = content("", vec![one(1), one(2), section(3, "Same.", vec![one(4)]), one(5)]);
    let after =
        content("", vec![one(1), section(5, "Other.", vec![]), section(3, "Same.", vec![]), one(4), one(6)]);
    let expected = [(2, Removed, false), (5, Edited, true), (4, Moved, true), (6, Added, false)];
    assert_eq!(changes(&before, &after), expected);
    assert_eq!(changes(&after, &after), []);
    let first = compare(None, &before);
    assert!(first.sections.iter().all(|section| section.change == Added && !section.is_moved));
    assert_eq!((first.sections.len(), first.added, first.removed), (5, 5, 0));
}

#[test]
fn words_are_counted_in_intro_and_bodies() {
    let before = content(
        "The sea comes.",
        vec![section(1, "One two three.", vec![]), section(2, "Gone now.", vec![])],
    );
    let after = content(
        "The sea comes back.",
        vec![section(1, "One 2 three.", vec![]), section(3, "New here too.", vec![])],
    );
    let comparison = compare(Some(&before), &after);
    assert_eq!((comparison.added, comparison.removed), (1 + 1 + 3, 1 + 2));
    assert_eq!(comparison.intro.len(), 3, "{:?}", comparison.intro);
}

/// Trees of few sections, whose ids are those of others.
fn tree() -> impl Strategy<Value = Vec<Section>> {
    let leaf = ("[ab ]{0,12}", 1..9u128);
    prop::collection::vec((leaf.clone(), prop::collection::vec(leaf, 0..3)), 0..5).prop_map(|sections| {
        let mut seen = std::collections::HashSet::new();
        let mut fresh = move |id: u128| seen.insert(id).then_some(id);
        let mut out = Vec::new();
        for ((body, id), below) in sections {
            let below =
                below.iter().filter_map(|(body, id)| Some(section(fresh(*id)?, body, vec![]))).collect();
            out.extend(fresh(id).map(|id| section(id, &body, below)));
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_bodies_of_the_newer_state_follow_from_the_older(before in tree(), after in tree(), intro in "[ab ]{0,9}") {
        let (before, after) = (content("a b", before), content(&intro, after));
        let comparison = compare(Some(&before), &after);
        for section in &comparison.sections {
            let side = |without: WordOp| -> String {
                section.words.iter().filter(|run| run.op != without).map(|run| run.text).collect()
            };
            let body = |side: Option<&Section>| side.map_or(String::new(), |section| section.body.clone());
            let (old, new) = (body(section.before), body(section.after));
            if old == new {
                prop_assert!(section.words.is_empty());
            } else {
                prop_assert_eq!((side(WordOp::Insert), side(WordOp::Delete)), (old, new));
            }
            let is_there = (section.before.is_some(), section.after.is_some());
            prop_assert_eq!(is_there, match section.change {
                SectionChange::Added => (false, true),
                SectionChange::Removed => (true, false),
                SectionChange::Moved | SectionChange::Edited => (true, true),
            });
        }
    }
}

/// Two states of 100 KB and 200 sections, and the worst that may be stored. Run in release to measure.
#[test]
fn comparing_takes_a_bounded_time() {
    let words = ["tide", "ebb", "flood", "the", "water", "of", "harbour", "buoy", "comes", "and"];
    let mut state = 7u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[usize::try_from(state >> 33).expect("31 bits") % words.len()]
    };
    let mut prose = |bytes: usize| {
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(word());
            text.push(if text.len() % 90 < 6 { '\n' } else { ' ' });
        }
        text
    };
    let mut usual = || content("", (1..=200).map(|id| section(id, &prose(500), vec![])).collect());
    let noise = |seed: usize, unit: &[&str], bytes: usize| {
        let mut state = seed;
        let mut text = String::new();
        while text.len() < bytes {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
            text.push_str(unit[(state >> 16) % unit.len()]);
        }
        text
    };
    let worst = |unit: &'static [&'static str]| {
        let state = |seed| {
            content(
                "",
                (1..=5usize)
                    .map(|id| section(id as u128, &noise(seed + id, unit, 199_000), vec![]))
                    .collect(),
            )
        };
        (state(1), state(99))
    };
    let mut pairs = vec![("200 sections, every word drawn anew", usual(), usual())];
    for (name, unit) in [
        ("two letters", &["a ", "b "][..]),
        ("signs", &[".", ",", ";", "-"]),
        ("lines", &["a\n", "b\n", "\n"]),
        ("short paragraphs", &["tide ", "ebb ", "\n", "the ", "of "]),
        ("one word", &["a"]),
    ] {
        let (before, after) = worst(unit);
        pairs.push((name, before, after));
    }
    let small = |unit: &'static [&'static str], seed: usize| {
        content(
            "",
            (1..=1000usize).map(|id| section(id as u128, &noise(seed + id, unit, 990), vec![])).collect(),
        )
    };
    pairs.push(("a thousand sections", small(&["a ", "b "], 1), small(&["a ", "b "], 5000)));
    for (name, before, after) in pairs {
        let started = Instant::now();
        let comparison = compare(Some(&before), &after);
        println!("{name}: {:?}, {} words added", started.elapsed(), comparison.added);
        // Many times what it takes, because tests are compiled to be debugged and share their machine.
        assert!(started.elapsed().as_secs() < 20, "{name}: {:?}", started.elapsed());
    }
}
