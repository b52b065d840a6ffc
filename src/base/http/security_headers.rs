//! Security headers of all responses: they limit what a browser does with a response, also if a user opens an API URL
//! directly.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

use crate::base::config::Config;

/// The policy for responses that are not pages, in case a browser opens one as a page. HTML pages set their own.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// `Cache-Control: no-store`.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Returns the security headers. `Strict-Transport-Security` is included only if the site's URL is HTTPS.
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
