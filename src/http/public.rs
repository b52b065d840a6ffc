//! Answers to readers: the same for everyone, so that caches on the way may keep them for a minute.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::json::sha256;
use super::{Answer, conditional};

/// How long caches may keep a public answer: a shared one for a minute, and for a day while we are away.
pub const CACHE_CONTROL: &str = "public, max-age=0, s-maxage=60, stale-if-error=86400";

/// Finished bytes with their tag, a hash of them; 304 when the reader has them already.
#[must_use]
pub fn public(req: &HttpRequest, media_type: &str, body: Bytes) -> Answer {
    let etag = etag(&body);
    tagged(req, media_type, body, &etag)
}

/// The strong tag of some bytes, with its quotes. Never a number, so that nobody takes it for a version.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    format!("\"r{}\"", BASE64_URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default()))
}

/// Finished bytes whose tag was made before.
#[must_use]
pub fn tagged(req: &HttpRequest, media_type: &str, body: Bytes, etag: &str) -> Answer {
    let answer = if conditional::has(req, etag) {
        Answer::no_content().status(StatusCode::NOT_MODIFIED)
    } else {
        Answer::bytes(media_type, body)
    };
    answer.header(header::ETAG, etag).header(header::CACHE_CONTROL, CACHE_CONTROL)
}

/// 301 to the same address with `to` where the path has `{parameter}`; whatever follows and the query are kept.
#[must_use]
pub fn moved(req: &HttpRequest, parameter: &str, to: &str) -> Answer {
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
    Answer::no_content()
        .status(StatusCode::MOVED_PERMANENTLY)
        .header(header::LOCATION, location)
        .header(header::CACHE_CONTROL, CACHE_CONTROL)
}
