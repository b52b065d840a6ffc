use lede::base::http::json::{merge, parse};
use serde_json::Value;

fn problem(text: &str) -> String {
    match parse::<Value>(text.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(value) => panic!("{value} was taken"),
    }
}

#[test]
fn a_member_that_comes_twice_is_refused_at_any_depth() {
    assert!(problem(r#"{"a":[{"b":1,"b":2}]}"#).contains("comes twice"));
}

#[test]
fn a_nul_is_refused_and_its_place_is_told() {
    assert!(problem(r#"{"a":[0,{"b/c":"x\u0000"}]}"#).starts_with("/a/1/b~1c"));
}

#[test]
fn a_merge_patch_goes_into_objects() {
    // RFC 7396, Appendix A, as far as both are objects.
    for (target, patch, result) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        let mut merged = parse(target.as_bytes()).unwrap();
        merge(&mut merged, &parse(patch.as_bytes()).unwrap());
        assert_eq!(serde_json::to_string(&merged).unwrap(), result);
    }
}

#[test]
fn deep_nesting_is_refused_without_overflowing_the_stack() {
    let deep = "[".repeat(100_000);
    assert!(problem(&deep).contains("nested deeper"));
}
