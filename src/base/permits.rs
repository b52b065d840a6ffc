//! A semaphore with a bounded queue. When the queue is full, callers are refused at once, because under overload an
//! early 503 is better than a response after the client's timeout.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::error::{Error, Result};

/// A pool of permits. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub struct Permits {
    semaphore: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    max_waiting: usize,
    refusal: &'static str,
}

impl Permits {
    /// Creates `count` permits. While `max_waiting` callers are waiting for one, others are refused with
    /// [`Error::Unavailable`] and `refusal` as its cause.
    #[must_use]
    pub fn new(count: usize, max_waiting: usize, refusal: &'static str) -> Self {
        Self { semaphore: Arc::new(Semaphore::new(count)), waiting: Arc::default(), max_waiting, refusal }
    }

    /// Returns a permit if one is free.
    #[must_use]
    pub fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        self.semaphore.clone().try_acquire_owned().ok()
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the queue is full.
    pub async fn acquire(&self) -> Result<OwnedSemaphorePermit> {
        self.acquire_with(0).await
    }

    /// Waits for a permit, also while `reserved` more callers are waiting than others may.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the queue is full.
    pub async fn acquire_with(&self, reserved: usize) -> Result<OwnedSemaphorePermit> {
        /// Decrements the counter also if the waiting future is dropped, for example because the client disconnects.
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
        if before >= self.max_waiting + reserved {
            return Err(Error::unavailable(self.refusal));
        }
        self.semaphore.clone().acquire_owned().await.map_err(|e| Error::internal(e.to_string()))
    }
}
