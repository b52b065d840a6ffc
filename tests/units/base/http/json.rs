use lede::base::http::json::parse;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read of it does not matter")]
struct Body {
    id: uuid::Uuid,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    many: Vec<u8>,
    #[serde(default)]
    pair: Option<(u8, u8)>,
    #[serde(default)]
    tag: Option<Tag>,
}

/// Read in a way that no body of the API is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "what is read of it does not matter")]
enum Tag {
    Number(u8),
    Flag(bool),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    One,
    Two,
}

#[test]
fn what_does_not_fit_is_explained_in_words_of_the_api() {
    const ID: &str = r#""id":"019b8d62-7a80-7580-af26-1d10acb21f90""#;
    for (body, told) in [
        ("{}", ": The field id is required."),
        (r#"{"id":1}"#, "/id: Must be a UUID."),
        (r#"{"id":"x"}"#, "/id: Must be a UUID."),
        (
            &format!(r#"{{{ID},"x":1}}"#),
            "/x: There is no such field. The fields here are: id, kind, many, pair, tag.",
        ),
        (&format!(r#"{{{ID},"kind":"six"}}"#), "/kind: Must be one of one, two."),
        (&format!(r#"{{{ID},"many":[1.0,-0.0,3e0,256.0]}}"#), "/many/3: Must be an integer in range."),
        (&format!(r#"{{{ID},"kind":{{"one":1}}}}"#), "/kind: Must be one of one, two."),
        (&format!(r#"{{{ID},"many":1}}"#), "/many: Must be an array."),
        (&format!(r#"{{{ID},"many":[1.5]}}"#), "/many/0: Must be an integer in range."),
        (&format!(r#"{{{ID},"pair":[1]}}"#), "/pair: Must be of the documented length."),
        (&format!(r#"{{{ID},"pair":[1,2,3]}}"#), "/pair: Must be of the documented length."),
        (&format!(r#"{{{ID},"tag":"x"}}"#), "/tag: Must be a valid value."),
        (&format!(r#"{{{ID},"many":[-1]}}"#), "/many/0: Must be an integer in range."),
        ("[]", ": Must be an object."),
        (r#"{"id":"x","id":"x"}"#, ": The member \"id\" comes twice (line 1, column 19)."),
        ("{", ": Must be JSON, but the text ends early (line 1, column 1)."),
        ("{} x", ": Must be JSON, but the syntax is wrong (line 1, column 4)."),
    ] {
        assert_eq!(parse::<Body>(body.as_bytes()).unwrap_err().to_string(), told, "{body}");
    }
}

#[test]
fn a_nul_is_refused_and_its_place_is_told() {
    let error = parse::<serde_json::Value>(br#"{"a":[0,{"b/c":"x\u0000"}]}"#).unwrap_err();
    assert!(error.to_string().starts_with("/a/1/b~1c"));
}
