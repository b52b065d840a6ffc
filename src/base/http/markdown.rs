//! Reads a request body that is a whole Markdown document, for operations that accept one instead of JSON.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::json::{MAX_BYTES, read_body};
use crate::base::error::{Error, Result};

/// A Markdown request body: UTF-8 without U+0000, which PostgreSQL's `text` cannot store.
#[derive(Debug)]
pub struct Markdown(pub String);

impl FromRequest for Markdown {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = req.content_type().to_ascii_lowercase();
        let body = read_body(req, payload, MAX_BYTES);
        Box::pin(async move {
            if !matches!(media.as_str(), "text/markdown" | "text/plain") {
                return Err(Error::UnsupportedMediaType("text/markdown"));
            }
            let text = String::from_utf8(body.await?.into())
                .map_err(|_| Error::malformed("", "body-not-utf-8", "The request body must be UTF-8."))?;
            if text.contains('\0') {
                return Err(Error::invalid("", "text-contains-nul", "Must not contain U+0000."));
            }
            Ok(Self(text))
        })
    }
}
