//! In-memory cache of public responses. An entry is valid only while the generation (the number of the newest event
//! that readers can see) is the one that was current before its query ran. Concurrent requests for the same missing
//! response wait for one handler call, and entries are still served for `outage_seconds` after the database was last
//! reachable.
//!
//! A response that is requested for the first time goes to a small part of the memory, and to the main part when it is
//! requested again. So requests that nobody repeats, such as searches for random words, evict only each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use tokio::sync::watch;

use super::representation::Representation;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Generation;

/// The share of the memory for responses that were requested once.
const NEWCOMERS: u64 = 4;
/// A response of more weight, in bytes, evicts others at once.
const HEAVY: usize = 64 * 1024;

/// Public responses by path and query.
pub struct Cache {
    generation: Arc<Generation>,
    max_outage: Duration,
    /// `None` if the cache size is 0.
    parts: Option<Parts>,
    /// The responses being computed. A receiver's wait ends when its sender is dropped.
    pending: Mutex<PendingResponses>,
}

/// The key is the generation, and the path with its query.
type PendingResponses = HashMap<(i64, Box<str>), watch::Receiver<()>>;

/// The two parts of the memory; each evicts what has not been requested for longest.
struct Parts {
    newcomers: Lru,
    main: Lru,
}

type Lru = moka::sync::Cache<Box<str>, CachedResponse>;

#[derive(Clone)]
struct CachedResponse {
    generation: i64,
    representation: Arc<Representation>,
}

/// The result of [`Cache::lookup`] after a cache miss.
pub enum Lookup<'a> {
    /// The caller computes the response; other requests wait until the `PendingResponse` is dropped.
    Compute(PendingResponse<'a>),
    /// Another request has computed it.
    Cached(Arc<Representation>),
}

/// A response that is being computed.
pub struct PendingResponse<'a> {
    cache: &'a Cache,
    /// When the content visible to readers had last changed before the computation began.
    pub moment: Timestamp,
    generation: i64,
    address: Box<str>,
    /// `None` if no other request can wait for this one.
    done: Option<watch::Sender<()>>,
}

impl Cache {
    /// Creates an empty cache. `cache.megabytes = 0` turns caching off.
    #[must_use]
    pub fn new(config: &Config, generation: &Arc<Generation>) -> Self {
        let bytes = u64::from(config.cache.megabytes) << 20;
        let parts = (bytes > 0)
            .then(|| Parts { newcomers: lru(bytes / NEWCOMERS), main: lru(bytes - bytes / NEWCOMERS) });
        Self {
            generation: generation.clone(),
            max_outage: Duration::from_secs(config.cache.outage_seconds.into()),
            parts,
            pending: Mutex::default(),
        }
    }

    /// Returns the response for a path and query, if it is cached and still valid.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<Arc<Representation>> {
        let is_current = |cached: &CachedResponse| {
            cached.generation == self.generation.number() && self.generation.staleness() <= self.max_outage
        };
        self.parts.as_ref()?.get(address, is_current)
    }

    /// Also caches the response of the path and query `canonical` under another spelling of them, so that the next
    /// request in this spelling is not routed.
    pub fn alias(&self, respelled: &str, canonical: &str) {
        let Some(parts) = &self.parts else { return };
        if let Some(cached) = parts.find(canonical) {
            parts.insert(respelled, cached);
        }
    }

    /// Waits for a request that is already computing this response, or lets the caller compute it.
    pub async fn lookup(&self, address: &str) -> Lookup<'_> {
        // `moment` is read before the generation, so content may be newer than its `Last-Modified` date but never
        // older.
        let moment = self.generation.moment();
        let generation = self.generation.number();
        let address: Box<str> = address.into();
        let response =
            |done| PendingResponse { cache: self, moment, generation, address: address.clone(), done };
        if self.parts.is_none() {
            return Lookup::Compute(response(None));
        }
        let mut under_way = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(under_way) = pending.get(&(generation, address.clone())) {
                under_way.clone()
            } else if let Some(made) = self.get(&address) {
                // It was inserted after the caller's own lookup.
                return Lookup::Cached(made);
            } else {
                let (done, under_way) = watch::channel(());
                pending.insert((generation, address.clone()), under_way);
                return Lookup::Compute(response(Some(done)));
            }
        };
        // Nothing is ever sent: the wait ends when the sender is dropped.
        let _ = under_way.changed().await;
        match self.get(&address) {
            Some(made) => Lookup::Cached(made),
            // The other request failed or its response is already outdated. Waiting again could repeat that without
            // end.
            None => Lookup::Compute(response(None)),
        }
    }
}

impl Parts {
    fn find(&self, address: &str) -> Option<CachedResponse> {
        self.main.get(address).or_else(|| self.newcomers.get(address))
    }

    /// Returns a response that `is_current`. A newcomer moves to the main part.
    fn get(
        &self,
        address: &str,
        is_current: impl Fn(&CachedResponse) -> bool,
    ) -> Option<Arc<Representation>> {
        if let Some(cached) = self.main.get(address) {
            return is_current(&cached).then_some(cached.representation);
        }
        let cached = self.newcomers.get(address).filter(is_current)?;
        self.main.insert(address.into(), cached.clone());
        self.newcomers.invalidate(address);
        Some(cached.representation)
    }

    /// Inserts a response as a newcomer, unless it is in the main part or too large for the other one.
    fn insert(&self, address: &str, cached: CachedResponse) {
        let address = Box::from(address);
        let capacity = self.newcomers.policy().max_capacity().unwrap_or_default();
        let is_large = u64::from(weight(&address, &cached)) > capacity;
        let part = if is_large || self.main.contains_key(&address) { &self.main } else { &self.newcomers };
        let is_heavy = cached.representation.weight() > HEAVY;
        part.insert(address, cached);
        if is_heavy {
            // Otherwise many of them would wait for their eviction, beyond the cache's size.
            part.run_pending_tasks();
        }
    }
}

fn lru(bytes: u64) -> Lru {
    moka::sync::Cache::builder()
        .max_capacity(bytes)
        .weigher(weight)
        .eviction_policy(EvictionPolicy::lru())
        .build()
}

#[expect(clippy::borrowed_box, reason = "moka hands out its keys so")]
fn weight(address: &Box<str>, cached: &CachedResponse) -> u32 {
    u32::try_from(address.len() + cached.representation.weight()).unwrap_or(u32::MAX)
}

impl PendingResponse<'_> {
    /// Caches the response and returns it. If it equals the cached one, that one is kept, because its compressed
    /// variants already exist.
    pub fn store(self, made: Representation) -> Arc<Representation> {
        let Some(parts) = &self.cache.parts else { return Arc::new(made) };
        let before = parts.find(&self.address).map(|cached| cached.representation);
        let representation =
            before.filter(|before| before.is_same_as(&made)).unwrap_or_else(|| Arc::new(made));
        let entry = CachedResponse { generation: self.generation, representation: representation.clone() };
        parts.insert(&self.address, entry);
        representation
    }
}

impl Drop for PendingResponse<'_> {
    fn drop(&mut self) {
        if self.done.is_some() {
            let mut pending = self.cache.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.remove(&(self.generation, self.address.clone()));
        }
    }
}
