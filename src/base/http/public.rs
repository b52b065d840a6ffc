//! What all public responses share: the headers that let shared caches store them, and how entity tags are computed.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::json::sha256;
use super::{cors, security_headers};
use crate::base::config::Config;
use crate::base::config::cdn::Cdn;

/// `Surrogate-Key` lists what a response depends on, so that a CDN can purge it by key.
pub static SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
/// The same for Cloudflare, with commas.
static CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// The key of every public response.
pub const EVERYTHING: &str = "all";
/// The key of whatever shows several articles, and of what names no other.
const ARTICLES: &str = "articles";

/// The headers of every public response, computed once at start.
#[derive(Debug, Clone)]
pub struct PublicHeaders {
    headers: Vec<(HeaderName, HeaderValue)>,
    has_tags: bool,
}

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
        Self { headers, has_tags: config.cdn.cdn == Some(Cdn::Cloudflare) }
    }

    /// Returns the names and values.
    #[must_use]
    pub fn as_slice(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// Returns the headers with the keys of a response, separated by spaces, and the key that all have.
    pub fn keys(&self, keys: Option<&str>) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let keys = format!("{} {EVERYTHING}", keys.unwrap_or(ARTICLES));
        let tags = self.has_tags.then(|| (CACHE_TAG.clone(), keys.replace(' ', ",")));
        let all = [(SURROGATE_KEY.clone(), keys)].into_iter().chain(tags);
        all.filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)))
    }
}

/// Returns the entity tag of a body, without quotes. It starts with `r`, so that it is never mistaken for the version
/// of a draft, which is a number.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    format!("r{}", BASE64_URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default()))
}
