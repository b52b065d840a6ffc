//! Reads form bodies of the HTML pages: urlencoded as browsers send them, or multipart as mail services may send a
//! one-click unsubscribe (RFC 8058). Unknown fields are ignored, because browser extensions and mail services add their
//! own.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::stream;

use super::json::read_body;
use super::memory::SLICE;
use crate::base::error::{Error, Result};

/// The largest form body, in bytes: strangers send forms, so no budget counts them.
const MAX_BYTES: usize = SLICE;
/// How many fields of a form are read; the others are ignored. The pages of subscribers have a field for each of 100 topics
/// and few others.
const MAX_FIELDS: usize = 200;

/// The fields of a form, in the order of the request body. `Debug` shows their names only, because some are passwords.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Form {
    /// Returns the first field of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns every field of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Parses an urlencoded form.
    #[must_use]
    pub fn urlencoded(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().take(MAX_FIELDS).collect())
    }

    /// Returns the first field of that name, unless it is blank.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|value| !value.trim().is_empty())
    }
}

impl FromRequest for Form {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let essence = req.content_type().to_ascii_lowercase();
        let whole = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = whole.and_then(|value| multer::parse_boundary(value).ok());
        let body = read_body(req, payload, MAX_BYTES);
        Box::pin(async move {
            let body = body.await?;
            match (essence.as_str(), boundary) {
                _ if body.is_empty() => Ok(Self::default()),
                ("application/x-www-form-urlencoded", _) => Ok(Self::urlencoded(&body)),
                ("multipart/form-data", Some(boundary)) => multipart(body, boundary).await,
                _ => Err(Error::UnsupportedMediaType(
                    "application/x-www-form-urlencoded or multipart/form-data",
                )),
            }
        })
    }
}

async fn multipart(body: Bytes, boundary: String) -> Result<Form> {
    let malformed = |_: multer::Error| Error::malformed("", "form-malformed", "Must be multipart/form-data.");
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut parts = multer::Multipart::new(whole, boundary);
    let mut fields = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.map_err(malformed)?;
        if fields.len() < MAX_FIELDS {
            fields.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
    }
    Ok(Form(fields))
}
