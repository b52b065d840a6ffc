//! A public response in its final form: headers, entity tag and date are computed once, and each compressed variant
//! once, on its first request. It handles conditional requests without calling the handler.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::{
    self, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, VARY,
};
use actix_web::http::{StatusCode, header::HttpDate};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use tokio::sync::OnceCell;

use super::conditional;
use super::encoding::{Encoding, Preference};
use super::memory::Memory;
use super::public::{PublicHeaders, SURROGATE_KEY};
use super::response::Response;
use super::sliced::sliced;
use crate::base::clock::Timestamp;
use crate::base::compute::Compute;
use crate::base::error::Result;
use crate::base::logger;

/// Smaller bodies, in bytes, are not compressed: it would save too little to be worth the time and memory.
const LEAST_ENCODED: usize = 1024;

/// What a body takes besides its bytes, at most: its share of a budget, its tag, the frame of its coding.
const OVERHEAD: usize = 256;

/// A finished public response.
#[derive(Debug)]
pub struct Representation {
    /// The path template of the route, for metrics and the access log.
    pub route: &'static str,
    status: StatusCode,
    /// The headers that both a 200 and a 304 have.
    head: Vec<(HeaderName, HeaderValue)>,
    media_type: Option<HeaderValue>,
    last_modified: HttpDate,
    plain: Variant,
    gzip: OnceCell<Variant>,
    brotli: OnceCell<Variant>,
    memory: Memory,
}

/// The body in one content coding, with its strong entity tag.
#[derive(Debug)]
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

/// Whether a 304 repeats a header: those that RFC 9110, section 15.4.5, requires, and those without which a page of another
/// origin cannot read it. The client has the others.
fn belongs_to_not_modified(name: &HeaderName) -> bool {
    [CACHE_CONTROL, VARY, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS].contains(name)
}

impl Representation {
    /// Finishes a response. `moment` is when the content visible to readers last changed.
    ///
    /// # Errors
    /// Unavailable, if there is no memory for large bodies left.
    pub fn new(
        response: Response,
        route: &'static str,
        common: &PublicHeaders,
        moment: Timestamp,
        now: Timestamp,
        memory: &Memory,
    ) -> Result<Self> {
        let (status, headers, body, tag) = response.into_parts();
        let body = memory.hold(body)?;
        let mut head = common.as_slice().to_vec();
        let (mut media_type, mut keys) = (None, None);
        for (name, value) in headers {
            if name == SURROGATE_KEY {
                keys = Some(value);
                continue;
            }
            let Ok(value) = HeaderValue::from_str(&value) else { continue };
            if name == CONTENT_TYPE {
                media_type = Some(value);
            } else {
                head.push((name, value));
            }
        }
        head.extend(common.keys(keys.as_deref()));
        // HTTP dates have whole seconds. Until the second of the last change is over, a further change may happen in
        // it, so the second before is used.
        let seconds = moment.as_seconds().min(now.as_seconds().saturating_sub(1));
        let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap_or_default()));
        if let Ok(value) = HeaderValue::from_str(&date.to_string()) {
            head.push((LAST_MODIFIED, value));
        }
        Ok(Self {
            route,
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            head,
            media_type,
            last_modified: date,
            plain: Variant::new(Encoding::Identity, body, &tag),
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
            memory: memory.clone(),
        })
    }

    /// Whether another is the same response, so that its compressed variants can be reused.
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

    /// How many bytes of memory it takes at most, once both compressed variants exist: none of them is longer than the plain
    /// body by more than a few bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        let head = self.head.iter().map(|(_, value)| size_of::<(HeaderName, HeaderValue)>() + value.len());
        size_of::<Self>() + head.sum::<usize>() + 3 * (self.plain.body.len() + OVERHEAD)
    }

    /// Responds to one client: in its preferred content coding, or 304 if `If-None-Match` or `If-Modified-Since`
    /// matches. While a cache keeps this representation, nobody is cut off to free its memory.
    ///
    /// # Errors
    /// Unavailable, if too much is being sent to the client's network.
    pub async fn respond(self: &Arc<Self>, req: &HttpRequest, compute: &Compute) -> Result<HttpResponse> {
        let asked = req.headers();
        let variant = self.variant(Encoding::preferred(asked), compute).await;
        let is_known = self.status == StatusCode::OK && self.is_known(asked, &variant.etag);
        let status = if is_known { StatusCode::NOT_MODIFIED } else { self.status };
        let mut response = HttpResponse::new(status);
        let headers = response.headers_mut();
        for (name, value) in self.head.iter().filter(|(name, _)| !is_known || belongs_to_not_modified(name)) {
            headers.insert(name.clone(), value.clone());
        }
        if self.status == StatusCode::OK {
            headers.insert(ETAG, variant.etag.clone());
        }
        if is_known {
            return Ok(response);
        }
        if let Some(name) = variant.encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        if let Some(media_type) = &self.media_type {
            headers.insert(CONTENT_TYPE, media_type.clone());
        }
        let (body, keeper) = (variant.body.clone(), Arc::downgrade(self));
        Ok(response.set_body(sliced(&self.memory, req, body, keeper)?))
    }

    /// `If-Modified-Since` is ignored if `If-None-Match` is present (RFC 9110, section 13.1.3).
    fn is_known(&self, asked: &HeaderMap, etag: &HeaderValue) -> bool {
        if asked.contains_key(header::IF_NONE_MATCH) {
            return conditional::has(asked, etag.to_str().unwrap_or_default());
        }
        let since = asked.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        let since: Option<HttpDate> = since.and_then(|value| value.parse().ok());
        since.is_some_and(|since| self.last_modified <= since)
    }

    /// The body in the preferred coding. If it cannot be encoded now, this response is not, and the next one is tried again.
    async fn variant(&self, preferred: Preference, compute: &Compute) -> &Variant {
        let cell = match preferred.encoding {
            _ if self.plain.body.len() < LEAST_ENCODED && !preferred.required => return &self.plain,
            Encoding::Identity => return &self.plain,
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
        };
        cell.get_or_try_init(|| self.encode(preferred.encoding, compute)).await.unwrap_or_else(|why| {
            logger::error_once(format!("responses of {} are sent without a coding: {why}", self.route));
            &self.plain
        })
    }

    async fn encode(&self, encoding: Encoding, compute: &Compute) -> Result<Variant> {
        let (plain, memory) = (self.plain.body.clone(), self.memory.clone());
        let body = compute.run(move || memory.hold(encoding.encode(&plain)?)).await?;
        Ok(Variant::new(encoding, body, self.plain.etag.to_str().unwrap_or_default().trim_matches('"')))
    }
}
