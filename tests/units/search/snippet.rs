use lede::search::occurrences::Finder;
use lede::search::query::Terms;
use lede::search::snippet::{LENGTH, snippet};
use proptest::prelude::*;

fn of(query: &str, text: &str) -> String {
    snippet(&Finder::new(Terms::parse(query).unwrap().as_slice()), "", text)
}

#[test]
fn a_short_text_is_shown_whole_and_safe() {
    assert_eq!(
        of("cafe b", "A <b>Café</b> & \"bars\"\nby the sea."),
        "A &lt;<mark>b</mark>&gt;<mark>Café</mark>&lt;/<mark>b</mark>&gt; &amp; &quot;bars&quot; by the sea."
    );
    assert_eq!(of("tide", "No such word."), "No such word.");
    assert_eq!(of("tide", ""), "");
    assert_eq!(of("\"slack water\" sla", "Slack water."), "<mark>Slack water</mark>.");
}

#[test]
fn a_long_text_is_shown_where_the_terms_stand_together() {
    let far = format!(
        "Tide. {} Then the tide met the harbour wall. {}",
        "One more. ".repeat(40),
        "And on. ".repeat(40)
    );
    let html = of("harbour tide", &far);
    assert!(html.starts_with("…") && html.ends_with('…'), "{html}");
    assert!(html.contains("Then the <mark>tide</mark> met the <mark>harbour</mark> wall."), "{html}");
    assert_eq!(
        html.replace("<mark>", "").replace("</mark>", "").chars().filter(|c| *c != '…').count() / 10,
        LENGTH / 10 - 1,
        "{html}"
    );
    let block = format!("{}\nThe tide turns. {}", "One more. ".repeat(40), "And on. ".repeat(40));
    assert!(of("tide", &block).starts_with("…The <mark>tide</mark> turns."), "{}", of("tide", &block));
}

#[test]
fn what_stands_in_the_heading_alone_is_shown_before_the_opening() {
    let terms = Terms::parse("slack water").unwrap();
    let of = |above, text: &str| snippet(&Finder::new(terms.as_slice()), above, text);
    let heading = "<mark>Slack</mark> <mark>water</mark>";
    assert_eq!(of("Slack water", "It waits."), format!("{heading} — It waits."));
    assert_eq!(of("Slack water", ""), heading);
    assert_eq!(of("Slack", "No water."), "No <mark>water</mark>.");
    let long = of("Slack water", &"One more. ".repeat(40));
    assert!(long.starts_with(&format!("{heading} — One more.")) && long.ends_with("One…"), "{long}");
}

#[test]
fn scripts_without_spaces_are_cut_anywhere() {
    let html = of("潮汐", &format!("{}潮汐{}", "漢".repeat(300), "字".repeat(300)));
    assert_eq!(html, format!("…{}<mark>潮汐</mark>{}…", "漢".repeat(60), "字".repeat(138)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_but_marks_is_markup(query in "[a-c\"é<> ]{0,8}a", text in "([a-c<>&\"'é\n ]|\\PC){0,400}") {
        let html = of(&query, &text);
        let bare = html.replace("<mark>", "").replace("</mark>", "");
        prop_assert!(!bare.contains(['<', '>', '"']), "{}", html);
        prop_assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count());
        prop_assert!(html.chars().count() <= 4000);
    }
}
