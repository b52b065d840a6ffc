//! What holds for the schemas of the document and cannot be said in a derive.
//!
//! # Responses that `fields` can shorten
//!
//! They have schemas of their own, whose names begin with `Partial` and which require nothing: see [`crate::partial!`].
//! The whole ones remain for operations without `fields`. The alternatives were tried with generators: of `anyOf` of
//! the whole and the partial schema, openapi-generator makes one class that requires everything in TypeScript, Rust and
//! Kotlin, and of `oneOf` an error in Go, because a whole response matches both. openapi-typescript, zod and
//! openapi-python-client understand all three, and in none does the compiler know which of the two a response is.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::inputs::finish_inputs;
use super::walk::{each, names, reference};

/// What the names of schemas begin with that require nothing.
const PARTIAL: &str = "Partial";

/// Brings the components into the form in which clients are generated.
pub(super) fn finish_schemas(document: &mut Value) {
    let (received_json, received) = directions(document);
    let components = document["components"]["schemas"].clone();
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if schema.get("allOf").is_some() {
            *schema = merged(schema, &components);
        }
        let Some(members) = schema.as_object_mut() else { continue };
        if members.contains_key("properties") {
            set_openness(members, received_json.contains(name));
        }
        if name.starts_with(PARTIAL) {
            members.remove("required");
        } else if !received.contains(name) {
            require_nulls(schema);
        }
    }
    open_maps(&mut document["components"]["schemas"]);
    say_that_enums_grow(document);
    fit_integers(document);
    finish_inputs(document, &received);
    remove_unused(document);
}

/// The names of the components that JSON request bodies contain, and of those that any request body contains.
fn directions(document: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut json, mut all) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations(document) {
        for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            find_schemas(content, document, &mut all);
            if media.ends_with("json") {
                find_schemas(content, document, &mut json);
            }
        }
    }
    (json, all)
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let items = document["paths"].as_object().into_iter().flat_map(Map::values);
    items.flat_map(|item| item.as_object().into_iter().flat_map(Map::values))
}

/// The object that an `allOf` of objects describes, which is what utoipa makes of flattened fields.
fn merged(schema: &Value, components: &Value) -> Value {
    if let Some(name) = reference(schema) {
        return merged(&components[name], components);
    }
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else { return schema.clone() };
    let (mut properties, mut required) = (Map::new(), BTreeSet::new());
    for part in parts {
        let part = merged(part, components);
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(
            part["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned),
        );
    }
    let mut whole = schema.clone();
    if let Some(members) = whole.as_object_mut() {
        members.remove("allOf");
        members.insert("type".into(), "object".into());
        members.insert("properties".into(), properties.into());
        if !required.is_empty() {
            members.insert("required".into(), required.into_iter().collect());
        }
    }
    whole
}

/// Unknown fields of JSON request bodies are refused. Responses may get further fields in later versions.
fn set_openness(members: &mut Map<String, Value>, is_received: bool) {
    if is_received {
        members.insert("additionalProperties".into(), false.into());
    } else {
        members.remove("additionalProperties");
    }
}

/// In responses every field is present, so nullable ones are required too; in request bodies they may be omitted.
fn require_nulls(schema: &mut Value) {
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

/// An object schema without properties allows any: generated clients would otherwise take it for an empty object.
fn open_maps(schema: &mut Value) {
    each(schema, &mut |members| {
        let is_object = members.get("type").is_some_and(|kind| kind == "object" || names(kind, "object"));
        if is_object && !members.contains_key("properties") && !members.contains_key("additionalProperties") {
            members.insert("additionalProperties".into(), true.into());
        }
    });
}

/// Says of integers that fit into 32 bits that they do: some clients make a big integer of the others, which JSON has
/// as text.
fn fit_integers(document: &mut Value) {
    let fits = |bound: Option<&Value>| {
        bound.and_then(Value::as_i64).is_some_and(|bound| i32::try_from(bound).is_ok())
    };
    each(document, &mut |members| {
        let is_integer = members.get("type").is_some_and(|kind| kind == "integer" || names(kind, "integer"));
        if is_integer && fits(members.get("minimum")) && fits(members.get("maximum")) {
            members.insert("format".into(), json!("int32"));
        }
    });
}

/// Removes the components that are only parts of others.
pub(super) fn remove_unused(document: &mut Value) {
    let mut used = BTreeSet::new();
    find_schemas(&document["paths"], document, &mut used);
    find_schemas(&document["webhooks"], document, &mut used);
    find_schemas(&document["components"]["responses"], document, &mut used);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
}

/// Enums in responses may get further values, and say so.
fn say_that_enums_grow(document: &mut Value) {
    let mut returned = BTreeSet::new();
    for operation in operations(document) {
        find_schemas(&operation["responses"], document, &mut returned);
    }
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if returned.contains(name) {
            each(schema, &mut |members| {
                if members.contains_key("enum")
                    && let Some(Value::String(description)) = members.get_mut("description")
                {
                    description.push_str(" Further values may be added.");
                }
            });
        }
    }
}

/// Collects the components that `value` references, directly or through others.
fn find_schemas(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = reference(value)
        && found.insert(name.to_owned())
    {
        find_schemas(&document["components"]["schemas"][name], document, found);
    }
    match value {
        Value::Object(members) => members.values().for_each(|value| find_schemas(value, document, found)),
        Value::Array(items) => items.iter().for_each(|value| find_schemas(value, document, found)),
        _ => {}
    }
}
