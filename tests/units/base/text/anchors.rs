use lede::base::text::anchors::UniqueAnchors;
use lede::base::text::slug::Anchor;
use lede::base::text::{outline, steps};

#[test]
fn an_anchor_that_is_taken_gets_the_next_free_number() {
    let mut anchors = UniqueAnchors::default();
    let mut take = |text: &str| anchors.take_numbered(Anchor::parse(text).unwrap()).to_string();
    assert_eq!(
        [take("a"), take("a"), take("a-3"), take("a"), take("a-3"), take("a")],
        ["a", "a-2", "a-3", "a-4", "a-3-2", "a-5"]
    );
    assert!(!anchors.take(&Anchor::parse("a-5").unwrap()) && anchors.take(&Anchor::parse("a-6").unwrap()));
}

#[test]
fn long_headings_that_differ_at_their_ends_take_steps_as_short_ones_do() {
    let document = |count: usize, ends: usize| {
        let heading = |n: usize| format!("## {}{:03}\n", "x".repeat(117), n % ends);
        (0..count).map(heading).collect::<String>()
    };
    for ends in [1, 2, 300, 900] {
        let steps = |count: usize| steps::of(|| drop(outline::parse(&document(count, ends))));
        let (half, whole) = (steps(1_000), steps(2_000));
        assert!(whole <= 2 * half + 10_000, "{ends}: {half} steps, then {whole}");
        let parsed = outline::parse(&document(2_000, ends));
        let mut anchors: Vec<_> = parsed.sections.iter().map(|part| part.anchor.clone().unwrap()).collect();
        anchors.sort();
        anchors.dedup();
        assert_eq!(anchors.len(), 2_000);
    }
}
