//! Counts the work that is done on texts, so that tests can prove that it grows no faster than its input. A loop counts
//! the bytes that it passes, before it passes them; what another library parses counts as the bytes it is given.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<u64> = const { Cell::new(0) };
}

/// Counts `bytes` of work on this thread.
pub fn count(bytes: usize) {
    DONE.set(DONE.get().saturating_add(bytes as u64));
}

/// How many steps `work` takes on this thread.
pub fn of(work: impl FnOnce()) -> u64 {
    let before = DONE.get();
    work();
    DONE.get().saturating_sub(before)
}
