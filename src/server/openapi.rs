//! The contract as an OpenAPI document: what the handlers say of themselves, and what is true of all of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApiBuilder, PathsBuilder, path::PathItem};

use super::dispatch::is_shared;
use super::routes::endpoints;
use crate::base::http::problem::Problem;

/// The document, as it is served: pretty JSON with a newline at its end. A test holds it against [`generate`], so a server
/// need not make it anew at each start.
pub const DOCUMENT: &str = include_str!("../../openapi/openapi.json");

const DESCRIPTION: &str = "Articles, their sections and the people who subscribe, for websites that fetch them over HTTP.\n\n\
Readers are served *editions*, which publishing makes of a draft's revisions; editors work on *drafts* with a token. \
Errors are RFC 9457 problems with a stable `code`. Lists are paged with opaque cursors. Input is strict: what is not \
documented here is refused.";

const TAGS: &[(&str, &str)] = &[
    ("accounts", "Logging in, and who one is."),
    ("articles", "What readers see: the live editions."),
    ("authors", "Who articles are by."),
    ("drafts", "What editors work on: articles as they will be."),
    ("feeds", "What feed readers and search engines fetch."),
    ("history", "What was written, and what was published."),
    ("operations", "For those who run the server."),
    ("pages", "Pages for people: they work without scripts."),
    ("site", "What a frontend needs once: the publication itself, and its old addresses."),
    ("subscribers", "Those who receive mail, by their own consent."),
    ("topics", "What articles are about."),
];

/// Every refusal that operations share: name, status, description.
const PROBLEMS: &[(&str, u16, &str)] = &[
    ("BadRequest", 400, "The request cannot be understood; `errors` names what."),
    ("Unauthorized", 401, "There is no valid token."),
    ("Forbidden", 403, "The token's role does not allow this."),
    ("NotFound", 404, "There is no such thing, or the caller may not know of it."),
    ("Conflict", 409, "The present state of things does not allow it; `code` says why."),
    (
        "PreconditionFailed",
        412,
        "What the write touches has changed since; `version` and `changed` say what.",
    ),
    ("ContentTooLarge", 413, "The body is larger than is read."),
    ("UnsupportedMediaType", 415, "The body is of another kind."),
    ("UnprocessableContent", 422, "Rules are broken: all of them are in `errors`."),
    ("PreconditionRequired", 428, "`If-Match` is missing."),
    ("TooManyRequests", 429, "That was too often: again after `Retry-After` seconds."),
    ("InternalServerError", 500, "A defect on our side."),
    ("ServiceUnavailable", 503, "Too busy, or the database is away: again after `Retry-After`."),
];

/// Makes the document of what the handlers say, with examples in the form of `openapi/examples.json`: real requests and
/// answers, recorded from a server.
#[must_use]
pub fn generate(examples: &str) -> String {
    let examples = serde_json::from_str(examples).unwrap_or_default();
    let mut text = serde_json::to_string_pretty(&build(&examples)).unwrap_or_default();
    text.push('\n');
    text
}

fn build(examples: &Value) -> Value {
    let mut paths = PathsBuilder::new();
    let mut schemas = Vec::new();
    for endpoint in endpoints() {
        let (methods, path) = (endpoint.documented_at)();
        for method in methods {
            paths = paths.path(path.clone(), PathItem::new(method, (endpoint.operation)()));
        }
        (endpoint.schemas)(&mut schemas);
    }
    schemas.push(("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema()));
    <Problem as utoipa::ToSchema>::schemas(&mut schemas);
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Lede")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION)),
        )
        .paths(paths)
        .components(Some(ComponentsBuilder::new().schemas_from_iter(schemas).build()))
        .build();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    finish(&mut document, examples);
    document
}

/// Adds what is the same everywhere.
fn finish(document: &mut Value, examples: &Value) {
    document["info"]["license"] = json!({"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"});
    document["info"]["contact"] =
        json!({"name": "Lede", "url": env!("CARGO_PKG_REPOSITORY"), "email": "hello@lede.example"});
    document["servers"] = json!([{"url": "/", "description": "This server."}]);
    document["tags"] =
        TAGS.iter().map(|(name, description)| json!({"name": name, "description": description})).collect();
    document["components"]["securitySchemes"] = json!({"bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token from `POST /v1/auth/sessions`: a JWT signed with Ed25519, as RFC 8725 advises."
    }});
    document["components"]["headers"] = json!({"RequestId": {
        "description": "The request's id, as the log and problems name it.", "required": true,
        "schema": {"type": "string", "maxLength": 64}
    }});
    document["components"]["responses"] = problems();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let is_secured = operation["security"].to_string().contains("bearer");
            if method == "get" && !is_secured && is_shared(path) {
                operation["responses"]["304"] =
                    json!({"description": "The reader has these bytes already: `If-None-Match` names them."});
            }
            finish_operation(path, operation, examples);
            add_headers(operation);
        }
    }
    open_maps(&mut document["components"]["schemas"]);
    require_nulls(document);
    let paths = document["paths"].to_string();
    if let Some(responses) = document["components"]["responses"].as_object_mut() {
        responses.retain(|name, _| paths.contains(&format!("#/components/responses/{name}\"")));
    }
}

