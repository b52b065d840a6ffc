//! What public responses have in common: the headers that let shared caches store them, and their entity tags.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::json::sha256;
use super::{cors, security_headers};
use crate::base::config::Config;

/// The header that lists what a response depends on, so that a cache in front can purge it.
pub static SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// The headers that every public response carries, made once.
#[derive(Debug, Clone)]
pub struct PublicHeaders(Vec<(HeaderName, HeaderValue)>);

impl PublicHeaders {
    /// The headers that the settings ask for.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let cache = format!(
            "public, max-age=0, s-maxage={}, stale-if-error={}",
            config.cache.seconds, config.cache.stale_seconds
        );
        let mut headers = vec![
            (header::CACHE_CONTROL, HeaderValue::from_str(&cache).unwrap_or(security_headers::NO_STORE)),
            (header::VARY, HeaderValue::from_static("Accept-Encoding")),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, cors::ANY),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, cors::EXPOSED),
            (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
        ];
        headers.extend(security_headers::security_headers(config));
        Self(headers)
    }

    /// Each name and value.
    #[must_use]
    pub fn as_slice(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0
    }
}

/// The entity tag of a body, without quotes. Never a number, so that it cannot be mistaken for a version.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    format!("r{}", BASE64_URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default()))
}
