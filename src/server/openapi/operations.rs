//! Adds to every operation what follows from its parameters and responses: error responses, headers, and recorded
//! examples.

use serde_json::{Map, Value, json};

/// The error responses that operations share: name, status, description.
const PROBLEMS: &[(&str, u16, &str)] = &[
    ("BadRequest", 400, "The request is malformed; `errors` lists what."),
    (
        "Unauthorized",
        401,
        "`token-missing`, `token-invalid` or `token-expired`: log in and send the new access token.",
    ),
    ("Forbidden", 403, "The user's role does not have this right."),
    ("NotFound", 404, "Not found, or not visible to the caller."),
    ("Conflict", 409, "Conflicts with the current state; `code` says how."),
    (
        "PreconditionFailed",
        412,
        "Changed since the version in `If-Match`; `version` and `changed` say what changed.",
    ),
    ("ContentTooLarge", 413, "The request body is too large."),
    ("UnsupportedMediaType", 415, "The request body has another media type than the operation takes."),
    ("UnprocessableContent", 422, "Validation failed; `errors` lists every broken rule."),
    ("PreconditionRequired", 428, "The `If-Match` header is missing."),
    ("TooManyRequests", 429, "Too many requests; retry after `Retry-After` seconds."),
    ("InternalServerError", 500, "Internal error. It was logged under `request_id`."),
    (
        "ServiceUnavailable",
        503,
        "Overloaded, or the database is unavailable; retry after `Retry-After` seconds.",
    ),
];

/// Documents the headers that follow from an operation's parameters and responses.
pub(super) fn add_headers(operation: &mut Value) {
    let takes = |name: &str| {
        operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name)
    };
    let (is_paged, is_idempotent) = (takes("cursor"), takes("Idempotency-Key"));
    let is_conditional = operation["responses"].get("304").is_some();
    let is_write = takes("If-Match") || operation.get("requestBody").is_some();
    let responses = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, response) in responses.filter(|(_, response)| response.get("$ref").is_none()) {
        let succeeds = status.starts_with('2');
        let is_refusal = status.starts_with(['4', '5']);
        // A 304 repeats only what RFC 9110 requires.
        let is_full = is_conditional && !is_refusal && status != "304";
        let rules = [
            (
                "ETag",
                is_conditional && (status == "200" || status == "304"),
                "A strong hash of the body, one per content coding.",
            ),
            ("Cache-Control", is_conditional && !is_refusal, "How long shared caches may keep the response."),
            ("Last-Modified", is_full, "When public content last changed."),
            (
                "Vary",
                is_conditional && !is_refusal,
                "Always `Accept-Encoding`: the body is sent plain, in gzip or in brotli.",
            ),
            (
                "Surrogate-Key",
                is_full,
                "Ids and filters that the response depends on, for purging a cache in front.",
            ),
            ("Retry-After", status == "429", "Seconds to wait before the next try."),
            ("RateLimit", is_write && succeeds, "What remains of the rate limit."),
            ("Link", is_paged && succeeds, "The next page as `<…>; rel=\"next\"`."),
            (
                "Location",
                (is_idempotent && status == "201") || status == "301" || status == "303",
                "The URL of the resource.",
            ),
            (
                "Idempotent-Replayed",
                is_idempotent && succeeds,
                "`true` if this response was stored for an earlier request with the same key.",
            ),
        ];
        for (name, applies, description) in rules {
            if applies && response["headers"].get(name).is_none() {
                response["headers"][name] = header(description);
            }
        }
    }
}

fn header(description: &str) -> Value {
    json!({"description": description, "schema": {"type": "string", "maxLength": 4000}})
}

/// The shared error responses as components.
pub(super) fn problems() -> Value {
    let mut responses = Map::new();
    for (name, status, description) in PROBLEMS {
        let mut response = json!({
            "description": description,
            "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
            "content": problem_content(*status, &name_to_code(name), description)
        });
        if matches!(status, 429 | 503) {
            response["headers"]["Retry-After"] = header("Seconds to wait before the next try.");
        }
        responses.insert((*name).to_owned(), response);
    }
    responses.into()
}

fn name_to_code(name: &str) -> String {
    name.chars().fold(String::new(), |code, c| {
        let hyphen = if c.is_uppercase() && !code.is_empty() { "-" } else { "" };
        code + hyphen + &c.to_lowercase().to_string()
    })
}

fn problem_content(status: u16, code: &str, detail: &str) -> Value {
    let title =
        actix_web::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("");
    json!({"application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code,
                    "request_id": "019c1234-5678-7abc-8def-0123456789ab"}
    }})
}

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

/// Adds the error responses that follow from what an operation takes, and the recorded examples.
pub(super) fn finish_operation(path: &str, operation: &mut Value, examples: &Value) {
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.iter_mut().for_each(merge_default);
    }
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
        for (name, status, _) in PROBLEMS {
            if rules.contains(&(*status, true)) && !responses.contains_key(&status.to_string()) {
                responses
                    .insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
            }
        }
        for (status, response) in responses.iter_mut().filter(|(_, response)| response.get("$ref").is_none())
        {
            if status.starts_with(['4', '5']) && response.get("content").is_none() {
                let detail = response["description"].as_str().unwrap_or_default().to_owned();
                response["content"] =
                    problem_content(status.parse().unwrap_or(500), "see-the-description", &detail);
            }
            response["headers"]["X-Request-Id"] = json!({"$ref": "#/components/headers/RequestId"});
            if let Some(example) = examples[&id]["responses"].get(status).filter(|example| !example.is_null())
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
