//! Looks at the parts of the document.

use serde_json::{Map, Value};

/// Whether a list of types has one of that name.
pub(super) fn names(kinds: &Value, kind: &str) -> bool {
    kinds.as_array().is_some_and(|kinds| kinds.iter().any(|each| each == kind))
}

/// The name of the component that a schema refers to.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next())
}

/// Calls `change` with every object in `value`.
pub(super) fn each(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            change(members);
            members.values_mut().for_each(|value| each(value, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| each(value, change)),
        _ => {}
    }
}
