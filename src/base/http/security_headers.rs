//! The headers that every response carries for a browser's sake.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

use crate::base::config::Config;

/// Nothing here is a page, but a browser may be led to open it as one.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// What is nobody's is kept nowhere either.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The headers that every answer carries for a browser's sake.
#[must_use]
pub fn security_headers(config: &Config) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (CONTENT_SECURITY_POLICY, NOTHING),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    if config.base_url().starts_with("https://") {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.push((STRICT_TRANSPORT_SECURITY, year));
    }
    headers
}
