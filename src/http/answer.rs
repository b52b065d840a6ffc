//! What a handler gives back: status, headers and finished bytes. Because an answer is plain data, one that was given to
//! a request with an `Idempotency-Key` can be kept and given again.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use crate::error::Result;

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
}

impl Answer {
    /// 200 with a JSON body.
    ///
    /// # Errors
    /// Internal, if the value cannot be written.
    pub fn ok(value: &impl Serialize) -> Result<Self> {
        Ok(Self::bytes("application/json", serde_json::to_vec(value)?.into()))
    }

    /// 201 with a JSON body and where the new thing is.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn created(location: String, value: &impl Serialize) -> Result<Self> {
        Ok(Self::ok(value)?.status(StatusCode::CREATED).header(header::LOCATION, location))
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: Bytes::new() }
    }

    /// 200 with finished bytes of some media type.
    #[must_use]
    pub fn bytes(media_type: &str, body: Bytes) -> Self {
        Self { status: 200, headers: vec![(header::CONTENT_TYPE, media_type.to_owned())], body }
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status.as_u16();
        self
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with an article's version as its tag.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.header(header::ETAG, format!("\"{version}\""))
    }

    /// Its parts, for keeping.
    #[must_use]
    pub fn parts(&self) -> (u16, Vec<(String, String)>, &[u8]) {
        let headers = self.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        (self.status, headers, &self.body)
    }

    /// From parts that were kept.
    #[must_use]
    pub fn from_parts(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Self {
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value.clone())))
            .collect();
        Self { status, headers, body: body.into() }
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.insert_header((name, value));
            }
        }
        response.body(self.body)
    }
}
