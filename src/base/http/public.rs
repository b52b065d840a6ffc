//! What all public responses share: the headers that let shared caches store them, and how entity tags are computed.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::json::sha256;
use super::{cors, security_headers};
use crate::base::config::Config;

/// `Surrogate-Key` lists what a response depends on, so that a CDN can purge it by key.
pub static SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// The headers of every public response, computed once at start.
#[derive(Debug, Clone)]
pub struct PublicHeaders(Vec<(HeaderName, HeaderValue)>);

impl PublicHeaders {
    /// Builds the headers from the settings.
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

    /// Returns the names and values.
    #[must_use]
    pub fn as_slice(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0
    }
}

/// Returns the entity tag of a body, without quotes. It starts with `r`, so that it is never mistaken for the version
/// of a draft, which is a number.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    format!("r{}", BASE64_URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default()))
}
