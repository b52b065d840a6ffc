use lede::search::occurrences::{Finder, Occurrence};
use lede::search::query::Terms;

fn found(query: &str, text: &str) -> String {
    let terms = Terms::parse(query).unwrap();
    let one = |found: Occurrence| {
        format!("{}{}{}", found.term, if found.whole { '=' } else { '~' }, &text[found.place])
    };
    Finder::new(terms.as_slice()).find(text).map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn terms_are_found_as_the_index_finds_them() {
    for (query, text, wanted) in [
        ("cafe", "Café CAFÉS café!", "0=Café, 0~CAFÉS, 0=café"),
        ("\"cafe\"", "Café CAFÉS", "0=Café"),
        ("tide \"slack water\"", "Slack, water: slack Tide water", "1=Slack, water, 0=Tide"),
        ("\"a b a b\"", "a b a b a b", "0=a b a b, 0=a b a b"),
        ("well-kno", "A well known, well-knotted net", "0~well known, 0~well-knotted"),
        ("潮汐", "満潮汐留 潮", "0=潮汐"),
        ("\"a a\" \"b a\" a", "b a a a", "1=b a, 2=a, 0=a a, 2=a, 0=a a, 2=a"),
        ("a \"a\" ab", "a ab abc", "0=a, 1=ab, 1~abc"),
        ("\"a b\" \"c d\"", "a d c b a b c d", "0=a b, 1=c d"),
        ("flow", "", ""),
    ] {
        assert_eq!(found(query, text), wanted, "{query}");
    }
}
