//! Holds an exchange against the OpenAPI document: the operation is there, and the answer's status, media type, headers
//! and body are as documented; a problem is well-formed; and what was accepted is what the document allows to be sent.

use std::sync::LazyLock;

use lede::base::codes::{self, Code, CodeKind};
use lede::server::openapi;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Exchange;
use crate::schemas::{Strictness, assert_valid};

/// The document, as the handlers have it, with the pages for people, which are held against it like all else.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| openapi::generate_with_pages(EXAMPLES).expect("a document"));

/// The document that is served.
pub static API: LazyLock<Value> = LazyLock::new(|| {
    let generated = openapi::generate(EXAMPLES).expect("a document");
    serde_json::from_str(&generated).expect("the document is JSON")
});

const EXAMPLES: &str = include_str!("../../openapi/examples.json");

/// One operation of the document.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub value: &'static Value,
}

impl Operation {
    /// Its parameters, shared ones included.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Value> {
        self.value["parameters"].as_array().into_iter().flatten().map(resolve)
    }

    /// Whether it has a parameter of that name.
    pub fn takes(&self, name: &str) -> bool {
        self.parameters().any(|parameter| parameter["name"] == name)
    }
}

/// Every operation, in the document's order.
pub fn operations() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
        let mut operations = Vec::new();
        for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
            for (method, value) in item.as_object().expect("a path item") {
                if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                    let id = value["operationId"].as_str().expect("an operationId");
                    operations.push(Operation { id, method, path, value });
                }
            }
        }
        operations
    });
    &OPERATIONS
}

/// The operation that answers there. Literal paths go before templates.
pub fn operation(method: &Method, path: &str) -> Option<&'static Operation> {
    let wanted = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let path = path.split('?').next().unwrap_or_default();
    let found = operations().iter().filter(|operation| matches(operation.path, path));
    let template = found.min_by_key(|operation| operation.path.matches('{').count())?.path;
    operations().iter().find(|operation| operation.path == template && operation.method == wanted)
}

fn matches(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(got)) if wanted.starts_with('{') && !got.is_empty() => {}
            (Some(wanted), Some(got)) if wanted == got => {}
            _ => return false,
        }
    }
}

/// Follows a `$ref` within the document.
pub fn resolve(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let target = DOCUMENT.pointer(reference.trim_start_matches('#'));
            resolve(target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
        }
        None => value,
    }
}

/// Holds an exchange against the document and says which operation it was.
#[track_caller]
pub fn check(exchange: &Exchange) -> Option<String> {
    let Exchange { method, path, status, .. } = exchange;
    let told = format!("{method} {path} → {status}");
    check_every_answer(exchange, &told);
    let Some(operation) = operation(method, path) else {
        let fits =
            matches!(status, 404 | 405) || (*method == Method::OPTIONS && *status == 204) || is_page(path);
        assert!(fits || *status == 400, "{told}, but the document has no such operation");
        return None;
    };
    let responses = &operation.value["responses"];
    let response = responses.get(status.to_string()).or_else(|| responses.get("default"));
    let response = resolve(
        response
            .unwrap_or_else(|| panic!("{told}: {} does not document it: {}", operation.id, body(exchange))),
    );
    check_headers(exchange, response, &told);
    check_body(exchange, response, &told);
    if (200..300).contains(status) {
        check_request(exchange, operation, &told);
    }
    Some(operation.id.to_owned())
}

/// Whether it is a page that stands in no document.
fn is_page(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path == "/" || path == "/docs" || path.starts_with("/docs/")
}

fn body(exchange: &Exchange) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&exchange.body)
}

fn header<'a>(exchange: &'a Exchange, name: &str) -> Option<&'a str> {
    exchange.headers.get(name).and_then(|value| value.to_str().ok())
}

/// What is true of all answers, documented or not.
fn check_every_answer(exchange: &Exchange, told: &str) {
    let id = header(exchange, "x-request-id").unwrap_or_else(|| panic!("{told} has no X-Request-Id"));
    // A 304 may leave it to the response that the client has.
    if exchange.status != 304 {
        assert_eq!(header(exchange, "x-content-type-options"), Some("nosniff"), "{told}");
    }
    if exchange.status < 400 || exchange.method == Method::HEAD {
        return;
    }
    // People are told on a page; that it is documented is checked with the body.
    if header(exchange, "content-type").is_some_and(|media| media.starts_with("text/html")) {
        assert!(!exchange.path.starts_with("/v1/"), "{told} is a page");
        return assert_eq!(header(exchange, "cache-control"), Some("no-store"), "{told}");
    }
    assert_eq!(
        header(exchange, "content-type"),
        Some("application/problem+json"),
        "{told}: {}",
        body(exchange)
    );
    assert_eq!(header(exchange, "cache-control"), Some("no-store"), "{told}");
    let problem: Value = serde_json::from_slice(&exchange.body).unwrap_or_else(|e| panic!("{told}: {e}"));
    let schema = &DOCUMENT["components"]["schemas"]["Problem"];
    assert_valid(schema, Strictness::Closed, &problem, told);
    assert_eq!(problem["status"], exchange.status, "{told}: {problem:#}");
    assert_eq!(problem["request_id"], id, "{told}: {problem:#}");
    check_codes(&problem, exchange.status, told);
    let (status, errors) = (exchange.status, problem.get("errors"));
    assert!(
        errors.is_none_or(|errors| errors.as_array().is_some_and(|errors| !errors.is_empty())),
        "{told}: {problem:#}"
    );
    let present = |name: &str| header(exchange, name).is_some();
    assert!(status != 401 || present("www-authenticate"), "{told} has no WWW-Authenticate");
    assert!(status != 405 || present("allow"), "{told} has no Allow");
    assert!(!matches!(status, 429 | 503) || present("retry-after"), "{told} has no Retry-After");
}

