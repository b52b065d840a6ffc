//! Large response bodies. They leave in slices, because actix copies each chunk into the connection's buffer, and the
//! memory of all of them together has a budget, because a client may take as long as it likes to read one.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::error::{Error, Result};

/// Bodies up to this size, in bytes, leave in one piece and are not counted.
const SMALL: usize = 64 * 1024;
/// The size of a slice, in bytes, and of what actix buffers of a response before it waits for the client.
pub const SLICE: usize = 16 * 1024;
/// What a streamed body may hold at a time, in bytes.
pub const STREAM: usize = 1024 * 1024;
/// The unit of the budget, in bytes.
const UNIT: usize = 1024;

/// The memory for large bodies. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub struct Outgoing {
    left: Arc<Semaphore>,
}

/// A body that is counted until its last copy is gone.
struct Held {
    body: Bytes,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// A body that is not sent.
struct Unsent(BodySize);

/// A body that leaves in slices.
struct Sliced {
    body: BoxBody,
    /// What is left of the last chunk of `body`.
    chunk: Bytes,
    /// The share of a streamed body.
    _share: Option<OwnedSemaphorePermit>,
}

impl Outgoing {
    /// Creates a budget of that many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { left: Arc::new(Semaphore::new(bytes / UNIT)) }
    }

    /// Counts a body, if it is large, for as long as any copy of it exists.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the budget is used up.
    pub fn hold(&self, body: Bytes) -> Result<Bytes> {
        if body.len() <= SMALL {
            return Ok(body);
        }
        let share = self.take(body.len())?;
        Ok(Bytes::from_owner(Held { body, _share: share }))
    }

    /// Makes a response's body leave in slices, and counts it, if it is large or streamed. [`sliced`] bodies stay as they
    /// are.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the budget is used up.
    pub fn send(&self, response: HttpResponse) -> Result<HttpResponse> {
        match response.body().size() {
            BodySize::Sized(size) if size > SMALL as u64 => {
                let (response, body) = response.into_parts();
                let body = match body.try_into_bytes() {
                    Ok(bytes) => sliced(self.hold(bytes)?),
                    Err(sliced) => sliced,
                };
                Ok(response.set_body(body))
            }
            BodySize::Stream => {
                let share = self.take(STREAM)?;
                Ok(response.map_body(|_, body| Sliced::boxed(body, Some(share))))
            }
            _ => Ok(response),
        }
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let share = self.left.clone().try_acquire_many_owned(units);
        share.map_err(|_| Error::unavailable("the memory for large responses is used up"))
    }
}

/// A body that shares its bytes with whoever else has them, and leaves in slices if it is large.
#[must_use]
pub fn sliced(body: Bytes) -> BoxBody {
    if body.len() <= SMALL { BoxBody::new(body) } else { Sliced::boxed(BoxBody::new(body), None) }
}

/// A body that is not sent, of the size that it would have: the response to `HEAD`. Nothing produces it.
#[must_use]
pub fn unsent(size: BodySize) -> BoxBody {
    BoxBody::new(Unsent(size))
}

impl Sliced {
    fn boxed(body: BoxBody, share: Option<OwnedSemaphorePermit>) -> BoxBody {
        BoxBody::new(Self { body, chunk: Bytes::new(), _share: share })
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
