//! An answer to readers in its finished form: the same for everyone, with its tag, its headers and the bytes in each
//! coding made once. It answers conditional requests by itself.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::HttpResponse;
use actix_web::http::header::{
    self, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED,
};
use actix_web::http::{StatusCode, header::HttpDate};
use actix_web::web::Bytes;
use tokio::sync::OnceCell;

use super::conditional;
use super::encoding::Encoding;
use super::public::PublicHeaders;
use super::response::Response;
use crate::base::clock::Timestamp;

/// Smaller bodies are not worth a coding.
const LEAST_ENCODED: usize = 1024;

/// A finished public answer.
#[derive(Debug)]
pub struct Representation {
    /// The template of the route that it is an answer of.
    pub route: &'static str,
    status: StatusCode,
    /// What every answer carries, a 304 included.
    head: Vec<(HeaderName, HeaderValue)>,
    media_type: Option<HeaderValue>,
    last_modified: HttpDate,
    plain: Variant,
    gzip: OnceCell<Variant>,
    brotli: OnceCell<Variant>,
}

/// The bytes in one coding, and the strong tag that names them.
#[derive(Debug, Clone)]
struct Variant {
    encoding: Encoding,
    body: Bytes,
    etag: HeaderValue,
}

impl Variant {
    fn new(encoding: Encoding, body: Bytes, tag: &str) -> Self {
        let etag = match encoding.name() {
            None => format!("\"{tag}\""),
            Some(name) => format!("\"{tag}.{name}\""),
        };
        let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { encoding, body, etag }
    }
}

impl Representation {
    /// Finishes an answer. Readers' view has not changed since `moment`; it is `now`.
    #[must_use]
    pub fn new(
        answer: Response,
        route: &'static str,
        common: &PublicHeaders,
        moment: Timestamp,
        now: Timestamp,
    ) -> Self {
        let (status, headers, body, tag) = answer.into_parts();
        let mut head = common.as_slice().to_vec();
        let mut media_type = None;
        for (name, value) in headers {
            let Ok(value) = HeaderValue::from_str(&value) else { continue };
            if name == CONTENT_TYPE {
                media_type = Some(value);
            } else {
                head.push((name, value));
            }
        }
        // Dates have whole seconds: while more may change in the second of the last change, the one before is told.
        let seconds = moment.as_seconds().min(now.as_seconds().saturating_sub(1));
        let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap_or_default()));
        if let Ok(value) = HeaderValue::from_str(&date.to_string()) {
            head.push((LAST_MODIFIED, value));
        }
        Self {
            route,
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            head,
            media_type,
            last_modified: date,
            plain: Variant::new(Encoding::Identity, body, &tag),
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
        }
    }

    /// Whether another is the same answer: what was made of the one serves for the other.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        fn without_date(all: &Representation) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
            all.head.iter().filter(|(name, _)| *name != LAST_MODIFIED)
        }
        self.plain.etag == other.plain.etag
            && self.status == other.status
            && self.media_type == other.media_type
            && without_date(self).eq(without_date(other))
    }

    /// How many bytes of memory it takes, with its codings.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.plain.body.len() * 3 / 2 + 2048
    }

    /// The answer to one client: in the coding it prefers, or 304 if it has these bytes already.
    pub async fn respond(&self, asked: &HeaderMap) -> HttpResponse {
        let variant = self.variant(Encoding::preferred(asked)).await;
        let is_known = self.status == StatusCode::OK && self.is_known(asked, &variant.etag);
        let status = if is_known { StatusCode::NOT_MODIFIED } else { self.status };
        let mut response = HttpResponse::new(status);
        let headers = response.headers_mut();
        for (name, value) in &self.head {
            headers.insert(name.clone(), value.clone());
        }
        if self.status == StatusCode::OK {
            headers.insert(ETAG, variant.etag.clone());
        }
        if is_known {
            return response;
        }
        if let Some(name) = variant.encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        if let Some(media_type) = &self.media_type {
            headers.insert(CONTENT_TYPE, media_type.clone());
        }
        response.set_body(actix_web::body::BoxBody::new(variant.body.clone()))
    }

    /// `If-None-Match` decides where it is given, `If-Modified-Since` where it is not.
    fn is_known(&self, asked: &HeaderMap, etag: &HeaderValue) -> bool {
        if asked.contains_key(header::IF_NONE_MATCH) {
            return conditional::has(asked, etag.to_str().unwrap_or_default());
        }
        let since = asked.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        let since: Option<HttpDate> = since.and_then(|value| value.parse().ok());
        since.is_some_and(|since| self.last_modified <= since)
    }

    async fn variant(&self, encoding: Encoding) -> &Variant {
        let cell = match encoding {
            _ if self.plain.body.len() < LEAST_ENCODED => return &self.plain,
            Encoding::Identity => return &self.plain,
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
        };
        cell.get_or_init(|| self.encode(encoding)).await
    }

    async fn encode(&self, encoding: Encoding) -> Variant {
        let plain = self.plain.body.clone();
        let tag = self.plain.etag.to_str().unwrap_or_default().trim_matches('"').to_owned();
        match tokio::task::spawn_blocking(move || encoding.encode(&plain)).await {
            Ok(Ok(body)) => Variant::new(encoding, body, &tag),
            Ok(Err(error)) => self.unencoded(&error.to_string()),
            Err(error) => self.unencoded(&error.to_string()),
        }
    }

    /// Bytes that cannot be put in a coding go out as they are.
    fn unencoded(&self, why: &str) -> Variant {
        log::error!("an answer cannot be encoded: {why}");
        self.plain.clone()
    }
}
