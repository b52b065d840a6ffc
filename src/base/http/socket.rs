//! A client's socket as the HTTP protocol sees it. It bounds what a client that does not read can hold: the connection
//! is reset when the client has taken nothing for a while, and nothing more is read from it while a response waits.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::base::clock::Clock;

/// About how many bytes are read in one turn: actix parses all requests among them at once, however many.
const READ_AT_ONCE: usize = 4096;
/// How many bytes may wait in the system's buffer before a write blocks. It makes progress visible: otherwise the
/// system would take megabytes at a time, and a slow reader would look like one that does not read.
#[cfg(target_os = "linux")]
const MAX_UNSENT: u32 = 128 * 1024;

/// Whether a request that has no body is being answered, so that nothing needs to be read until then. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Answering(Rc<Cell<bool>>);

impl Answering {
    /// Says whether one is.
    pub fn set(&self, answering: bool) {
        self.0.set(answering);
    }
}

/// A client's socket.
pub struct Socket {
    stream: TcpStream,
    clock: Clock,
    patience: Duration,
    /// Ends when the client has taken nothing for `patience`. `None` while it takes what is written.
    deadline: Option<LocalBoxFuture<'static, ()>>,
    answering: Answering,
    /// The bytes read in this turn.
    read: usize,
    /// Whether a read waits for the next write.
    put_off: bool,
}

impl Socket {
    /// Wraps a socket. Its connection is reset when the client has taken nothing for `patience`.
    #[must_use]
    pub fn new(stream: TcpStream, clock: Clock, patience: Duration) -> Self {
        #[cfg(target_os = "linux")]
        if let Err(e) = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(MAX_UNSENT) {
            log::debug!("a socket's buffer cannot be bounded: {e}");
        }
        let answering = Answering::default();
        Self { stream, clock, patience, deadline: None, answering, read: 0, put_off: false }
    }

    /// What the handling of requests tells this socket.
    #[must_use]
    pub fn answering(&self) -> Answering {
        self.answering.clone()
    }

    /// Fails when the deadline of a blocked write has passed.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let deadline = self.deadline.get_or_insert_with(|| {
            let (clock, patience) = (self.clock.clone(), self.patience);
            async move { clock.sleep(patience).await }.boxed_local()
        });
        if deadline.poll_unpin(cx).is_pending() {
            return Poll::Pending;
        }
        // A reset discards what the system has buffered, which would otherwise wait for the client for minutes.
        self.stream.set_zero_linger()?;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.deadline.is_some() || self.answering.0.get() {
            self.put_off = true;
            return Poll::Pending;
        }
        if self.read >= READ_AT_ONCE {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let most = buf.remaining().min(READ_AT_ONCE);
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        let outcome = Pin::new(&mut self.stream).poll_read(cx, &mut part);
        let read = part.filled().len();
        buf.advance(read);
        self.read += read;
        outcome
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Ready(outcome) => {
                self.deadline = None;
                if std::mem::take(&mut self.put_off) {
                    cx.waker().wake_by_ref();
                }
                Poll::Ready(outcome)
            }
            Poll::Pending => self.wait(cx),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // actix does this once in each turn, unless a write is blocked.
        self.read = 0;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
