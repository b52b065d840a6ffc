//! The document in OpenAPI 3.0, for generators that read only that. What 3.0 cannot say is left out; what it says in
//! other words is translated.

use serde_json::{Map, Value, json};

use super::schemas::remove_unused;

/// Keywords that 3.0 does not know and that only narrow what is said without them.
const UNKNOWN: &[&str] = &[
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "dependentRequired",
    "else",
    "if",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

/// Converts a document of OpenAPI 3.1.
pub(super) fn convert(mut document: Value) -> Value {
    document["openapi"] = "3.0.3".into();
    if let Some(license) = document.pointer_mut("/info/license").and_then(Value::as_object_mut)
        && license.remove("identifier").is_some()
    {
        license.insert("url".into(), concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/LICENSE").into());
    }
    if let Some(members) = document.as_object_mut() {
        members.remove("webhooks");
    }
    let types = Types(document["components"]["schemas"].clone());
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        types.convert(schema);
    }
    for part in ["headers", "parameters", "responses"] {
        types.convert_part(&mut document["components"][part]);
    }
    types.convert_part(&mut document["paths"]);
    // Schemas that only webhooks used, and those that were put in the place of a reference.
    remove_unused(&mut document);
    document
}

/// The components, for their types: beside `nullable`, 3.0 demands one.
struct Types(Value);

impl Types {
    /// The type that a schema has, which is not `null`.
    fn of(&self, schema: &Value) -> Option<Value> {
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            return self.of(&self.0[name]);
        }
        match &schema["type"] {
            Value::String(kind) if kind != "null" => Some(kind.clone().into()),
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned(),
            _ => schema["allOf"].as_array().into_iter().flatten().find_map(|part| self.of(part)),
        }
    }

    /// Converts the schemas in a part of the document that is no schema itself.
    fn convert_part(&self, part: &mut Value) {
        match part {
            Value::Object(members) => {
                for (name, value) in members {
                    match name.as_str() {
                        "schema" => self.convert(value),
                        "example" | "examples" => {}
                        _ => self.convert_part(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.convert_part(item)),
            _ => {}
        }
    }

    fn convert(&self, schema: &mut Value) {
        let Some(members) = schema.as_object_mut() else {
            // `true` allows anything.
            *schema = json!({});
            return;
        };
        for (name, value) in members.iter_mut() {
            match name.as_str() {
                "properties" => value
                    .as_object_mut()
                    .into_iter()
                    .flat_map(Map::values_mut)
                    .for_each(|schema| self.convert(schema)),
                "allOf" | "anyOf" | "oneOf" => {
                    value.as_array_mut().into_iter().flatten().for_each(|schema| self.convert(schema));
                }
                "items" | "not" => self.convert(value),
                "additionalProperties" if value.is_object() => self.convert(value),
                _ => {}
            }
        }
        for unknown in UNKNOWN {
            members.remove(*unknown);
        }
        if let Some(value) = members.remove("const") {
            members.insert("enum".into(), json!([value]));
        }
        if let Some(first) = members.remove("examples").and_then(|all| all.get(0).cloned()) {
            members.entry("example").or_insert(first);
        }
        for (bound, flag) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            if members.get(flag).is_some_and(Value::is_number)
                && let Some(value) = members.remove(flag)
            {
                members.insert(bound.into(), value);
                members.insert(flag.into(), true.into());
            }
        }
        convert_types(members);
        self.convert_alternatives(members);
        if members.len() > 1
            && let Some(reference) = members.remove("$ref")
        {
            // Beside a reference, 3.0 ignores everything.
            let parts = members.entry("allOf").or_insert_with(|| json!([]));
            if let Some(parts) = parts.as_array_mut() {
                parts.insert(0, json!({"$ref": reference}));
            }
        }
    }

    /// Makes `members` the schema `single` or `null`. Read literally, `nullable` beside a reference to what is not
    /// nullable allows nothing more, so a text or number stands there itself; generators read it as it is meant, so an
    /// object keeps its name.
    fn allow_null(&self, members: &mut Map<String, Value>, single: Value) {
        let Some(kind) = self.of(&single["allOf"][0]).or_else(|| self.of(&single)) else { return };
        let name = single["$ref"].as_str().or(single["allOf"][0]["$ref"].as_str());
        let named = name.and_then(|name| name.rsplit('/').next()).map(|name| self.0[name].clone());
        if let Some(mut named) = named.filter(|_| kind != "object") {
            self.convert(&mut named);
            let own = single.as_object().into_iter().flatten().filter(|(key, _)| *key == "description");
            for (key, value) in own.chain(named.as_object().into_iter().flatten()) {
                members.entry(key.clone()).or_insert(value.clone());
            }
            if let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut) {
                values.push(Value::Null);
            }
        } else {
            members.entry("type").or_insert(kind);
            members.insert("allOf".into(), json!([single]));
        }
    }

    /// An alternative of `null` becomes `nullable`; a single one that is left, a part.
    fn convert_alternatives(&self, members: &mut Map<String, Value>) {
        for name in ["oneOf", "anyOf"] {
            let Some(parts) = members.get_mut(name).and_then(Value::as_array_mut) else { continue };
            let count = parts.len();
            parts.retain(|part| part["type"] != "null");
            let (is_nullable, single) = (parts.len() < count, (parts.len() == 1).then(|| parts[0].clone()));
            if is_nullable {
                members.insert("nullable".into(), true.into());
            }
            if let Some(single) = single.filter(|_| is_nullable) {
                members.remove(name);
                self.allow_null(members, single);
            }
        }
    }
}

/// A list of types becomes one type, `nullable` or alternatives.
fn convert_types(members: &mut Map<String, Value>) {
    let Some(mut types) = members.get("type").and_then(Value::as_array).cloned() else { return };
    let count = types.len();
    types.retain(|kind| kind != "null");
    if types.len() < count {
        members.insert("nullable".into(), true.into());
    }
    members.remove("type");
    if let [kind] = types.as_slice() {
        members.insert("type".into(), kind.clone());
    } else if !types.is_empty() {
        members.insert("anyOf".into(), types.iter().map(|kind| json!({"type": kind})).collect());
    }
    if members.contains_key("nullable")
        && let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}
