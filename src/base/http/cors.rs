//! What pages of other origins may do: read what is public, and join the list, from anywhere; everything else from the
//! origins that the settings name. Cookies play no part, so credentials are never allowed.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// Any origin.
pub const ANY: HeaderValue = HeaderValue::from_static("*");
/// The headers of answers that a page's script may see.
pub const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Idempotent-Replayed, Last-Modified, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
);
/// The headers of requests that a page's script may set.
const ACCEPTED: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match");
/// For how many seconds a browser need not ask again.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// Allows the page of that origin to see an answer: any page if the operation is `open`, else those of these `origins`.
pub fn allow(open: bool, origins: &[String], origin: Option<HeaderValue>, answered: &mut HeaderMap) {
    if open {
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    } else {
        answered.append(header::VARY, HeaderValue::from_static("Origin"));
        let is_allowed = |origin: &HeaderValue| origins.iter().any(|one| one.as_bytes() == origin.as_bytes());
        let Some(origin) = origin.filter(is_allowed) else { return };
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    answered.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Answers the question that browsers ask before such a request.
pub fn preflight(methods: &str, answered: &mut HeaderMap) {
    if let Ok(methods) = HeaderValue::from_str(methods) {
        answered.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    answered.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED);
    answered.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
}
