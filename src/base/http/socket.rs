//! A client's socket as the HTTP protocol sees it. It bounds what a client can hold by being slow: a connection ends when
//! its client does not take a response, or does not finish a request that it has begun, and nothing is read from it while
//! a response waits.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Buf as _, Bytes};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::admission::Admitted;
use super::connection::Connection;
use super::request_id::REQUEST_ID;
use crate::base::clock::Clock;

/// How long a request may take from its first byte until it is handled, and the end of a request body that nobody reads.
/// actix itself bounds only the first request of a connection.
pub const REQUEST: Duration = Duration::from_secs(10);
/// How many bytes a second a client has to take of a response on average, once its patience is used up.
pub const MIN_RATE: u64 = 8 * 1024;
/// How many bytes the head of a request may have, about: actix itself would take 128 KiB of each connection.
const MAX_HEAD: usize = 32 * 1024;
/// About how many bytes are read in one turn: actix parses all requests among them at once, however many.
const READ_AT_ONCE: usize = 4096;
/// How many bytes may wait in the system's buffer before a write blocks. It makes progress visible: otherwise the
/// system would take megabytes at a time, and a slow reader would look like one that does not read.
#[cfg(target_os = "linux")]
const MAX_UNSENT: u32 = 128 * 1024;

/// Makes the response to what is no HTTP request, from the status that actix gives it.
pub type Refuse = Rc<dyn Fn(StatusCode) -> Vec<u8>>;

/// Ends when a time has passed.
type Deadline = LocalBoxFuture<'static, ()>;

/// A client's socket.
pub struct Socket {
    stream: TcpStream,
    clock: Clock,
    connection: Connection,
    _admitted: Admitted,
    refuse: Refuse,
    /// What is left of the response that is sent instead of actix's own.
    instead: Option<Bytes>,
    patience: Duration,
    /// For how long the client may still keep writes waiting: at most `patience`. It grows with what the client takes.
    allowance: Duration,
    /// Since when a write has been waiting, and until when it may.
    blocked: Option<(Duration, Deadline)>,
    /// Until when a request that has begun to arrive may do so.
    arrival: Option<Deadline>,
    /// Whether it has not.
    late: bool,
    /// Whether the head of one is too large.
    too_large: bool,
    /// The bytes read in this turn.
    read: usize,
    /// Whether a read waits for a write or for the end of a request.
    put_off: bool,
}

impl Socket {
    /// Wraps a socket. Its connection is reset when the client keeps a response waiting for `patience` and for longer than
    /// [`MIN_RATE`] allows.
    #[must_use]
    pub fn new(
        stream: TcpStream,
        admitted: Admitted,
        clock: Clock,
        patience: Duration,
        refuse: Refuse,
    ) -> Self {
        // Nagle's algorithm would hold back the end of a response of several slices until the client has acknowledged
        // the one before, which clients do 40 ms later.
        if let Err(e) = stream.set_nodelay(true) {
            log::debug!("TCP_NODELAY cannot be set: {e}");
        }
        #[cfg(target_os = "linux")]
        if let Err(e) = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(MAX_UNSENT) {
            log::debug!("a socket's buffer cannot be bounded: {e}");
        }
        Self {
            stream,
            clock,
            connection: Connection::default(),
            _admitted: admitted,
            refuse,
            instead: None,
            patience,
            allowance: patience,
            blocked: None,
            arrival: None,
            late: false,
            too_large: false,
            read: 0,
            put_off: false,
        }
    }

    /// What the handling of requests tells this socket.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }

    fn after(&self, wait: Duration) -> Deadline {
        let clock = self.clock.clone();
        async move { clock.sleep(wait).await }.boxed_local()
    }

    fn write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Ready(outcome) => {
                self.took(*outcome.as_ref().unwrap_or(&0));
                Poll::Ready(outcome)
            }
            Poll::Pending => self.wait(cx),
        }
    }

    /// Fails when a blocked write has used up the allowance, or its memory is needed for others.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let waiting = self.blocked.take();
        let (since, mut deadline) =
            waiting.unwrap_or_else(|| (self.clock.ticks(), self.after(self.allowance)));
        if deadline.poll_unpin(cx).is_pending() && !self.connection.is_cut_off(cx) {
            self.blocked = Some((since, deadline));
            return Poll::Pending;
        }
        // A reset discards what the system has buffered, which would otherwise wait for the client for minutes.
        self.stream.set_zero_linger()?;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }

    /// Counts what the client has taken, and how long it has kept a write waiting.
    fn took(&mut self, bytes: usize) {
        if let Some((since, _)) = self.blocked.take() {
            self.allowance = self.allowance.saturating_sub(self.clock.ticks().saturating_sub(since));
        }
        if self.allowance < self.patience {
            let earned = Duration::from_micros(bytes as u64 * 1_000_000 / MIN_RATE);
            self.allowance = (self.allowance + earned).min(self.patience);
        }
    }

    /// Watches over a request that has begun to arrive.
    fn watch(&mut self, cx: &mut Context<'_>) {
        if !self.connection.awaits_request() {
            self.arrival = None;
        } else if !self.late {
            let mut arrival = self.arrival.take().unwrap_or_else(|| self.after(REQUEST));
            if arrival.poll_unpin(cx).is_ready() {
                self.late = true;
                cx.waker().wake_by_ref();
            } else {
                self.arrival = Some(arrival);
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.blocked.is_some() || self.connection.is_paused() {
            self.put_off = true;
            return Poll::Pending;
        }
        if self.arrival.is_some() {
            self.watch(cx);
        }
        if self.late {
            // To actix the client has ended its side, so the connection is closed in the usual way.
            self.connection.end();
            return Poll::Ready(Ok(()));
        }
        if !self.too_large && self.connection.head() > MAX_HEAD {
            self.too_large = true;
            // No head may have it, so actix refuses this one at once.
            buf.put_slice(b"\0");
            return Poll::Ready(Ok(()));
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
        if read > 0 {
            self.connection.received(read);
        } else if outcome.is_ready() {
            self.connection.end();
        }
        outcome
    }
}

/// The status of actix's own response to what it could not parse: a head without anything that every other response has.
fn unparsed(head: &[u8]) -> Option<StatusCode> {
    const MAX_HEAD: usize = 300;
    if head.len() > MAX_HEAD {
        return None;
    }
    let head = std::str::from_utf8(head).ok()?;
    let status = head.strip_prefix("HTTP/1.1 ").filter(|_| head.ends_with("\r\n\r\n"))?.get(..3)?;
    let is_bare = head.contains("content-length: 0\r\n") && !head.contains(REQUEST_ID.as_str());
    status.parse().ok().filter(|status: &StatusCode| is_bare && status.is_client_error())
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() && self.connection.awaits_request() {
            let too_large = self.too_large.then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
            self.instead = unparsed(buf).map(|status| (self.refuse)(too_large.unwrap_or(status)).into());
        }
        let Some(mut instead) = self.instead.take() else { return self.write(cx, buf) };
        while !instead.is_empty() {
            match self.write(cx, &instead) {
                Poll::Ready(Ok(written)) => instead.advance(written),
                other => {
                    self.instead = Some(instead);
                    return other;
                }
            }
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // actix does this at the end of each turn, unless a write is blocked.
        self.read = 0;
        self.watch(cx);
        if self.put_off && !self.connection.is_paused() {
            self.put_off = false;
            cx.waker().wake_by_ref();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
