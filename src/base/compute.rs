//! Work for the processor, off the event loop: parsing, rendering, hashing. As much runs at a time as there are cores;
//! a bounded number waits, and further work is refused. Nothing here holds a connection: a handler reads, computes,
//! then writes.

use super::permits::Permits;
use crate::base::error::{Error, Result};

/// How much work may wait for a core. As many reads may wait for the database, so that a burst which that takes is not
/// refused here.
const MAX_WAITING: usize = 1024;

/// The pool. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub struct Compute {
    permits: Permits,
}

impl Default for Compute {
    fn default() -> Self {
        Self { permits: Permits::new(cores(), MAX_WAITING, "too much work is waiting for the processor") }
    }
}

impl Compute {
    /// Runs `work` on a thread of its own once a core is free. Unavailable if too much waits.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        let permit = self.permits.acquire().await?;
        let work = move || {
            let _permit = permit;
            work()
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|e| Error::internal(format!("work for the processor panicked: {e}")))?
    }
}

/// How many cores this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
