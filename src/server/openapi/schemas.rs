//! What holds for the schemas of the document and cannot be said in a derive.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// An object schema without properties allows any: generated clients would otherwise take it for an empty object.
pub(super) fn open_maps(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        let is_object = members.get("type").is_some_and(|kind| kind == "object" || names(kind, "object"));
        if is_object && !members.contains_key("properties") && !members.contains_key("additionalProperties") {
            members.insert("additionalProperties".into(), true.into());
        }
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(open_maps),
        Value::Array(items) => items.iter_mut().for_each(open_maps),
        _ => {}
    }
}

/// In responses every field is present, so nullable ones are required too; in request bodies they may be omitted.
pub(super) fn require_nulls(document: &mut Value) {
    let sent = find_schemas_of("requestBody", document);
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if sent.contains(name) {
            continue;
        }
        require_nulls_of(schema);
        schema
            .get_mut("allOf")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(require_nulls_of);
    }
}

fn require_nulls_of(schema: &mut Value) {
    let may_be_null = |member: &Value| {
        names(&member["type"], "null")
            || member["oneOf"].as_array().into_iter().flatten().any(|kind| kind["type"] == "null")
    };
    let Some(members) = schema.get("properties").and_then(Value::as_object) else { return };
    let nulls = members.iter().filter(|(_, member)| may_be_null(member)).map(|(name, _)| name.clone());
    let mut required: BTreeSet<String> = nulls.collect();
    required.extend(
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(Into::into),
    );
    if !required.is_empty() {
        schema["required"] = required.into_iter().collect();
    }
}

fn names(kinds: &Value, kind: &str) -> bool {
    kinds.as_array().is_some_and(|kinds| kinds.iter().any(|each| each == kind))
}

/// Enums in responses may get further values, and say so.
pub(super) fn say_that_enums_grow(document: &mut Value) {
    let returned = find_schemas_of("responses", document);
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if returned.contains(name) {
            say_that_it_grows(schema);
        }
    }
}

fn say_that_it_grows(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("enum")
                && let Some(Value::String(description)) = members.get_mut("description")
            {
                description.push_str(" Further values may be added.");
            }
            members.values_mut().for_each(say_that_it_grows);
        }
        Value::Array(items) => items.iter_mut().for_each(say_that_it_grows),
        _ => {}
    }
}

/// The components that this part of any operation references.
fn find_schemas_of(part: &str, document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
        for operation in item.as_object().into_iter().flat_map(Map::values) {
            find_schemas(&operation[part], document, &mut found);
        }
    }
    found
}

/// Collects the components that `value` references, directly or through others.
fn find_schemas(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(name) =
                members.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next())
                && found.insert(name.to_owned())
            {
                find_schemas(&document["components"]["schemas"][name], document, found);
            }
            members.values().for_each(|value| find_schemas(value, document, found));
        }
        Value::Array(items) => items.iter().for_each(|value| find_schemas(value, document, found)),
        _ => {}
    }
}
