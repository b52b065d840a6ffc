//! Compares two versions of the document.
//!
//! It knows what is removed (operations, parameters, fields of responses, values of enums in requests, media types),
//! what is newly required (parameters, fields of requests), and what is narrowed (types, bounds and patterns of
//! requests) or may be more than before (`null` and types in responses).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The changes that break clients; each begins with the id of the operation.
pub fn compare(released: &Value, current: &Value) -> BTreeSet<String> {
    let mut broken = BTreeSet::new();
    let now = operations(current);
    for (address, before) in operations(released) {
        let id = before["operationId"].as_str().unwrap_or_default();
        let Some((_, after)) = now.iter().find(|(other, _)| *other == address) else {
            broken.insert(format!("{id}: {address} is removed"));
            continue;
        };
        if after["operationId"] != id {
            broken.insert(format!("{id}: renamed to {}", after["operationId"]));
        }
        let mut comparison =
            Comparison { released, current, id, broken: &mut broken, visited: BTreeSet::new() };
        comparison.parameters(before, after);
        comparison.request(&before["requestBody"], &after["requestBody"]);
        comparison.responses(&before["responses"], &after["responses"]);
        if before["security"] != after["security"] && before["security"].to_string().contains("{}") {
            broken.insert(format!("{id}: needs a token"));
        }
    }
    broken
}

/// Every operation by method and path, without the names of its parameters.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let path: Vec<&str> =
                path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
            found.push((format!("{method} {}", path.join("/")), operation));
        }
    }
    found
}

/// Who sends a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sender {
    Client,
    Server,
}

struct Comparison<'a> {
    released: &'a Value,
    current: &'a Value,
    id: &'a str,
    broken: &'a mut BTreeSet<String>,
    /// The pairs of schemas that are compared already: schemas refer to themselves.
    visited: BTreeSet<(Sender, String, String)>,
}

/// Follows a reference within a document.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    target.map_or(value, |target| resolve(document, target))
}

impl<'a> Comparison<'a> {
    fn report(&mut self, place: &str, what: &str) {
        self.broken.insert(format!("{} {place}: {what}", self.id));
    }

    fn parameters(&mut self, before: &'a Value, after: &'a Value) {
        let (released, current) = (self.released, self.current);
        let listed = |document: &'a Value, operation: &'a Value| -> Vec<&'a Value> {
            operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| resolve(document, one))
                .collect()
        };
        let (before, after) = (listed(released, before), listed(current, after));
        // Parameters of the path are known by their place.
        let same = |one: &Value, other: &Value| one["in"] == other["in"] && one["name"] == other["name"];
        for old in before.iter().filter(|old| old["in"] != "path") {
            let place = old["name"].as_str().unwrap_or_default();
            let Some(new) = after.iter().find(|new| same(old, new)) else {
                self.report(place, "the parameter is removed");
                continue;
            };
            if new["required"] == true && old["required"] != true {
                self.report(place, "the parameter is required");
            }
            self.schema(Sender::Client, place, &old["schema"], &new["schema"]);
        }
        for new in after.iter().filter(|new| new["required"] == true && new["in"] != "path") {
            if !before.iter().any(|old| same(old, new)) {
                self.report(new["name"].as_str().unwrap_or_default(), "the parameter is new and required");
            }
        }
    }

    fn request(&mut self, before: &'a Value, after: &'a Value) {
        if after["required"] == true && before["required"] != true {
            self.report("body", "the request body is required");
        }
        self.content(Sender::Client, "body", &before["content"], &after["content"]);
    }

    fn responses(&mut self, before: &'a Value, after: &'a Value) {
        for (status, old) in before.as_object().into_iter().flatten() {
            let Some(new) = after.get(status) else {
                // Clients need not handle an error that is no longer sent.
                if status.starts_with(['2', '3']) {
                    self.report(status, "the response is removed");
                }
                continue;
            };
            let (old, new) = (resolve(self.released, old), resolve(self.current, new));
            self.content(Sender::Server, status, &old["content"], &new["content"]);
        }
    }

    fn content(&mut self, sender: Sender, place: &str, before: &'a Value, after: &'a Value) {
        for (media, old) in before.as_object().into_iter().flatten() {
            match after.get(media) {
                Some(new) => self.schema(sender, place, &old["schema"], &new["schema"]),
                None => self.report(place, &format!("{media} is removed")),
            }
        }
    }

    fn schema(&mut self, sender: Sender, place: &str, before: &'a Value, after: &'a Value) {
        let pair = (sender, before.to_string(), after.to_string());
        if before.get("$ref").is_some() && !self.visited.insert(pair) {
            return;
        }
        let (old, new) = (flat(self.released, before), flat(self.current, after));
        let (had, has) = (types(&old), types(&new));
        let lost: Vec<_> = had.difference(&has).collect();
        let gained: Vec<_> = has.difference(&had).collect();
        match sender {
            Sender::Client if !has.is_empty() && (had.is_empty() || !lost.is_empty()) => {
                self.report(place, &format!("takes only {has:?}"));
            }
            Sender::Server if !had.is_empty() && (has.is_empty() || !gained.is_empty()) => {
                self.report(place, &format!("may be {has:?}"));
            }
            _ => {}
        }
        self.values(sender, place, &old, &new);
        if sender == Sender::Client {
            self.bounds(place, &old, &new);
        }
        self.fields(sender, place, &old, &new);
        for part in ["items", "additionalProperties"] {
            if let (Some(old), Some(new)) = (old.part(part), new.part(part)) {
                self.schema(sender, &format!("{place}/*"), old, new);
            }
        }
        for (old, new) in old.alternatives.iter().zip(&new.alternatives) {
            self.schema(sender, place, old, new);
        }
    }

    fn values(&mut self, sender: Sender, place: &str, old: &Flat<'a>, new: &Flat<'a>) {
        let values = |schema: &Flat<'a>| schema.part("enum").and_then(Value::as_array).cloned();
        match (sender, values(old), values(new)) {
            (Sender::Client, old, Some(new)) => {
                let is_narrower = old.is_none_or(|old| old.iter().any(|value| !new.contains(value)));
                if is_narrower {
                    self.report(place, &format!("takes only {}", json!(new)));
                }
            }
            // Enums of responses grow, and say so.
            (Sender::Server, Some(_), None) => self.report(place, "is no longer one of few values"),
            _ => {}
        }
        if sender == Sender::Server && old.part("format") != new.part("format") {
            self.report(place, "has another format");
        }
    }

    fn bounds(&mut self, place: &str, old: &Flat<'a>, new: &Flat<'a>) {
        for (bound, is_upper) in [
            ("maximum", true),
            ("maxLength", true),
            ("maxItems", true),
            ("minimum", false),
            ("minLength", false),
            ("minItems", false),
        ] {
            let number = |schema: &Flat<'a>| schema.part(bound).and_then(Value::as_f64);
            let Some(now) = number(new) else { continue };
            let is_narrower =
                number(old).is_none_or(|before| if is_upper { now < before } else { now > before });
            if is_narrower {
                self.report(place, &format!("{bound} is {now}"));
            }
        }
        for rule in ["pattern", "format", "const"] {
            if new.part(rule).is_some_and(|now| old.part(rule) != Some(now)) {
                self.report(place, &format!("{rule} is narrower"));
            }
        }
    }

    fn fields(&mut self, sender: Sender, place: &str, old: &Flat<'a>, new: &Flat<'a>) {
        for (name, before) in &old.properties {
            let below = format!("{place}/{name}");
            match new.properties.iter().find(|(other, _)| other == name) {
                Some((_, after)) => self.schema(sender, &below, before, after),
                None => self.report(&below, "the field is removed"),
            }
        }
        let (was, is) = (&old.required, &new.required);
        match sender {
            Sender::Client => {
                for name in is.difference(was) {
                    self.report(&format!("{place}/{name}"), "the field is required");
                }
                if new.is_closed && !old.is_closed && !old.properties.is_empty() {
                    self.report(place, "unknown fields are refused");
                }
            }
            Sender::Server => {
                for name in
                    was.difference(is).filter(|name| new.properties.iter().any(|(one, _)| one == *name))
                {
                    self.report(&format!("{place}/{name}"), "the field may be missing");
                }
            }
        }
    }
}

