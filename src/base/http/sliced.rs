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
use super::cut_off::{Keeper, Transfer};
use super::memory::{Memory, SLICE, Share};
use super::network_shares::NetworkShare;
use crate::base::error::Result;

/// What a streamed body may hold at a time, in bytes.
pub const STREAM: usize = 1024 * 1024;

/// Says of a response that its streamed body holds no more than a slice, so that it is not counted.
#[derive(Debug, Clone, Copy)]
pub struct HoldsLittle;

/// A body that is not sent.
struct Unsent(BodySize);

/// A body that leaves in slices.
struct Sliced {
    body: BoxBody,
    /// What is left of the last chunk of `body`.
    chunk: Bytes,
    _share: NetworkShare,
    /// The memory of a body that is no other response's.
    _memory: Option<Share>,
    /// Dropped after what it holds.
    _transfer: Option<Transfer>,
    _busy: Option<Busy>,
}

/// Returns a body for the client of a request. Copies of `bytes` in other responses share the memory; as long as `keeper`
/// exists, nobody is cut off to free it.
///
/// # Errors
/// As [`Memory::charge`].
pub fn sliced(memory: &Memory, req: &HttpRequest, bytes: Bytes, keeper: Keeper) -> Result<BoxBody> {
    shared(memory, req, bytes, || Some(memory.transfers.begin_of(keeper)))
}

/// Returns a body that stays in memory whoever reads it, so that its reader is never cut off to free it.
///
/// # Errors
/// As [`Memory::charge`].
pub fn resident(memory: &Memory, req: &HttpRequest, bytes: Bytes) -> Result<BoxBody> {
    shared(memory, req, bytes, || None)
}

fn shared(
    memory: &Memory,
    req: &HttpRequest,
    bytes: Bytes,
    transfer: impl FnOnce() -> Option<Transfer>,
) -> Result<BoxBody> {
    if bytes.len() <= SLICE {
        return Ok(BoxBody::new(bytes));
    }
    let share = memory.charge(req, bytes.len(), Some(&bytes))?;
    Ok(Sliced::boxed(req, BoxBody::new(bytes), share, None, transfer()))
}

/// Makes a response's body leave in slices, and counts it, if it is large or streamed. Bodies that do so already stay as
/// they are.
///
/// # Errors
/// As [`Memory::take_for`].
pub fn send(memory: &Memory, req: &HttpRequest, response: HttpResponse) -> Result<HttpResponse> {
    let holds_little = response.extensions().get::<HoldsLittle>().is_some();
    let (response, body) = response.into_parts();
    let body = match body.size() {
        BodySize::Stream if holds_little => body,
        BodySize::Sized(size) if size > SLICE as u64 => match body.try_into_bytes() {
            Ok(bytes) => owned(memory, req, bytes.len(), BoxBody::new(bytes))?,
            Err(sliced) => sliced,
        },
        BodySize::Stream => owned(memory, req, STREAM, body)?,
        _ => body,
    };
    Ok(response.set_body(body))
}

/// A body that takes that many bytes for this response alone.
fn owned(memory: &Memory, req: &HttpRequest, bytes: usize, body: BoxBody) -> Result<BoxBody> {
    let (share, held) = memory.take_for(req, bytes)?;
    Ok(Sliced::boxed(req, body, share, Some(held), Some(memory.transfers.begin())))
}

/// A body that is not sent, of the size that it would have: the response to `HEAD`. Nothing produces it.
#[must_use]
pub fn unsent(size: BodySize) -> BoxBody {
    BoxBody::new(Unsent(size))
}

impl Sliced {
    fn boxed(
        req: &HttpRequest,
        body: BoxBody,
        share: NetworkShare,
        memory: Option<Share>,
        transfer: Option<Transfer>,
    ) -> BoxBody {
        let busy = req.conn_data::<Connection>().map(|connection| match &transfer {
            Some(transfer) => connection.sends(transfer),
            None => connection.busy(),
        });
        let chunk = Bytes::new();
        BoxBody::new(Self { body, chunk, _share: share, _memory: memory, _transfer: transfer, _busy: busy })
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
