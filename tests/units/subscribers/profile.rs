use lede::subscribers::{Custom, Labels, Line};
use serde_json::{Value, json};

#[test]
fn a_line_is_one_line() {
    assert_eq!(Line::parse("name", "  Ada  ").unwrap().as_str(), "Ada");
    for wrong in ["", "  ", "a\nb", "a\u{7}", "a\u{2028}b", &"x".repeat(201)] {
        assert!(Line::parse("name", wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn labels_are_bounded_and_unique() {
    let twice = ["a".to_owned(), "a".to_owned()];
    assert!(Labels::parse(&twice).unwrap().iter().eq(["a"]));
    assert!(Labels::parse(&vec!["a".to_owned(); 51]).is_err());
    assert!(Labels::parse(&["x".repeat(61)]).is_err());
}

#[test]
fn custom_members_are_merged_by_rfc_7396() {
    let Value::Object(patch) = json!({"a": null, "b": {"d": 2, "c": null}, "e": [null]}) else { return };
    let before = serde_json::from_value(json!({"a": 1, "b": {"c": 1}, "f": 1})).unwrap();
    let before = Custom::default().merged(&before).unwrap();
    let after = serde_json::to_value(before.merged(&patch).unwrap()).unwrap();
    assert_eq!(after, json!({"b": {"d": 2}, "e": [null], "f": 1}));
    let long = serde_json::from_value(json!({"a": "x".repeat(9000)})).unwrap();
    assert!(Custom::default().merged(&long).is_err());
}