/// A schema with the parts of its `allOf` merged, and `null` taken out of its alternatives.
#[derive(Default)]
struct Flat<'a> {
    parts: Vec<&'a Map<String, Value>>,
    properties: Vec<(&'a str, &'a Value)>,
    required: BTreeSet<&'a str>,
    alternatives: Vec<&'a Value>,
    is_nullable: bool,
    is_closed: bool,
}

impl<'a> Flat<'a> {
    /// The first value of a keyword.
    fn part(&self, keyword: &str) -> Option<&'a Value> {
        self.parts.iter().find_map(|part| part.get(keyword))
    }
}

fn flat<'a>(document: &'a Value, schema: &'a Value) -> Flat<'a> {
    let mut flat = Flat::default();
    collect(document, schema, &mut flat);
    flat
}

fn collect<'a>(document: &'a Value, schema: &'a Value, flat: &mut Flat<'a>) {
    let Some(members) = resolve(document, schema).as_object() else { return };
    flat.parts.push(members);
    let fields = members.get("properties").and_then(Value::as_object);
    flat.properties.extend(fields.into_iter().flatten().map(|(name, field)| (name.as_str(), field)));
    let required = members.get("required").and_then(Value::as_array);
    flat.required.extend(required.into_iter().flatten().filter_map(Value::as_str));
    flat.is_closed |= members.get("additionalProperties") == Some(&json!(false));
    for part in members.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(document, part, flat);
    }
    for keyword in ["oneOf", "anyOf"] {
        let Some(alternatives) = members.get(keyword).and_then(Value::as_array) else { continue };
        let rest: Vec<&Value> = alternatives.iter().filter(|one| one["type"] != "null").collect();
        flat.is_nullable |= rest.len() < alternatives.len();
        match rest.as_slice() {
            [single] => collect(document, single, flat),
            several => flat.alternatives.extend(several),
        }
    }
}

fn types(schema: &Flat<'_>) -> BTreeSet<String> {
    let mut types: BTreeSet<String> = match schema.part("type") {
        Some(Value::String(kind)) => [kind.clone()].into(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    };
    if schema.is_nullable && !types.is_empty() {
        types.insert("null".to_owned());
    }
    types
}
