//! Reads JSON request bodies strictly, so that a mistake of the client is reported instead of ignored: with limits on
//! size and time, by the rules of [`crate::base::json`], and without U+0000. Types with `deny_unknown_fields` also refuse
//! unknown members.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt as _;
use ring::digest;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::connection::Connection;
use super::memory::{Arriving, SLICE};
use super::refusal::{Refusal, Untyped};
use crate::base::error::{Error, Result};
use crate::base::json;

/// The largest request body, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// How long a request body may take to arrive, so that a slow client does not occupy memory for long.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// The media types that a request body may have, and its size.
pub trait Media: 'static {
    /// The largest request body, in bytes.
    const MAX_BYTES: usize = MAX_BYTES;
    /// The media type named in the error.
    const WANTED: &'static str;
    /// Whether `essence`, the media type without parameters and in lower case, is accepted.
    fn takes(essence: &str) -> bool;
}

/// `application/json`.
#[derive(Debug)]
pub struct Plain;
impl Media for Plain {
    const WANTED: &'static str = "application/json";
    fn takes(essence: &str) -> bool {
        essence == "application/json"
    }
}

/// `application/json` where no access token is needed: at most 16 KiB, which no budget counts, so that strangers cannot use
/// it up.
#[derive(Debug)]
pub struct Small;
impl Media for Small {
    const MAX_BYTES: usize = SLICE;
    const WANTED: &'static str = Plain::WANTED;
    fn takes(essence: &str) -> bool {
        Plain::takes(essence)
    }
}

/// `application/merge-patch+json` (RFC 7396); `application/json` is accepted with the same meaning.
#[derive(Debug)]
pub struct Merge;
impl Media for Merge {
    const WANTED: &'static str = "application/merge-patch+json";
    fn takes(essence: &str) -> bool {
        essence == "application/merge-patch+json" || essence == "application/json"
    }
}

/// A strictly parsed request body, with the hash of its bytes.
#[derive(Debug)]
pub struct Json<T, M = Plain> {
    /// The parsed body.
    pub value: T,
    /// The SHA-256 of the received bytes, which distinguishes a retry from a different request with the same
    /// `Idempotency-Key`.
    pub fingerprint: [u8; 32],
    media: PhantomData<M>,
}

/// The request body of a `PATCH`.
pub type MergePatch<T> = Json<T, Merge>;

impl<T: DeserializeOwned + 'static, M: Media> FromRequest for Json<T, M> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let taken = M::takes(&req.content_type().to_ascii_lowercase());
        let body = read_body(req, payload, M::MAX_BYTES);
        Box::pin(async move {
            if !taken {
                return Err(Error::UnsupportedMediaType(M::WANTED));
            }
            let body = body.await?;
            Ok(Self { value: parse(&body)?, fingerprint: sha256(&body), media: PhantomData })
        })
    }
}

/// A strictly parsed request body of at most 16 KiB, or none.
#[derive(Debug)]
pub struct OptionalJson<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = req.content_type().to_ascii_lowercase();
        let body = read_body(req, payload, Small::MAX_BYTES);
        Box::pin(async move {
            let body = body.await?;
            if body.is_empty() {
                return Ok(Self(None));
            }
            if !Small::takes(&content_type) {
                return Err(Error::UnsupportedMediaType(Small::WANTED));
            }
            parse(&body).map(|value| Self(Some(value)))
        })
    }
}

/// Returns the SHA-256 hash of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Reads the whole request body, up to `limit` bytes.
///
/// # Errors
/// [`Error::TooLarge`] beyond `limit`, [`Error::UnsupportedMediaType`] for a body with `Content-Encoding`,
/// [`Error::Malformed`] with `body-too-slow` or `body-incomplete` if it does not arrive in time or the connection
/// breaks, and [`Error::Unavailable`] if there is no memory for large bodies left, or this one has held it longest.
pub fn read_body(
    req: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> impl Future<Output = Result<Bytes>> + 'static {
    let announced: Option<usize> =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let encoded = req.headers().contains_key(header::CONTENT_ENCODING);
    let (mut payload, connection, mut arriving) =
        (payload.take(), req.conn_data::<Connection>().cloned(), Arriving::new(req));
    async move {
        let reading = connection.as_ref().map(Connection::reading);
        if encoded {
            return Err(Error::UnsupportedMediaType("a body without Content-Encoding"));
        }
        if announced.is_some_and(|length| length > limit) {
            return Err(Error::TooLarge(limit as u64));
        }
        let mut body = BytesMut::new();
        let deadline = tokio::time::Instant::now() + BODY_DEADLINE;
        loop {
            let next = poll_fn(|cx| {
                if arriving.is_cut_off(cx) {
                    Poll::Ready(Err(Error::unavailable("the memory of a request body is needed for others")))
                } else {
                    payload.poll_next_unpin(cx).map(Ok)
                }
            });
            let chunk = tokio::time::timeout_at(deadline, next).await.map_err(|_| {
                Error::malformed("", "body-too-slow", "The request body did not arrive within 30 seconds.")
            })?;
            let Some(chunk) = chunk? else { break };
            let chunk = chunk.map_err(|_| body_incomplete())?;
            if body.len() + chunk.len() > limit {
                return Err(Error::TooLarge(limit as u64));
            }
            arriving.grow(body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        if let Some(reading) = reading {
            reading.finish();
        }
        Ok(body.freeze())
    }
}

/// The refusal of a request body that does not arrive in full.
#[must_use]
pub fn body_incomplete() -> Error {
    Error::malformed("", "body-incomplete", "The request body is incomplete.")
}

/// Parses JSON into `T` by the rules of [`crate::base::json`].
///
/// # Errors
/// [`Error::Malformed`] with `json-malformed` for a syntax error or a broken rule; [`Error::Invalid`] for U+0000
/// (`text-contains-nul`) and as [`from_value`].
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let value = json::parse(bytes).map_err(|e| Error::malformed("", "json-malformed", json::describe(&e)))?;
    if let Some(pointer) = json::find_nul(&value) {
        return Err(Error::invalid(pointer, "text-contains-nul", "Must not contain U+0000."));
    }
    from_value(value)
}

/// Converts a JSON object into `T`.
///
/// # Errors
/// [`Error::Invalid`] with `field-unknown`, `field-missing`, `value-unknown` or `type-mismatch`, at the member's JSON
/// pointer.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    if !value.is_object() {
        return Err(Error::invalid("", "type-mismatch", "Must be an object."));
    }
    serde_path_to_error::deserialize(Untyped(value)).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            use serde_path_to_error::Segment;
            match segment {
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Map { key } | Segment::Enum { variant: key } => json::push_key(&mut pointer, key),
                Segment::Unknown => {}
            }
        }
        let Refusal { code, detail } = error.into_inner();
        Error::invalid(pointer, code, detail)
    })
}

/// A member of a merge patch that `null` resets: `None` if it is absent, `Some(None)` if it is `null`.
pub type Clearable<T> = Option<Option<T>>;

/// Distinguishes a member that is `null` from one that is absent. For optional members of a merge patch, with
/// `#[serde(default, deserialize_with = "present")]`.
///
/// # Errors
/// Those of `T`.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
