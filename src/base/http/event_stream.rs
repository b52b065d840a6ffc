//! Server-sent events: a response that goes on until the client or the server ends it. It holds no more than what is being
//! sent, and proxies are told to pass each event on at once.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::Stream;

use super::connection::Connection;
use super::memory::SLICE;
use super::sliced::HoldsLittle;

/// The media type of server-sent events.
pub const MEDIA_TYPE: &str = "text/event-stream";
/// nginx buffers a response unless this header says `no`.
static BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A 200 response of server-sent events.
pub struct EventStream(Pin<Box<dyn Stream<Item = Bytes>>>);

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

impl EventStream {
    /// Creates a response of events in their final form. What is longer than a slice has to be counted by its owner.
    #[must_use]
    pub fn new(events: impl Stream<Item = Bytes> + 'static) -> Self {
        Self(Box::pin(events))
    }
}

/// The events of a response, in slices.
struct Events {
    coming: Pin<Box<dyn Stream<Item = Bytes>>>,
    /// What is left of the last event.
    left: Bytes,
    connection: Option<Connection>,
}

impl Responder for EventStream {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let connection = req.conn_data::<Connection>().cloned();
        let mut response = HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
            .insert_header((BUFFERING.clone(), "no"))
            .body(Events { coming: self.0, left: Bytes::new(), connection });
        response.extensions_mut().insert(HoldsLittle);
        response
    }
}

impl MessageBody for Events {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    /// Ends when the client has ended its side: it sends no other request, and its place is free at once.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.connection.as_ref().is_some_and(Connection::has_ended) {
            return Poll::Ready(None);
        }
        while self.left.is_empty() {
            match self.coming.as_mut().poll_next(cx) {
                Poll::Ready(Some(event)) => self.left = event,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        let size = self.left.len().min(SLICE);
        Poll::Ready(Some(Ok(self.left.split_to(size))))
    }
}
