use lede::search::expression::{Expression, Kind, Question};
use lede::search::query::Terms;

fn ask(text: &str, endings: &[&str]) -> Question {
    let endings: Vec<String> = endings.iter().map(|&ending| ending.to_owned()).collect();
    let keys = [Expression::Tokens(vec![Kind::Key.token("f1")])];
    Question::new(&Terms::parse(text).unwrap(), &endings, &keys)
}

#[test]
fn one_term_is_looked_for_in_the_place_itself() {
    let question = ask("tide", &[]);
    assert_eq!(question.all.fts5(), r#"("otide" AND "kf1")"#);
    assert_eq!(question.titles.tsquery(), "('ttide' & 'kf1')");
    assert_eq!(question.others.fts5(), r#"(("otide" AND "kf1") NOT ("ttide" OR "htide"))"#);
    assert_eq!(question.others.tsquery(), "(('otide' & 'kf1') & !('ttide' | 'htide'))");
}

#[test]
fn several_may_be_spread_over_a_place_and_its_articles_title() {
    let question = ask(r#""slack water" ti"#, &["tide", "time"]);
    assert_eq!(
        question.all.fts5(),
        r#"(("oslack owater" OR "islack iwater") AND (("otide" OR "otime") OR ("itide" OR "itime")) AND ("oslack owater" OR ("otide" OR "otime")) AND "kf1")"#
    );
    assert_eq!(question.headings.tsquery(), "(('hslack' <-> 'hwater') & ('htide' | 'htime') & 'kf1')");
}
