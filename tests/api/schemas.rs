//! The document's schemas as validators. A validator is built when it is first needed and kept for the whole run.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::contract::DOCUMENT;

/// How a schema is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// As it stands.
    Open,
    /// And no member that is not documented.
    Closed,
    /// Members may be missing and further ones may be there.
    Loose,
}

impl Strictness {
    /// The URI of the components that are read this way.
    const fn uri(self) -> &'static str {
        match self {
            Self::Open => "lede:open",
            Self::Closed => "lede:closed",
            Self::Loose => "lede:loose",
        }
    }
}

/// Insists that `value` is what `schema`, a part of the document, describes.
#[track_caller]
pub fn assert_valid(schema: &'static Value, strictness: Strictness, value: &Value, told: &str) {
    let validator = validator(schema, strictness);
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{told}: not as documented:\n{}\n{value:#}", errors.join("\n"));
}

/// A part of the document is known by its place in memory.
fn validator(schema: &'static Value, strictness: Strictness) -> Arc<Validator> {
    type Known = HashMap<(usize, Strictness), Arc<Validator>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let key = (std::ptr::from_ref(schema).addr(), strictness);
    if let Some(known) = KNOWN.lock().expect("a lock").get(&key) {
        return known.clone();
    }
    let built = Arc::new(build(schema, strictness));
    KNOWN.lock().expect("a lock").entry(key).or_insert(built).clone()
}

fn build(schema: &Value, strictness: Strictness) -> Validator {
    let mut schema = schema.clone();
    tighten(&mut schema, strictness, false);
    point_to(strictness.uri(), &mut schema);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_registry(&COMPONENTS)
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|e| panic!("{e}: {schema}"))
}

/// The document's components, once for each way of reading them.
static COMPONENTS: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let plain = json!({"components": {"schemas": DOCUMENT["components"]["schemas"]}});
    let mut extended = HashSet::new();
    find_extended(&plain, &mut extended);
    let read = [Strictness::Open, Strictness::Closed, Strictness::Loose].map(|strictness| {
        let mut components = plain.clone();
        for (name, schema) in components["components"]["schemas"].as_object_mut().expect("schemas") {
            tighten(schema, strictness, extended.contains(name));
        }
        (strictness.uri(), components)
    });
    Registry::new().draft(Draft::Draft202012).extend(read).expect("URIs").prepare().expect("components")
});

/// Lets references within the document lead to the resource at `uri`.
fn point_to(uri: &str, schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" && reference.starts_with('#') => {
                        reference.insert_str(0, uri);
                    }
                    value => point_to(uri, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|value| point_to(uri, value)),
        _ => {}
    }
}

/// The components that others add members to with `allOf`: those cannot be closed on their own.
fn find_extended(value: &Value, found: &mut HashSet<String>) {
    for part in value.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            found.insert(name.to_owned());
        }
    }
    match value {
        Value::Object(members) => members.values().for_each(|value| find_extended(value, found)),
        Value::Array(items) => items.iter().for_each(|value| find_extended(value, found)),
        _ => {}
    }
}

fn tighten(schema: &mut Value, strictness: Strictness, is_extended: bool) {
    if let Some(members) = schema.as_object_mut() {
        if strictness == Strictness::Loose {
            members.remove("required");
        }
        let is_object =
            members.get("properties").is_some_and(Value::is_object) || members.contains_key("allOf");
        let is_said =
            members.contains_key("additionalProperties") || members.contains_key("unevaluatedProperties");
        if strictness == Strictness::Closed && is_object && !is_said && !is_extended {
            members.insert("unevaluatedProperties".into(), json!(false));
        }
        for (key, value) in members.iter_mut() {
            match (key.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    properties.values_mut().for_each(|schema| tighten(schema, strictness, false));
                }
                ("allOf", Value::Array(parts)) => {
                    for part in parts {
                        tighten(part, strictness, true);
                    }
                }
                ("oneOf" | "anyOf" | "prefixItems", Value::Array(parts)) => {
                    for part in parts {
                        tighten(part, strictness, false);
                    }
                }
                ("items" | "additionalProperties", value) => tighten(value, strictness, false),
                _ => {}
            }
        }
    }
}
