//! Adds to every operation what follows from its parameters: error responses and recorded examples.

use serde_json::{Map, Value, json};

use super::problems::{self, SHARED};

/// utoipa wraps a parameter with a default into `allOf` with an empty object; this unwraps it.
fn merge_default(parameter: &mut Value) {
    let Some([kind, default]) = parameter["schema"]["allOf"].as_array().map(Vec::as_slice) else { return };
    if kind.get("$ref").is_none()
        && let Some(value) = default.get("default")
    {
        let mut kind = kind.clone();
        kind["default"] = value.clone();
        parameter["schema"] = kind;
    }
}

/// utoipa describes a body that may be missing as one that may be `null`, which is not accepted.
fn optional_body(operation: &mut Value) {
    let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    for schema in content.into_iter().flat_map(Map::values_mut).filter_map(|media| media.get_mut("schema")) {
        if let Some([given, null]) = schema["oneOf"].as_array().map(Vec::as_slice)
            && null["type"] == "null"
        {
            *schema = given.clone();
        }
    }
}

/// Adds the error responses that follow from what an operation takes, and the recorded examples.
pub(super) fn finish_operation(path: &str, operation: &mut Value, examples: &Value) {
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.iter_mut().for_each(merge_default);
    }
    optional_body(operation);
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
    let has_body = operation.get("requestBody").is_some();
    let is_secured = operation["security"].to_string().contains("bearer");
    let rules = [
        (400, true),
        (401, is_secured),
        (403, is_secured),
        (404, path.contains('{')),
        (412, takes("If-Match")),
        (413, has_body),
        (415, has_body),
        (422, has_body || takes("Idempotency-Key")),
        (428, takes("If-Match")),
        (429, path != "/metrics" && !path.starts_with("/health/")),
        (500, true),
        (503, true),
    ];
    if let Some(responses) = operation["responses"].as_object_mut() {
        for (name, status, _) in SHARED {
            if rules.contains(&(*status, true)) && !responses.contains_key(&status.to_string()) {
                responses
                    .insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
            }
        }
        for (status, response) in responses.iter_mut().filter(|(_, response)| response.get("$ref").is_none())
        {
            let recorded = examples[&id]["responses"].get(status).filter(|example| !example.is_null());
            if status.starts_with(['4', '5']) && response.get("content").is_none() {
                let description = response["description"].as_str().unwrap_or_default();
                let mut content =
                    problems::content(status.parse().unwrap_or_default(), description, examples);
                if let Some(problem) = recorded
                    && let Some(code) = problem["code"].as_str()
                    && let Some(example) =
                        content.pointer_mut(&format!("/application~1problem+json/examples/{code}"))
                {
                    example["value"] = problem.clone();
                }
                response["content"] = content;
            } else if let Some(example) = recorded
                && let Some(content) = response["content"].as_object_mut()
            {
                for media in content.values_mut() {
                    media["example"] = example.clone();
                }
            }
        }
        let sorted: std::collections::BTreeMap<String, Value> =
            std::mem::take(responses).into_iter().collect();
        responses.extend(sorted);
    }
    if let Some(example) = examples[&id].get("request")
        && let Some(content) = operation["requestBody"]["content"].as_object_mut()
    {
        for media in content.values_mut() {
            media["example"] = example.clone();
        }
    }
}
