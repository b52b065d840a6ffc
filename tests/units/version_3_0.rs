//! The document in OpenAPI 3.0 says nothing that 3.0 does not know. Linters hold both documents against their
//! specifications.

use lede::server::openapi::{DOCUMENT, DOCUMENT_3_0, convert_to_3_0};
use serde_json::{Value, json};

#[test]
fn the_committed_document_is_made_from_the_other_one() {
    assert!(convert_to_3_0(DOCUMENT).unwrap() == DOCUMENT_3_0, "LEDE_WRITE=1 cargo test --test api openapi");
}

#[test]
fn it_has_every_operation_and_schema() {
    let parse = |text| serde_json::from_str::<Value>(text).unwrap();
    let (newer, older) = (parse(DOCUMENT), parse(DOCUMENT_3_0));
    let names = |document: &Value, pointer| -> Vec<String> {
        document.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    for pointer in ["/paths", "/components/parameters"] {
        assert_eq!(names(&newer, pointer), names(&older, pointer));
    }
    // Those of webhooks, which 3.0 does not have, are left out, and texts that stand where they may be null.
    let (all, kept) = (names(&newer, "/components/schemas"), names(&older, "/components/schemas"));
    assert!(kept.iter().all(|name| all.contains(name)));
    for name in all.iter().filter(|name| !kept.contains(name)) {
        let is_text = newer["components"]["schemas"][name]["type"] == "string";
        assert!(is_text || name.contains("Event"), "{name}");
    }
    assert_eq!(older["openapi"], "3.0.3");
    assert_known(&older["components"]["schemas"], "schemas");
    assert_known(&older["paths"], "paths");
}

/// No schema has a keyword or a form that 3.0 does not know.
fn assert_known(value: &Value, place: &str) {
    match value {
        Value::Object(members) => {
            let is_schema = members.get("type").is_none_or(|kind| !kind.is_object());
            for unknown in ["const", "if", "then", "unevaluatedProperties", "examples", "propertyNames"] {
                let is_allowed = unknown == "examples" && members.contains_key("schema");
                assert!(!is_schema || is_allowed || !members.contains_key(unknown), "{place} has {unknown}");
            }
            assert!(!members.get("type").is_some_and(Value::is_array), "{place} has several types");
            assert_ne!(members.get("type"), Some(&json!("null")), "{place}");
            let is_typed = members.contains_key("type") || members.contains_key("anyOf");
            assert!(!members.contains_key("nullable") || is_typed, "{place} is nullable without a type");
            let is_alone = !members.contains_key("$ref") || members.len() == 1;
            assert!(is_alone, "{place} has more beside its reference");
            let further = members
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "example" | "examples" | "x-codes"));
            further.for_each(|(name, value)| assert_known(value, &format!("{place}/{name}")));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_known(item, place)),
        _ => {}
    }
}

#[test]
fn what_3_0_says_in_other_words_is_translated() {
    let converted = |schema: Value| -> Value {
        let response =
            json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/One"}}}});
        let document = json!({
            "paths": {"/": {"get": {"responses": {"200": response}}}},
            "components": {"schemas": {
                "Moment": {"type": "string"}, "Actor": {"type": "object"}, "One": schema
            }}
        });
        let converted = convert_to_3_0(&document.to_string()).unwrap();
        serde_json::from_str::<Value>(&converted).unwrap()["components"]["schemas"]["One"].clone()
    };
    for (newer, older) in [
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
        (json!({"const": "user"}), json!({"enum": ["user"]})),
        (
            json!({"type": "integer", "exclusiveMinimum": 0}),
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
        ),
        (json!({"type": "string", "examples": ["a", "b"]}), json!({"type": "string", "example": "a"})),
        (
            json!({"oneOf": [{"$ref": "#/components/schemas/Moment"}, {"type": "null"}]}),
            json!({"type": "string", "nullable": true}),
        ),
        (
            json!({"oneOf": [{"$ref": "#/components/schemas/Actor", "description": "Who."}, {"type": "null"}]}),
            json!({"type": "object", "nullable": true,
                   "allOf": [{"description": "Who.", "allOf": [{"$ref": "#/components/schemas/Actor"}]}]}),
        ),
        (
            json!({"$ref": "#/components/schemas/Moment", "description": "When."}),
            json!({"allOf": [{"$ref": "#/components/schemas/Moment"}], "description": "When."}),
        ),
        (
            json!({"type": ["string", "null"], "enum": ["a"]}),
            json!({"type": "string", "nullable": true, "enum": ["a", null]}),
        ),
        (json!({"type": ["string", "integer"]}), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})),
        // A field may have the name of a keyword.
        (
            json!({"type": "object", "properties": {"const": {"type": "string"}, "examples": true}}),
            json!({"type": "object", "properties": {"const": {"type": "string"}, "examples": {}}}),
        ),
    ] {
        assert_eq!(converted(newer.clone()), older, "{newer}");
    }
}
