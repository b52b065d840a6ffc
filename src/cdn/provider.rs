//! How each kind of cache is told, and its limits.

use std::time::Duration;

use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use url::Url;

use crate::base::config::Config;
use crate::base::config::cdn::{Cdn, Told};
use crate::base::error::{Error, Result};
use crate::base::outbound::{ChosenBy, Request};

static FASTLY_KEY: HeaderName = HeaderName::from_static("fastly-key");

/// The cache in front of the server.
#[derive(Debug, Clone)]
pub struct Provider {
    cdn: Cdn,
    url: Url,
    headers: HeaderMap,
}

impl Provider {
    /// That of the settings, if there is one.
    ///
    /// # Errors
    /// Unavailable, with a sentence for the operator: a setting is missing.
    pub fn open(config: &Config) -> Result<Option<Self>> {
        let Some(Told { cdn, url, token }) = config.cdn.read().map_err(Error::unavailable)? else {
            return Ok(None);
        };
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(token) = token {
            let (name, value) = match cdn {
                Cdn::Fastly => (FASTLY_KEY.clone(), token.expose().to_owned()),
                Cdn::Cloudflare | Cdn::Http => (AUTHORIZATION, format!("Bearer {}", token.expose())),
            };
            let mut value = HeaderValue::from_str(&value).map_err(Error::unavailable)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Some(Self { cdn, url, headers }))
    }

    /// How many keys a request may have: what Fastly and Cloudflare take, and what fits into a header that Varnish takes.
    #[must_use]
    pub fn max_keys(&self) -> usize {
        match self.cdn {
            Cdn::Fastly => 256,
            Cdn::Cloudflare | Cdn::Http => 100,
        }
    }

    /// How many requests it takes, and in which time. Cloudflare takes five a minute in its free plan.
    #[must_use]
    pub fn max_requests(&self) -> Option<(usize, Duration)> {
        (self.cdn == Cdn::Cloudflare).then_some((5, Duration::from_secs(60)))
    }

    /// The request that purges these keys.
    #[must_use]
    pub fn request(&self, keys: &[String]) -> Request {
        let mut headers = self.headers.clone();
        let body = match self.cdn {
            Cdn::Fastly => json!({ "surrogate_keys": keys }),
            Cdn::Cloudflare => json!({ "tags": keys }),
            Cdn::Http => {
                // Varnish reads no bodies.
                if let Ok(value) = HeaderValue::from_str(&keys.join(" ")) {
                    headers.insert(HeaderName::from_static("surrogate-key"), value);
                }
                json!({ "keys": keys })
            }
        };
        let (method, url) = (Method::POST, self.url.clone());
        Request { method, url, chosen_by: ChosenBy::Operator, headers, body: body.to_string().into_bytes() }
    }
}
