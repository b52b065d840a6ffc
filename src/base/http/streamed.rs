//! A response whose body is produced while it is sent, for exports too large for memory. It cannot be stored for an
//! `Idempotency-Key`. An error after the start closes the connection, so that the client does not take the truncated
//! file for a complete one.

use std::pin::Pin;

use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::{Stream, StreamExt as _};

use crate::base::error::{Error, Result};

/// A 200 response with a file that is streamed.
pub struct Streamed {
    media_type: &'static str,
    file_name: String,
    body: Pin<Box<dyn Stream<Item = Result<Bytes>>>>,
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streamed").field("file_name", &self.file_name).finish_non_exhaustive()
    }
}

impl Streamed {
    /// Creates a response that browsers save as `file_name`, which may contain only letters, digits, hyphens and dots:
    /// it is not escaped.
    #[must_use]
    pub fn file(
        media_type: &'static str,
        file_name: String,
        body: impl Stream<Item = Result<Bytes>> + 'static,
    ) -> Self {
        Self { media_type, file_name, body: Box::pin(body) }
    }
}

impl Responder for Streamed {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let path = req.path().to_owned();
        let body = self.body.inspect(move |piece| {
            if let Err(Error::Internal(why) | Error::Unavailable(why) | Error::NoSpace(why)) = piece {
                log::error!("{path} breaks off: {why}");
            }
        });
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, self.media_type))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{}\"", self.file_name),
            ))
            .body(BodyStream::new(body))
    }
}
