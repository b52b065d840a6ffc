//! The document's schemas as validators. A validator is built when it is first needed and kept for the whole run.

use std::collections::HashMap;
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
    /// And no member missing that only `fields` may leave out: instead of the partial schemas the whole ones.
    Whole,
}

impl Strictness {
    /// The URI of the components that are read this way.
    const fn uri(self) -> &'static str {
        match self {
            Self::Open => "lede:open",
            Self::Closed => "lede:closed",
            Self::Whole => "lede:whole",
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

/// Whether `value` is what `schema`, a part of the document, describes.
pub fn is_valid(schema: &'static Value, value: &Value) -> bool {
    validator(schema, Strictness::Open).is_valid(value)
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
    tighten(&mut schema, strictness);
    // An article on its own has its text; in lists, which are components, it has none.
    point_to(strictness, "Edition", &mut schema);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_registry(&COMPONENTS)
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|e| panic!("{e}: {schema}"))
}

/// The document's components, once for each way of reading them.
static COMPONENTS: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let read = [Strictness::Open, Strictness::Closed, Strictness::Whole].map(|strictness| {
        let mut schemas = DOCUMENT["components"]["schemas"].clone();
        // What readers see of an author whole is no component, because no operation without `fields` returns it.
        schemas["Author"] = schemas["EditedAuthor"].clone();
        schemas["Author"]["properties"].as_object_mut().expect("properties").remove("user_id");
        schemas["Author"]["required"].as_array_mut().expect("required").retain(|name| name != "user_id");
        // An article on its own can include others.
        schemas["Article"] = schemas["Edition"].clone();
        for name in ["related", "adjacent"] {
            schemas["Article"]["properties"][name] = schemas["PartialArticle"]["properties"][name].clone();
        }
        for schema in schemas.as_object_mut().expect("schemas").values_mut() {
            tighten(schema, strictness);
            point_to(strictness, "EditionItem", schema);
        }
        (strictness.uri(), json!({"components": {"schemas": schemas}}))
    });
    Registry::new().draft(Draft::Draft202012).extend(read).expect("URIs").prepare().expect("components")
});

/// Lets references within the document lead to the components that are read this way. `edition` is what a whole edition
/// is.
fn point_to(strictness: Strictness, edition: &str, schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        if strictness == Strictness::Whole {
                            *reference = reference
                                .replace("/PartialEdition", &format!("/{edition}"))
                                .replace("/Partial", "/");
                        }
                        reference.insert_str(0, strictness.uri());
                    }
                    value => point_to(strictness, edition, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|value| point_to(strictness, edition, value)),
        _ => {}
    }
}

fn tighten(schema: &mut Value, strictness: Strictness) {
    if strictness == Strictness::Open {
        return;
    }
    if let Some(members) = schema.as_object_mut() {
        if members.get("properties").is_some_and(Value::is_object) {
            members.entry("additionalProperties").or_insert(json!(false));
        }
        for (key, value) in members.iter_mut() {
            match (key.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    properties.values_mut().for_each(|schema| tighten(schema, strictness));
                }
                ("oneOf" | "anyOf" | "prefixItems", Value::Array(parts)) => {
                    for part in parts.iter_mut() {
                        tighten(part, strictness);
                    }
                }
                ("items" | "additionalProperties", value) => tighten(value, strictness),
                _ => {}
            }
        }
    }
}
