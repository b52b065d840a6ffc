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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn no_more_runs_at_a_time_than_there_are_cores() {
        let compute = Compute::default();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |number: usize| {
            let (running, most) = (running.clone(), most.clone());
            compute.run(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(number)
            })
        };
        let done: Result<Vec<usize>> = join_all((0..200).map(work)).await.into_iter().collect();
        assert_eq!(done.unwrap(), (0..200).collect::<Vec<_>>());
        assert!((1..=cores()).contains(&most.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn work_that_panics_fails_alone() {
        let compute = Compute::default();
        for _ in 0..=cores() {
            let panicked: Result<()> = compute.run(|| panic!("a defect")).await;
            assert!(matches!(panicked, Err(Error::Internal(_))));
        }
        assert_eq!(compute.run(|| Ok(1)).await.unwrap(), 1);
    }
}