/// An object of which no members are named holds any: generated clients would take it for one that is always empty.
fn open_maps(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        let is_object = members.get("type").is_some_and(|kind| kind == "object" || names(kind, "object"));
        if is_object && !members.contains_key("properties") && !members.contains_key("additionalProperties") {
            members.insert("additionalProperties".into(), true.into());
        }
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(open_maps),
        Value::Array(items) => items.iter_mut().for_each(open_maps),
        _ => {}
    }
}

/// What is answered has every member, `null` when empty; in what is sent, members that may be `null` may be absent.
fn require_nulls(document: &mut Value) {
    let mut sent = BTreeSet::new();
    for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
        for operation in item.as_object().into_iter().flat_map(Map::values) {
            find_schemas(&operation["requestBody"], document, &mut sent);
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if sent.contains(name) {
            continue;
        }
        require_nulls_of(schema);
        schema
            .get_mut("allOf")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(require_nulls_of);
    }
}

fn require_nulls_of(schema: &mut Value) {
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

fn names(kinds: &Value, kind: &str) -> bool {
    kinds.as_array().is_some_and(|kinds| kinds.iter().any(|each| each == kind))
}

/// The components that `value` refers to, and those that they refer to.
fn find_schemas(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(name) =
                members.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next())
                && found.insert(name.to_owned())
            {
                find_schemas(&document["components"]["schemas"][name], document, found);
            }
            members.values().for_each(|value| find_schemas(value, document, found));
        }
        Value::Array(items) => items.iter().for_each(|value| find_schemas(value, document, found)),
        _ => {}
    }
}

/// Names the headers that follow from what an operation takes and answers.
fn add_headers(operation: &mut Value) {
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
        let rules = [
            (
                "ETag",
                is_conditional && (status == "200" || status == "304"),
                "A hash of the bytes, another for each coding.",
            ),
            ("Cache-Control", is_conditional && !is_refusal, "How long caches may keep it."),
            ("Last-Modified", is_conditional && !is_refusal, "When what readers see last changed."),
            (
                "Vary",
                is_conditional && !is_refusal,
                "`Accept-Encoding`: it comes plain, in gzip and in brotli.",
            ),
            (
                "Surrogate-Key",
                is_conditional && !is_refusal,
                "What it is made of, for caches in front: ids and filters.",
            ),
            ("Retry-After", status == "429", "In how many seconds to come again."),
            ("RateLimit", is_write && succeeds, "What is left of the budget."),
            ("Link", is_paged && (succeeds || status == "304"), "The next page, as `rel=\"next\"`."),
            (
                "Location",
                (is_idempotent && status == "201") || status == "301" || status == "303",
                "Where it is.",
            ),
            ("Idempotent-Replayed", is_idempotent && succeeds, "`true`: this was answered before."),
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

fn problems() -> Value {
    let mut responses = Map::new();
    for (name, status, description) in PROBLEMS {
        let mut response = json!({
            "description": description,
            "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
            "content": problem_content(*status, &name_to_code(name), description)
        });
        if matches!(status, 429 | 503) {
            response["headers"]["Retry-After"] = header("In how many seconds to come again.");
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

/// utoipa says of a parameter with a default that it is an object too; its type is that of its values.
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

fn finish_operation(path: &str, operation: &mut Value, examples: &Value) {
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
