//! Preconditions: `If-Match` names the version of a draft that the caller has seen, `If-None-Match` the bytes it has.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};
use serde_json::Map;
use utoipa::IntoParams;

use crate::base::error::{Error, Result};

/// The header that names a version, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what IfMatch reads")]
pub struct IfMatchHeader {
    /// The version seen, as in `"7"`, or `*`.
    #[param(rename = "If-Match", min_length = 1, max_length = 40)]
    if_match: String,
}

/// What an `If-Match` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// The version the caller has seen.
    Version(i64),
    /// `*`: whatever stands there now, on purpose.
    Any,
}

impl IfMatch {
    /// What the request names.
    ///
    /// # Errors
    /// Precondition required, if it names nothing; else as [`IfMatch::parse`].
    pub fn of(req: &HttpRequest) -> Result<Self> {
        let value = req.headers().get(header::IF_MATCH).ok_or(Error::PreconditionRequired)?;
        Self::parse(value.to_str().unwrap_or_default())
    }

    /// Reads the header's value.
    ///
    /// # Errors
    /// Precondition failed, if it is not the tag of a draft.
    pub fn parse(value: &str) -> Result<Self> {
        let value = value.trim();
        if value == "*" {
            return Ok(Self::Any);
        }
        let number = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if let Some(version) = number
            && version.len() <= 18
            && !version.is_empty()
            && version.bytes().all(|b| b.is_ascii_digit())
            && let Ok(version) = version.parse()
        {
            return Ok(Self::Version(version));
        }
        Err(Error::stale(
            "if-match-malformed",
            "If-Match must be the ETag of the draft: a number in quotes. This is another ETag, such as an edition's.",
            Map::new(),
        ))
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

/// Whether the request already has the bytes of that tag (quotes included).
#[must_use]
pub fn has(asked: &HeaderMap, etag: &str) -> bool {
    lists(asked, &header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn lists<'a>(asked: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    asked
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}
