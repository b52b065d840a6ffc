//! Runs CPU-bound work (parsing, rendering, hashing) outside the event loop, at most one task per core at a time.
//! Handlers read, compute, then write, so no database connection is held during the work.

use super::permits::Permits;
use crate::base::error::{Error, Result};

/// How many tasks may wait for a core; further ones are refused. Equal to the number of reads that may wait for the
/// database, so that a burst which the database accepts is not refused here.
const MAX_WAITING: usize = 1024;

/// The pool of CPU-bound tasks. Cheap to clone; clones share it.
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
    /// Runs `work` on a blocking thread once a core is free.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Unavailable`] if too many tasks are waiting; [`Error::Internal`] if `work` panics.
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

/// Returns how many cores this process may use; 1 if unknown.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
