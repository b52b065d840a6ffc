//! A bounded number of permits with a bounded queue in front of them: whoever comes when the queue is full is refused
//! at once, instead of waiting longer than anybody wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::error::{Error, Result};

/// Permits. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub struct Permits {
    semaphore: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    max_waiting: usize,
    refusal: &'static str,
}

impl Permits {
    /// `count` permits. When `max_waiting` callers wait for one, others are refused as unavailable with `refusal`.
    #[must_use]
    pub fn new(count: usize, max_waiting: usize, refusal: &'static str) -> Self {
        Self { semaphore: Arc::new(Semaphore::new(count)), waiting: Arc::default(), max_waiting, refusal }
    }

    /// A permit, if one is free.
    #[must_use]
    pub fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        self.semaphore.clone().try_acquire_owned().ok()
    }

    /// Waits for a permit.
    pub async fn acquire(&self) -> Result<OwnedSemaphorePermit> {
        /// Leaves the queue even if the caller gives up.
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        if let Some(permit) = self.try_acquire() {
            return Ok(permit);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.max_waiting {
            return Err(Error::unavailable(self.refusal));
        }
        self.semaphore.clone().acquire_owned().await.map_err(|e| Error::internal(e.to_string()))
    }
}
