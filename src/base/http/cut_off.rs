//! Which connections lose their responses or request bodies when the memory for large bodies is used up: those that have held
//! it longest. Otherwise clients of many networks, each reading or sending as slowly as it may, could keep the others from it for minutes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;
use std::time::Duration;

use futures_util::task::AtomicWaker;

use crate::base::clock::Clock;

/// How long each body may take, however little memory is left.
const GRACE: Duration = Duration::from_secs(5);

/// The large responses that are being sent, and the large request bodies that are being received. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub struct Sending {
    clock: Clock,
    responses: Arc<Mutex<Responses>>,
}

/// In the order of their beginning.
#[derive(Debug, Default)]
struct Responses {
    next: u64,
    begun: BTreeMap<u64, Arc<CutOff>>,
}

/// Whether the connection of a body is to be cut off.
#[derive(Debug)]
pub struct CutOff {
    begun_at: Duration,
    due: AtomicBool,
    socket: AtomicWaker,
}

/// A large body is on its way until this is dropped.
#[derive(Debug)]
pub struct Sent {
    of: Sending,
    number: u64,
}

impl CutOff {
    /// Whether it is; if not yet, the task is woken when it is.
    #[must_use]
    pub fn is_due(&self, cx: &Context<'_>) -> bool {
        self.socket.register(cx.waker());
        self.due.load(Ordering::SeqCst)
    }
}

impl Sending {
    /// Knows of no responses yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), responses: Arc::default() }
    }

    /// Adds a body.
    #[must_use]
    pub fn begin(&self) -> (Sent, Arc<CutOff>) {
        let cut_off =
            CutOff { begun_at: self.clock.ticks(), due: AtomicBool::new(false), socket: AtomicWaker::new() };
        let (cut_off, mut responses) = (Arc::new(cut_off), self.responses());
        let number = responses.next;
        responses.next += 1;
        responses.begun.insert(number, cut_off.clone());
        (Sent { of: self.clone(), number }, cut_off)
    }

    /// Cuts off the connection whose body has taken longest, unless it has begun a moment ago.
    pub fn cut_off_longest(&self) {
        let mut responses = self.responses();
        let Some(longest) = responses.begun.first_entry() else { return };
        if self.clock.ticks().saturating_sub(longest.get().begun_at) >= GRACE {
            let cut_off = longest.remove();
            cut_off.due.store(true, Ordering::SeqCst);
            cut_off.socket.wake();
        }
    }

    fn responses(&self) -> MutexGuard<'_, Responses> {
        self.responses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.of.responses().begun.remove(&self.number);
    }
}
