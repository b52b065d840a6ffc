//! Comparing texts word by word.

use lede::base::text::word_diff::{Budget, Run, WordOp, shortened, word_diff};
use proptest::prelude::*;

fn diff<'a>(before: &'a str, after: &'a str) -> Vec<Run<'a>> {
    word_diff(before, after, &mut Budget::default())
}

/// A diff on one line: `[-deleted-]` and `{+inserted+}`.
fn shown(before: &str, after: &str) -> String {
    let run = |run: &Run<'_>| match run.op {
        WordOp::Equal => run.text.to_owned(),
        WordOp::Insert => format!("{{+{}+}}", run.text),
        WordOp::Delete => format!("[-{}-]", run.text),
    };
    diff(before, after).iter().map(run).collect()
}

/// What applying a diff to the older text gives, and what it takes from the newer.
fn applied(runs: &[Run<'_>]) -> (String, String) {
    let side = |without: WordOp| runs.iter().filter(|run| run.op != without).map(|run| run.text).collect();
    (side(WordOp::Insert), side(WordOp::Delete))
}

#[test]
fn words_that_differ_are_shown() {
    for (before, after, expected) in [
        ("", "", ""),
        ("The tide.", "The tide.", "The tide."),
        ("", "The tide.", "{+The tide.+}"),
        ("The tide.", "", "[-The tide.-]"),
        ("The ebb tide.", "The flood tide.", "The [-ebb-]{+flood+} tide."),
        ("A red fox runs.", "A blue dog runs.", "A [-red fox-]{+blue dog+} runs."),
        ("One. Two. Three.", "One. Three.", "One. [-Two. -]Three."),
        ("Wait, then go.", "Wait - then go.", "Wait[-,-]{+ -+} then go."),
        ("潮が引く", "潮が満ちる", "潮が[-引く-]{+満ちる+}"),
        ("one\ntwo\n", "one\nthree\ntwo\n", "one\n{+three\n+}two\n"),
    ] {
        assert_eq!(shown(before, after), expected, "{before:?} to {after:?}");
    }
}

#[test]
fn long_unchanged_passages_are_shortened_to_their_ends() {
    let middle = "The sea comes twice a day. ".repeat(100);
    let (before, after) = (format!("Ebb. {middle} Flow"), format!("Flood. {middle} Slack"));
    let runs = shortened(diff(&before, &after));
    let equal: Vec<_> = runs.iter().filter(|run| run.op == WordOp::Equal).collect();
    let [start, end] = equal.as_slice() else { panic!("{runs:?}") };
    assert!(start.text.len() <= 200 && start.text.ends_with(' '), "{start:?}");
    assert!((200..300).contains(&end.text.len()) && end.omitted == 0, "{end:?}");
    let whole = diff(&before, &after).into_iter().find(|run| run.op == WordOp::Equal).expect("an equal run");
    assert_eq!(
        start.text.chars().count() + start.omitted + end.text.chars().count(),
        whole.text.chars().count()
    );
    assert!(runs.iter().all(|run| run.op == WordOp::Equal || run.omitted == 0));
}

/// Texts of a few words in any order, and of anything.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["([abc ]|\n|é|潮|🌊|the |of ){0,80}", "(\\PC|[ \n\t]){0,60}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_diff_to_the_older_text_gives_the_newer(before in text(), after in text(), budget in 0..4usize) {
        // Also where the texts are long, and where the budget ends.
        for (times, compared) in [(1, 0), (1, budget), (200, budget * 10_000)] {
            let (before, after) = (before.repeat(times), after.repeat(times));
            let mut budget = Budget::of(compared);
            let runs = word_diff(&before, &after, &mut budget);
            prop_assert_eq!(applied(&runs), (before.clone(), after.clone()));
            prop_assert!(runs.iter().all(|run| !run.text.is_empty() && run.omitted == 0));
        }
        let runs = diff(&before, &after);
        prop_assert_eq!(applied(&runs), (before.clone(), after.clone()));
        let (mut whole, mut short) = (0, 0);
        for run in &runs { whole += run.text.chars().count(); }
        for run in shortened(runs) { short += run.text.chars().count() + run.omitted; }
        prop_assert_eq!(whole, short);
    }
}
