//! The headers of responses: components, and which responses have them.

use serde_json::{Map, Value, json};

/// Headers that mean the same wherever they are sent: name, component, description.
const SHARED: &[(&str, &str, &str)] = &[
    ("X-Request-Id", "RequestId", "The request's id, also in the log and in problems."),
    ("Cache-Control", "CacheControl", "How long shared caches may keep the response."),
    (
        "Idempotent-Replayed",
        "IdempotentReplayed",
        "`true` if this response was stored for an earlier request with the same key.",
    ),
    ("Last-Modified", "LastModified", "When public content last changed."),
    ("Link", "Link", "The next page as `<…>; rel=\"next\"`; absent on the last page."),
    (
        "RateLimit",
        "RateLimit",
        "What remains of the rate limit that applies, as in `\"write\";r=5999;t=1`: requests, and seconds until it is full again. Absent if none applies.",
    ),
    (
        "RateLimit-Policy",
        "RateLimitPolicy",
        "The rate limit that applies, as in `\"write\";q=6000;w=60`: requests, and the seconds in which they are allowed. Absent if none applies.",
    ),
    ("Retry-After", "RetryAfter", "Seconds to wait before the next try."),
    (
        "Surrogate-Key",
        "SurrogateKey",
        "What the response depends on, for purging a cache in front: ids and filters; `articles` if it shows several articles; and \
         `all`.",
    ),
    ("Vary", "Vary", "`Accept-Encoding`: the body is sent plain, in gzip or in brotli."),
];

/// The shared headers as components.
pub(super) fn components() -> Value {
    let component = |(name, component, description): &(&str, &str, &str)| {
        let mut header = json!({"description": description, "schema": {"type": "string", "maxLength": 4000}});
        if *name == "X-Request-Id" {
            header["required"] = true.into();
            header["schema"]["maxLength"] = 64.into();
        }
        ((*component).to_owned(), header)
    };
    SHARED.iter().map(component).collect::<Map<_, _>>().into()
}

/// Documents a header of a response: a shared one as a reference, another with its own description.
fn document(response: &mut Value, name: &str, description: &str) {
    response["headers"][name] = match SHARED.iter().find(|(shared, ..)| *shared == name) {
        Some((_, component, _)) => json!({"$ref": format!("#/components/headers/{component}")}),
        None => json!({"description": description, "schema": {"type": "string", "maxLength": 4000}}),
    };
}

/// The headers of every problem.
pub(super) fn add_to_problem(response: &mut Value, status: u16) {
    document(response, "X-Request-Id", "");
    document(response, "RateLimit", "");
    document(response, "RateLimit-Policy", "");
    if matches!(status, 429 | 503) {
        document(response, "Retry-After", "");
    }
}

/// Documents the headers that follow from an operation's method, parameters and responses.
pub(super) fn add(method: &str, operation: &mut Value) {
    let takes = |name: &str| {
        operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name)
    };
    let (is_paged, is_idempotent) = (takes("cursor") && takes("limit"), takes("Idempotency-Key"));
    let is_conditional = operation["responses"].get("304").is_some();
    let responses = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, response) in responses.filter(|(_, response)| response.get("$ref").is_none()) {
        let succeeds = status.starts_with('2');
        let is_refusal = status.starts_with(['4', '5']);
        // What the handler documents is a plain text, whatever type it is in the code.
        let own: Vec<(String, String)> = response["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, header)| {
                (name.clone(), header["description"].as_str().unwrap_or_default().to_owned())
            })
            .collect();
        for (name, description) in own {
            document(response, &name, &description);
        }
        if is_refusal {
            add_to_problem(response, status.parse().unwrap_or_default());
        }
        // A 304 repeats only what RFC 9110 requires.
        let is_full = is_conditional && !is_refusal && status != "304";
        let rules = [
            ("X-Request-Id", true, ""),
            (
                "ETag",
                is_conditional && (status == "200" || status == "304"),
                "A strong hash of the body, one per content coding.",
            ),
            ("Cache-Control", is_conditional && !is_refusal, ""),
            ("Last-Modified", is_full, ""),
            ("Vary", is_conditional && !is_refusal, ""),
            ("Surrogate-Key", is_full, ""),
            // Reads are limited only where the operator says so, and then only a refusal has the headers.
            ("RateLimit", method != "get" && !is_refusal, ""),
            ("RateLimit-Policy", method != "get" && !is_refusal, ""),
            ("Link", is_paged && succeeds, ""),
            (
                "Location",
                (is_idempotent && status == "201") || status == "301" || status == "303",
                "The URL of the resource.",
            ),
            ("Idempotent-Replayed", is_idempotent && succeeds, ""),
        ];
        for (name, applies, description) in rules {
            if applies && response["headers"].get(name).is_none() {
                document(response, name, description);
            }
        }
    }
}
