//! Conditional requests (RFC 9110, section 13). `If-Match` protects a draft against lost updates; `If-None-Match`
//! avoids sending a body that the client already has.

use actix_web::http::header::{self, HeaderMap};
use utoipa::IntoParams;

use super::lists;
use crate::base::error::{Error, Result};

/// The header that names a version, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what IfMatch reads")]
pub struct IfMatchHeader {
    /// The version seen, as in `"7"`, or `*`.
    #[param(rename = "If-Match", min_length = 1, max_length = 40, pattern = r#"^(\*|(W/)?"[0-9]{1,18}")$"#)]
    if_match: String,
}

/// What proxies append to an entity tag when they compress.
const CODINGS: [&str; 4] = ["-gzip", "-br", "-zstd", "-deflate"];

/// A parsed `If-Match` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// The version the client has seen.
    Version(i64),
    /// `*`: the write applies to any version.
    Any,
}

impl IfMatch {
    /// Parses the header, if the request has it.
    ///
    /// # Errors
    /// As [`IfMatch::parse`].
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>> {
        headers.get(header::IF_MATCH).map(|value| Self::parse(value.to_str().unwrap_or_default())).transpose()
    }

    /// Parses the header's value.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] with `if-match-malformed` if it is neither `*` nor the `ETag` of a draft.
    pub fn parse(value: &str) -> Result<Self> {
        let value = value.trim();
        if value == "*" {
            return Ok(Self::Any);
        }
        // Proxies that compress turn a strong tag into a weak one, or append the name of the coding, as Apache does. The
        // version in it is the same.
        let strong = value.strip_prefix("W/").unwrap_or(value);
        let tag = strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let number = tag.map(|tag| CODINGS.iter().find_map(|coding| tag.strip_suffix(coding)).unwrap_or(tag));
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
        ))
    }
}

/// Whether `If-None-Match` contains this entity tag (quotes included) or `*`. The comparison is weak, as RFC 9110
/// requires for `If-None-Match`.
#[must_use]
pub fn has(asked: &HeaderMap, etag: &str) -> bool {
    lists::items(asked, &header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