/// Every code of a problem is in the catalogue, with its status.
fn check_codes(problem: &Value, status: u16, told: &str) {
    let known = |kind, code: &Value| {
        CODES
            .iter()
            .any(|known| known.kind == kind && *code == *known.code && known.statuses.contains(&status))
    };
    assert!(known(CodeKind::Problem, &problem["code"]), "{told}: src/base/codes.rs lacks it: {problem:#}");
    for error in problem["errors"].as_array().into_iter().flatten() {
        assert!(known(CodeKind::Error, &error["code"]), "{told}: src/base/codes.rs lacks it: {error:#}");
    }
}

static CODES: LazyLock<Vec<Code>> = LazyLock::new(codes::all);

fn check_headers(exchange: &Exchange, response: &'static Value, told: &str) {
    let documented = response.get("headers").and_then(Value::as_object);
    for (name, documented) in documented.into_iter().flatten() {
        let documented = resolve(documented);
        match header(exchange, name) {
            None => assert_ne!(documented["required"], true, "{told} has no {name}"),
            Some(value) => {
                let schema = &documented["schema"];
                let value = match resolve(schema)["type"].as_str() {
                    Some("integer" | "number") => {
                        serde_json::from_str(value).unwrap_or_else(|_| json!(value))
                    }
                    Some("boolean") => json!(value == "true"),
                    _ => json!(value),
                };
                assert_valid(schema, Strictness::Open, &value, told);
            }
        }
    }
    // In a 304, a cache in front may repeat what it has stored.
    if exchange.status == 304 {
        return;
    }
    for name in ["etag", "location", "link", "last-modified", "idempotent-replayed", "surrogate-key"] {
        if header(exchange, name).is_some() && exchange.status < 400 {
            let known =
                documented.is_some_and(|headers| headers.keys().any(|key| key.eq_ignore_ascii_case(name)));
            assert!(known, "{told} has a {name} that is not documented");
        }
    }
}

fn check_body(exchange: &Exchange, response: &'static Value, told: &str) {
    let content = response.get("content").and_then(Value::as_object);
    if exchange.method == Method::HEAD || exchange.status == 304 {
        assert!(exchange.body.is_empty(), "{told} has a body");
        return;
    }
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        assert!(exchange.body.is_empty(), "{told} has a body that is not documented: {}", body(exchange));
        return;
    };
    let essence =
        header(exchange, "content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let documented = content.iter().find(|(media, _)| media.split(';').next() == Some(essence));
    let (_, documented) = documented.unwrap_or_else(|| panic!("{told}: {essence:?} is not documented"));
    let Some(schema) = documented.get("schema") else { return };
    let value = if essence.ends_with("json") {
        serde_json::from_slice(&exchange.body).unwrap_or_else(|e| panic!("{told}: {e}: {}", body(exchange)))
    } else {
        json!(body(exchange))
    };
    let chosen = exchange.path.contains("?fields=") || exchange.path.contains("&fields=");
    let strictness = if chosen { Strictness::Closed } else { Strictness::Whole };
    assert_valid(schema, strictness, &value, told);
}

/// What was accepted has to be allowed.
fn check_request(exchange: &Exchange, operation: &Operation, told: &str) {
    let sent = exchange.path.split_once('?').map_or("", |(_, query)| query);
    let names = |parameter: &Value, name: &str| {
        let own = parameter["name"].as_str().unwrap_or_default();
        let member = name.strip_prefix(own).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
        if parameter["style"] == "deepObject" { member.is_some() } else { own == name }
    };
    let known = |name: &str| operation.parameters().any(|p| p["in"] == "query" && names(p, name));
    for (name, _) in url::form_urlencoded::parse(sent.as_bytes()) {
        let outside = !operation.path.starts_with("/v1/");
        assert!(outside || known(&name), "{told}: the parameter {name} was accepted and is not documented");
    }
    let Some(documented) = operation.value.get("requestBody").map(resolve) else {
        let refused = exchange.request_body.is_empty();
        return assert!(refused, "{told}: a body was accepted and is not documented");
    };
    if exchange.request_body.is_empty() {
        return assert_ne!(documented["required"], true, "{told}: no body was accepted, and one is required");
    }
    let sent = exchange
        .request_headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_lowercase();
    let content = &documented["content"];
    let media = content.get(&essence).or_else(|| {
        (essence == "application/json").then(|| content.get("application/merge-patch+json")).flatten()
    });
    let media = media.unwrap_or_else(|| panic!("{told}: {essence} was accepted and is not documented"));
    if essence.ends_with("json")
        && let Some(schema) = media.get("schema")
    {
        let value = serde_json::from_slice(&exchange.request_body).unwrap_or_else(|e| panic!("{told}: {e}"));
        assert_valid(schema, Strictness::Open, &value, &format!("{told}, request"));
    }
}
