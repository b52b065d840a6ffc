//! Reads JSON request bodies strictly, so that a mistake of the client is reported instead of ignored: with limits on
//! size, time and depth, and without duplicate members or U+0000. Types with `deny_unknown_fields` also refuse unknown
//! members.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt as _;
use ring::digest;
use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::base::error::{Error, Result};

/// The largest request body, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// How long a request body may take to arrive, so that a slow client does not occupy memory for long.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// How deep JSON may be nested. Values are parsed recursively, so this bounds the stack.
const MAX_DEPTH: usize = 64;

/// The media types that a request body may have.
pub trait Media: 'static {
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
        let body = read_body(req, payload, MAX_BYTES);
        Box::pin(async move {
            if !taken {
                return Err(Error::UnsupportedMediaType(M::WANTED));
            }
            let body = body.await?;
            Ok(Self { value: parse(&body)?, fingerprint: sha256(&body), media: PhantomData })
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
/// [`Error::TooLarge`] beyond `limit`, [`Error::UnsupportedMediaType`] for a body with `Content-Encoding`, and
/// [`Error::Malformed`] with `body-too-slow` or `body-incomplete` if it does not arrive in time or the connection
/// breaks.
pub fn read_body(
    req: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> impl Future<Output = Result<Bytes>> + 'static {
    let announced: Option<usize> =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let encoded = req.headers().contains_key(header::CONTENT_ENCODING);
    let mut payload = payload.take();
    async move {
        if encoded {
            return Err(Error::UnsupportedMediaType("a body without Content-Encoding"));
        }
        if announced.is_some_and(|length| length > limit) {
            return Err(Error::TooLarge(limit as u64));
        }
        let mut body = BytesMut::new();
        let deadline = tokio::time::Instant::now() + BODY_DEADLINE;
        while let Some(chunk) = tokio::time::timeout_at(deadline, payload.next()).await.map_err(|_| {
            Error::malformed("", "body-too-slow", "The request body did not arrive within 30 seconds.")
        })? {
            let chunk = chunk.map_err(|e| Error::malformed("", "body-incomplete", e.to_string()))?;
            if body.len() + chunk.len() > limit {
                return Err(Error::TooLarge(limit as u64));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// Parses JSON strictly into `T`.
///
/// # Errors
/// [`Error::Malformed`] with `json-malformed` for a syntax error, a duplicate member or too deep nesting;
/// [`Error::Invalid`] for U+0000 (`text-contains-nul`) and as [`from_value`].
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|e| Error::malformed("", "json-malformed", e.to_string()))?;
    if let Some(pointer) = find_nul(&value) {
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
        // Serde also reads a struct from an array, by position.
        return Err(Error::invalid("", "type-mismatch", "Must be an object."));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            use serde_path_to_error::Segment;
            match segment {
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Map { key } | Segment::Enum { variant: key } => push_key(&mut pointer, key),
                Segment::Unknown => {}
            }
        }
        let detail = error.into_inner().to_string();
        let code = if detail.starts_with("unknown field") {
            "field-unknown"
        } else if detail.starts_with("missing field") {
            "field-missing"
        } else if detail.starts_with("unknown variant") {
            "value-unknown"
        } else {
            "type-mismatch"
        };
        Error::invalid(pointer, code, detail)
    })
}

fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// Returns the JSON pointer of the first string or member name with U+0000, which PostgreSQL's `text` cannot store.
#[must_use]
pub fn find_nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| find_nul(item).map(|rest| format!("/{at}{rest}")))
        }
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let rest = if key.contains('\0') { Some(String::new()) } else { find_nul(member) };
            rest.map(|rest| {
                let mut pointer = String::new();
                push_key(&mut pointer, &key.replace('\0', "\u{fffd}"));
                pointer + &rest
            })
        }),
        _ => None,
    }
}

/// Parses any JSON value, but refuses duplicate members and nesting deeper than [`MAX_DEPTH`].
struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(serde::de::Error::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict { depth: self.depth + 1 })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict { depth: self.depth + 1 })?;
            if members.contains_key(&key) {
                return Err(serde::de::Error::custom(format_args!("the member {key:?} comes twice")));
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

/// A member of a merge patch that `null` resets: `None` if it is absent, `Some(None)` if it is `null`.
pub type Clearable<T> = Option<Option<T>>;

/// Applies a merge patch to an object (RFC 7396): objects are merged recursively, and `null` removes a member.
pub fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(patch) => {
                let member = target.entry(name.clone()).or_insert(Value::Null);
                let mut merged = member.as_object().cloned().unwrap_or_default();
                merge(&mut merged, patch);
                *member = merged.into();
            }
            value => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

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
