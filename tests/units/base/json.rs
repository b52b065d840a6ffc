use lede::base::json::{MAX_DEPTH, MAX_NAME, Strict, describe, merge, parse};
use serde_json::{Value, json};

fn refusal(text: &str) -> String {
    match parse(text.as_bytes()) {
        Err(error) => describe(&error),
        Ok(value) => panic!("{value} was taken"),
    }
}

#[test]
fn a_member_that_comes_twice_is_refused_at_any_depth() {
    assert!(refusal(r#"{"a":[{"b":1,"b":2}]}"#).contains("comes twice"));
    assert!(refusal(r#"{"a":{"b":1,"\u0062":2}}"#).contains("comes twice"));
}

#[test]
fn nesting_is_bounded_before_it_fills_the_stack() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(MAX_DEPTH + 1).as_bytes()).is_ok());
    assert!(refusal(&nested(MAX_DEPTH + 2)).contains("at most 64 levels deep"));
    assert!(refusal(&"[".repeat(100_000)).contains("at most 64 levels deep"));
    assert!(refusal(&r#"{"a":"#.repeat(100_000)).contains("at most 64 levels deep"));
}

#[test]
fn names_of_serde_json_are_refused_and_others_are_ordinary() {
    for name in
        ["$serde_json::private::RawValue", "$serde_json::private::Number", "\\u0024serde_json::private::X"]
    {
        for text in [
            format!(r#"{{"{name}":"[[1]]"}}"#),
            format!(r#"{{"a":[{{"b":1,"{name}":"1"}}]}}"#),
            format!(r#"{{"{name}":1}}"#),
        ] {
            assert!(refusal(&text).contains("is reserved"), "{text}");
        }
    }
    for name in ["$serde_json", "", "__proto__", "$__toml_private_datetime", &"é".repeat(MAX_NAME)] {
        let value = json!({name: "[[1]]"});
        assert_eq!(parse(value.to_string().as_bytes()).unwrap(), value);
    }
    assert!(refusal(&json!({"x".repeat(MAX_NAME + 1): 1}).to_string()).contains("at most 200 characters"));
}

#[test]
fn numbers_are_integers_of_64_bits_or_finite_doubles() {
    for text in ["-9223372036854775808", "18446744073709551615", "0.1", "-2.5e300", "1e-5"] {
        let again = parse(text.as_bytes()).unwrap().to_string();
        assert_eq!(parse(again.as_bytes()).unwrap().to_string(), again, "{text}");
    }
    assert_eq!(parse(b"18446744073709551616").unwrap(), json!(18_446_744_073_709_551_616.0));
    assert!(refusal("1e999").starts_with("Must be JSON"));
    for wrong in [f64::NAN, f64::INFINITY] {
        let read: Result<Strict, serde::de::value::Error> =
            serde::Deserialize::deserialize(serde::de::value::F64Deserializer::new(wrong));
        assert!(read.unwrap_err().to_string().contains("finite"));
    }
    let read: Result<Strict, serde::de::value::Error> =
        serde::Deserialize::deserialize(serde::de::value::I128Deserializer::new(i128::MIN));
    assert!(read.unwrap().0.is_f64());
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
        let mut merged = object(target);
        merge(&mut merged, &object(patch));
        assert_eq!(Value::Object(merged).to_string(), result);
    }
}

fn object(text: &str) -> serde_json::Map<String, Value> {
    match parse(text.as_bytes()) {
        Ok(Value::Object(members)) => members,
        other => panic!("{other:?}"),
    }
}
