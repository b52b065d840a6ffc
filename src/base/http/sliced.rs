//! Large response bodies. They leave in slices, because actix copies each chunk into the connection's buffer, and they are
//! counted as the client's until they have left.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::connection::{Busy, Connection};
use super::cut_off::Sent;
use super::memory::{Memory, SLICE, Share};
use super::network_shares::NetworkShare;
use crate::base::error::Result;

/// What a streamed body may hold at a time, in bytes.
pub const STREAM: usize = 1024 * 1024;

/// A body that is not sent.
struct Unsent(BodySize);

/// A body that leaves in slices.
struct Sliced {
    body: BoxBody,
    /// What is left of the last chunk of `body`.
    chunk: Bytes,
    /// The memory of a streamed body.
    _memory: Option<Share>,
    _share: NetworkShare,
    /// That it uses the budget, so that its connection can be cut off.
    _sent: Option<Sent>,
    _busy: Option<Busy>,
}

/// Returns the body for the client of a request. Copies of `bytes` in other responses share the memory.
///
/// # Errors
/// As [`Memory::charge`].
pub fn sliced(memory: &Memory, req: &HttpRequest, bytes: Bytes) -> Result<BoxBody> {
    if bytes.len() <= SLICE {
        return Ok(BoxBody::new(bytes));
    }
    let share = memory.charge(req, bytes.len(), Some(&bytes))?;
    Ok(Sliced::using_budget(BoxBody::new(bytes), None, share, memory, req))
}

/// Returns a body that stays in memory whoever reads it, so that nothing is gained by cutting its reader off.
///
/// # Errors
/// As [`Memory::charge`].
pub fn resident(memory: &Memory, req: &HttpRequest, bytes: Bytes) -> Result<BoxBody> {
    if bytes.len() <= SLICE {
        return Ok(BoxBody::new(bytes));
    }
    let share = memory.charge(req, bytes.len(), Some(&bytes))?;
    let busy = req.conn_data::<Connection>().map(Connection::busy);
    Ok(Sliced::boxed(BoxBody::new(bytes), None, share, None, busy))
}

/// Makes a response's body leave in slices, and counts it, if it is large or streamed. [`sliced`] bodies stay as they are.
///
/// # Errors
/// As [`Memory::take`] and [`Memory::charge`].
pub fn send(memory: &Memory, req: &HttpRequest, response: HttpResponse) -> Result<HttpResponse> {
    match response.body().size() {
        BodySize::Sized(size) if size > SLICE as u64 => {
            let (response, body) = response.into_parts();
            let body = match body.try_into_bytes() {
                Ok(bytes) => sliced(memory, req, memory.hold(bytes)?)?,
                Err(sliced) => sliced,
            };
            Ok(response.set_body(body))
        }
        BodySize::Stream => {
            let (held, share) = (memory.take(STREAM)?, memory.charge(req, STREAM, None)?);
            Ok(response.map_body(|_, body| Sliced::using_budget(body, Some(held), share, memory, req)))
        }
        _ => Ok(response),
    }
}

/// A body that is not sent, of the size that it would have: the response to `HEAD`. Nothing produces it.
#[must_use]
pub fn unsent(size: BodySize) -> BoxBody {
    BoxBody::new(Unsent(size))
}

impl Sliced {
    fn using_budget(
        body: BoxBody,
        held: Option<Share>,
        share: NetworkShare,
        memory: &Memory,
        req: &HttpRequest,
    ) -> BoxBody {
        let (sent, cut_off) = memory.sending.begin();
        let busy = req.conn_data::<Connection>().map(|connection| connection.sends(cut_off));
        Self::boxed(body, held, share, Some(sent), busy)
    }

    fn boxed(
        body: BoxBody,
        held: Option<Share>,
        share: NetworkShare,
        sent: Option<Sent>,
        busy: Option<Busy>,
    ) -> BoxBody {
        let chunk = Bytes::new();
        BoxBody::new(Self { body, chunk, _memory: held, _share: share, _sent: sent, _busy: busy })
    }
}

impl MessageBody for Sliced {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        while self.chunk.is_empty() {
            match self.body.as_pin_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => self.chunk = chunk,
                other => return other,
            }
        }
        let size = self.chunk.len().min(SLICE);
        Poll::Ready(Some(Ok(self.chunk.split_to(size))))
    }
}

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}
