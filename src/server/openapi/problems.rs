//! Error responses: those that operations share, as components, and examples of every code, which are recorded like all
//! others.

use serde_json::{Map, Value, json};

use super::headers;
use crate::base::codes::{self, Code, CodeKind};

/// The error responses that operations share: name, status, description.
pub(super) const SHARED: &[(&str, u16, &str)] = &[
    ("BadRequest", 400, "The request is malformed; `errors` lists what."),
    (
        "Unauthorized",
        401,
        "`token-missing`, `token-invalid`, `token-expired` or `session-ended`: log in and send the new access token. \
         `key-expired`: the API key has expired.",
    ),
    (
        "Forbidden",
        403,
        "`forbidden`: the user's role does not have this right, or the API key's scopes do not include it. \
         `second-factor-missing`: the role requires a second factor; set one up first.",
    ),
    ("NotFound", 404, "Not found, or not visible to the caller."),
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

/// The shared error responses as components.
pub(super) fn components(examples: &Value) -> Value {
    let mut responses = Map::new();
    for (name, status, description) in SHARED {
        let mut response =
            json!({"description": description, "content": content(*status, description, examples)});
        headers::add_to_problem(&mut response, *status);
        responses.insert((*name).to_owned(), response);
    }
    responses.into()
}

/// The body of an error response, with a recorded example of each code that `description` names, or of every code of
/// the status.
pub(super) fn content(status: u16, description: &str, examples: &Value) -> Value {
    let mut codes: Vec<Code> = codes::all();
    codes.retain(|code| code.kind == CodeKind::Problem && code.statuses.contains(&status));
    let is_named = |code: &Code| description.contains(&format!("`{}`", code.code));
    if codes.iter().any(is_named) {
        codes.retain(is_named);
    }
    let recorded: Map<String, Value> = codes
        .into_iter()
        .filter_map(|code| {
            let problem = examples["problems"].get(&code.code)?;
            Some((code.code, json!({"summary": code.meaning, "value": problem})))
        })
        .collect();
    let mut media = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
    if !recorded.is_empty() {
        media["examples"] = recorded.into();
    }
    json!({"application/problem+json": media})
}

/// Adds the catalogue to the fields that hold codes, as the extension `x-codes`.
pub(super) fn add_catalogue(schemas: &mut Value) {
    for (schema, kind) in [
        ("Problem", CodeKind::Problem),
        ("ProblemError", CodeKind::Error),
        ("ContentWarning", CodeKind::Warning),
        ("SubscriberImportRow", CodeKind::Row),
    ] {
        let Some(code) = schemas.pointer_mut(&format!("/{schema}/properties/code")) else { continue };
        let codes = codes::all().into_iter().filter(|code| code.kind == kind);
        let entry = |code: Code| {
            let mut entry = json!({"code": code.code, "meaning": code.meaning, "remedy": code.remedy});
            if !code.statuses.is_empty() {
                entry["statuses"] = code.statuses.into();
            }
            entry
        };
        code["x-codes"] = codes.map(entry).collect();
    }
}
