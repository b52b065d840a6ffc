//! Parameters that several operations take, as components.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Replaces the parameters that are the same in at least two operations by references to components. Of parameters with
/// the same name that differ, the most frequent one becomes the component.
pub(super) fn share(document: &mut Value) {
    let mut counted: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    each(document, |parameter| {
        *counted.entry(component(parameter)).or_default().entry(parameter.to_string()).or_default() += 1;
    });
    let shared: BTreeMap<String, String> = counted
        .into_iter()
        .filter_map(|(name, variants)| {
            let (text, count) = variants.into_iter().max_by_key(|(_, count)| *count)?;
            (count > 1).then_some((name, text))
        })
        .collect();
    let mut components = Map::new();
    each(document, |parameter| {
        let name = component(parameter);
        let text = parameter.to_string();
        if shared.get(&name) == Some(&text) {
            let reference = json!({"$ref": format!("#/components/parameters/{name}")});
            components.insert(name, std::mem::replace(parameter, reference));
        }
    });
    document["components"]["parameters"] = components.into();
}

fn each(document: &mut Value, mut visit: impl FnMut(&mut Value)) {
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            parameters.into_iter().flatten().for_each(&mut visit);
        }
    }
}

/// The name of a parameter's component: `published_at_gte` becomes `PublishedAtGte`.
fn component(parameter: &Value) -> String {
    let name = parameter["name"].as_str().unwrap_or_default();
    let words = name.split(['_', '-']).map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect()
}
