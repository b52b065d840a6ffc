//! Answers to readers: the same for everyone, so that this server and caches on the way may keep them.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::json::sha256;
use super::{Response, cors, security_headers};
use crate::base::config::Config;

/// Names what an answer is made of, so that a cache in front can drop just that.
pub static SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// The headers that every public answer carries, made once.
#[derive(Debug, Clone)]
pub struct PublicHeaders(Vec<(HeaderName, HeaderValue)>);

impl PublicHeaders {
    /// As the settings say.
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

/// The tag of some bytes, without quotes. Never a number, so that nobody takes it for a version.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    format!("r{}", BASE64_URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default()))
}

/// 301 to the same address with `to` where the path has `{parameter}`; whatever follows and the query are kept.
#[must_use]
pub fn moved(req: &HttpRequest, parameter: &str, to: &str) -> Response {
    let pattern = req.match_pattern().unwrap_or_default();
    let place = pattern.split('/').position(|segment| {
        segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(parameter)
    });
    let segments = req.path().split('/').enumerate();
    let path: Vec<&str> = segments.map(|(at, old)| if Some(at) == place { to } else { old }).collect();
    let mut location = path.join("/");
    if !req.query_string().is_empty() {
        location = format!("{location}?{}", req.query_string());
    }
    Response::redirect(StatusCode::MOVED_PERMANENTLY, location)
}
