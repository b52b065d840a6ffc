//! CORS: pages of any origin may read public resources, follow their changes, sign up, and read a draft with the token of a preview link; every
//! other operation is limited to the origins in the settings. Only the operations that read the session cookie take credentials.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// `Access-Control-Allow-Origin` for any origin.
pub const ANY: HeaderValue = HeaderValue::from_static("*");
/// The response headers that scripts of another origin may read.
pub const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Idempotent-Replayed, Last-Modified, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, \
     X-Request-Id",
);
/// The request headers that scripts of another origin may set.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID",
);
/// The paths of the operations that read the session cookie.
const READ_COOKIES: [&str; 3] = ["/v1/auth/sessions", "/v1/auth/refresh", "/v1/auth/logout"];
/// How many seconds a browser may cache a preflight response. Chromium caps it at 7200.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// Lets a page of `origin` read the response: any page if the operation at `path` is `open`, otherwise only
/// pages of `origins`.
pub fn allow(
    (path, open): (&str, bool),
    origins: &[String],
    origin: Option<HeaderValue>,
    answered: &mut HeaderMap,
) {
    if open {
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    } else {
        answered.append(header::VARY, HeaderValue::from_static("Origin"));
        let is_allowed = |origin: &HeaderValue| origins.iter().any(|one| one.as_bytes() == origin.as_bytes());
        let Some(origin) = origin.filter(is_allowed) else { return };
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if READ_COOKIES.contains(&path) {
            answered.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
    answered.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Adds the headers of a response to a CORS preflight request.
pub fn preflight(methods: &str, answered: &mut HeaderMap) {
    if let Ok(methods) = HeaderValue::from_str(methods) {
        answered.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    answered.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED);
    answered.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
}
