//! The type that handlers return: status, headers and a complete body. It is plain data rather than an actix response,
//! so that it can be cached, or stored for an `Idempotency-Key` and sent again.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use super::public::{SURROGATE_KEY, etag};
use crate::base::error::Result;

/// Bodies up to this size, in bytes, are hashed where they are made.
const SMALL: usize = 64 * 1024;

/// A cookie that goes with the response to a request, also if that is an error. It is put into the request's
/// extensions.
#[derive(Debug, Clone)]
pub struct SetCookie(pub String);

/// A complete response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
    /// Whether it is the same for every client, so that it may be cached.
    public: bool,
    /// The entity tag of a public response, without quotes, if it is already known; otherwise it is computed from the
    /// body.
    tag: Option<String>,
}

impl Response {
    /// Returns 200 with a JSON body.
    pub fn ok(value: &impl Serialize) -> Result<Self> {
        Ok(Self::bytes("application/json", serde_json::to_vec(value)?.into_boxed_slice().into()))
    }

    /// Returns 201 with a JSON body and the URL of the created resource in `Location`.
    pub fn created(location: String, value: &impl Serialize) -> Result<Self> {
        Ok(Self::ok(value)?.status(StatusCode::CREATED).header(header::LOCATION, location))
    }

    /// Returns 204 without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self::new(204, Vec::new(), Bytes::new())
    }

    fn new(status: u16, headers: Vec<(HeaderName, String)>, body: Bytes) -> Self {
        Self { status, headers, body, public: false, tag: None }
    }

    /// Returns 200 with a body of any media type.
    #[must_use]
    pub fn bytes(media_type: &str, body: Bytes) -> Self {
        Self::new(200, vec![(header::CONTENT_TYPE, media_type.to_owned())], body)
    }

    /// Returns 200 with a body that is the same for every client.
    #[must_use]
    pub fn public(media_type: &str, body: Bytes) -> Self {
        Self { public: true, ..Self::bytes(media_type, body) }
    }

    /// Returns 200 with a JSON body that is the same for every client.
    pub fn public_json(value: &impl Serialize) -> Result<Self> {
        Ok(Self { public: true, ..Self::ok(value)? })
    }

    /// Returns a redirect that is the same for every client.
    #[must_use]
    pub fn redirect(status: StatusCode, location: String) -> Self {
        Self { public: true, ..Self::no_content().status(status).header(header::LOCATION, location) }
    }

    /// Sets the entity tag of a public response, without quotes, where it is known without hashing the body.
    #[must_use]
    pub fn tag(mut self, tag: String) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Sets `Surrogate-Key`: the keys by which a CDN can purge this response.
    #[must_use]
    pub fn surrogate_key(self, key: impl Into<String>) -> Self {
        self.header(SURROGATE_KEY.clone(), key)
    }

    /// Replaces the status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status.as_u16();
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets `ETag` to the version of a draft, which a later `If-Match` has to repeat.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.header(header::ETAG, format!("\"{version}\""))
    }

    /// Whether hashing the body takes longer than handing it to another thread.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.body.len() > SMALL && self.tag.is_none()
    }

    /// Returns status, headers and body, for storage.
    #[must_use]
    pub fn parts(&self) -> (u16, Vec<(String, String)>, &[u8]) {
        let headers = self.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        (self.status, headers, &self.body)
    }

    /// Restores a response from stored parts.
    #[must_use]
    pub fn from_parts(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Self {
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value.clone())))
            .collect();
        Self::new(status, headers, body.into())
    }

    /// Returns status, headers, body and entity tag, for a [`Representation`](super::representation::Representation).
    #[must_use]
    pub fn into_parts(self) -> (u16, Vec<(HeaderName, String)>, Bytes, String) {
        let tag = self.tag.unwrap_or_else(|| etag(&self.body));
        (self.status, self.headers, self.body, tag)
    }
}

impl Responder for Response {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if self.public {
            // `server/dispatch.rs` takes it from the extensions, compresses and caches it.
            let mut response = HttpResponse::new(status);
            response.extensions_mut().insert(self);
            return response;
        }
        let mut response = HttpResponse::build(status);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.insert_header((name, value));
            }
        }
        response.body(self.body)
    }
}
