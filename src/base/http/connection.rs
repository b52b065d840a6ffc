//! What a client's socket knows of the requests that are handled: nothing is read from it meanwhile, unless a handler reads
//! the request body, and a request that begins to arrive is recognised by coming when none is handled.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use super::cut_off::{Ongoing, Transfer};

/// The state of a connection. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Connection(Rc<State>);

#[derive(Debug, Default)]
struct State {
    /// The requests that are handled, and the large responses that are sent.
    busy: Cell<usize>,
    /// The handlers that read a request body.
    reading: Cell<usize>,
    /// Whether the request body has been read to its end.
    read: Cell<bool>,
    /// How many bytes have come that belong to no request yet.
    head: Cell<usize>,
    /// Whether the end of a request body arrives that nobody reads.
    drains: Cell<bool>,
    /// Whether the client has ended its side.
    ended: Cell<bool>,
    /// The large response that is sent.
    sent: RefCell<Option<Arc<Ongoing>>>,
}

/// A request is handled, or a large response is sent, until this is dropped.
#[derive(Debug)]
pub struct Busy {
    connection: Connection,
    /// The large response.
    sent: Option<Arc<Ongoing>>,
}

/// A request body is read until this is dropped.
#[derive(Debug)]
pub struct Reading(Connection);

impl Connection {
    /// Says that a request is handled, or its response sent.
    #[must_use]
    pub fn busy(&self) -> Busy {
        self.0.busy.update(|count| count + 1);
        self.0.drains.set(false);
        self.0.head.set(0);
        Busy { connection: self.clone(), sent: None }
    }

    /// Says that a large response is sent, which may be cut off.
    #[must_use]
    pub fn sends(&self, transfer: &Transfer) -> Busy {
        self.0.sent.replace(Some(transfer.ongoing.clone()));
        let mut busy = self.busy();
        busy.sent = Some(transfer.ongoing.clone());
        busy
    }

    /// Whether the connection is to be cut off while a large response is sent.
    #[must_use]
    pub fn is_cut_off(&self, cx: &Context<'_>) -> bool {
        self.0.sent.borrow().as_ref().is_some_and(|sent| sent.is_cut_off(cx))
    }

    /// Says that the request body is read.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.0.reading.update(|count| count + 1);
        Reading(self.clone())
    }

    /// Says that bytes have come.
    pub fn received(&self, bytes: usize) {
        self.0.head.update(|head| head + bytes);
    }

    /// Whether the request body has been read to its end; the next one has not.
    #[must_use]
    pub fn take_read(&self) -> bool {
        self.0.read.take()
    }

    /// Says that the rest of the request body that is handled will be read by nobody.
    pub fn drains(&self) {
        self.0.drains.set(true);
    }

    /// How many bytes have come of the head of a request that is not handled yet.
    #[must_use]
    pub fn head(&self) -> usize {
        if self.0.busy.get() > 0 || self.0.drains.get() { 0 } else { self.0.head.get() }
    }

    /// Says that the client has ended its side.
    pub fn end(&self) {
        self.0.ended.set(true);
    }

    /// Whether the client has ended its side.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.ended.get()
    }

    /// Whether nothing shall be read.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.busy.get() > 0 && self.0.reading.get() == 0
    }

    /// Whether a request has begun to arrive and is not handled yet, or the rest of one arrives that was.
    #[must_use]
    pub fn awaits_request(&self) -> bool {
        self.0.busy.get() == 0 && self.0.head.get() > 0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Connection(state) = &self.connection;
        state.busy.update(|count| count - 1);
        state.head.set(0);
        // Only its own: another response may have begun meanwhile.
        let is_own =
            |current: &mut Arc<Ongoing>| self.sent.as_ref().is_some_and(|own| Arc::ptr_eq(own, current));
        state.sent.borrow_mut().take_if(is_own);
    }
}

impl Reading {
    /// Says that the request body has been read to its end.
    pub fn finish(&self) {
        self.0.0.read.set(true);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.0.reading.update(|count| count - 1);
    }
}
