//! Random bytes for ids, salts, tokens and keys. All code takes them from a [`Random`], so that tests and the examples
//! in the OpenAPI document are repeatable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::ids::IsId;

/// A source of random bytes.
#[derive(Debug, Clone)]
pub enum Random {
    /// The operating system's secure generator.
    System,
    /// A repeatable sequence for tests and for the examples in the OpenAPI document. Not for secrets: it is
    /// predictable.
    Seeded(Arc<AtomicU64>),
}

impl Random {
    /// Creates a repeatable sequence that starts at `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(AtomicU64::new(seed)))
    }

    /// Returns `N` random bytes. Fails if the operating system's generator fails.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        match self {
            Self::System => {
                SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("no random bytes"))?;
            }
            Self::Seeded(counter) => {
                for chunk in bytes.chunks_mut(32) {
                    let step = counter.fetch_add(1, Ordering::SeqCst);
                    let hash = digest::digest(&digest::SHA256, &step.to_be_bytes());
                    chunk.copy_from_slice(hash.as_ref().get(..chunk.len()).unwrap_or_default());
                }
            }
        }
        Ok(bytes)
    }

    /// Returns a new id. Ids sort by `now`, to the millisecond.
    pub fn id<T: IsId>(&self, now: Timestamp) -> Result<T> {
        Ok(T::from_uuid(self.uuid(now)?))
    }

    /// Returns a URL-safe token of 256 random bits.
    pub fn token(&self) -> Result<String> {
        Ok(BASE64_URL_SAFE_NO_PAD.encode(self.bytes::<32>()?))
    }

    /// Returns a new `UUIDv7` with the time `now`, for things without an id type, such as requests.
    pub fn uuid(&self, now: Timestamp) -> Result<Uuid> {
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()?).into_uuid())
    }
}
