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
    patience: Duration,
    /// `None` if the cache size is 0.
    kept: Option<Parts>,
    /// The responses being computed. A receiver's wait ends when its sender is dropped.
    flights: Mutex<Flights>,
}

/// The key is the generation, and the path with its query.
type Flights = HashMap<(i64, Box<str>), watch::Receiver<()>>;

/// The two parts of the memory; each evicts what has not been requested for longest.
struct Parts {
    newcomers: Lru,
    main: Lru,
}

type Lru = moka::sync::Cache<Box<str>, Kept>;

#[derive(Clone)]
struct Kept {
    generation: i64,
    representation: Arc<Representation>,
}

/// The result of [`Cache::turn`] after a cache miss.
pub enum Turn<'a> {
    /// The caller computes the response; other requests wait until the flight is dropped.
    Make(Flight<'a>),
    /// Another request has computed it.
    Made(Arc<Representation>),
}

/// A response that is being computed.
pub struct Flight<'a> {
    cache: &'a Cache,
    /// When the content visible to readers had last changed before the computation began.
    pub moment: Timestamp,
    generation: i64,
    address: Box<str>,
    /// `None` if no other request can wait for this one.
    landing: Option<watch::Sender<()>>,
}

impl Cache {
    /// Creates an empty cache. `cache.megabytes = 0` turns caching off.
    #[must_use]
    pub fn new(config: &Config, generation: &Arc<Generation>) -> Self {
        let bytes = u64::from(config.cache.megabytes) << 20;
        let kept = (bytes > 0)
            .then(|| Parts { newcomers: lru(bytes / NEWCOMERS), main: lru(bytes - bytes / NEWCOMERS) });
        Self {
            generation: generation.clone(),
            patience: Duration::from_secs(config.cache.outage_seconds.into()),
            kept,
            flights: Mutex::default(),
        }
    }

    /// Returns the response for a path and query, if it is cached and still valid.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<Arc<Representation>> {
        let is_right = |kept: &Kept| {
            kept.generation == self.generation.number() && self.generation.staleness() <= self.patience
        };
        self.kept.as_ref()?.get(address, is_right)
    }

    /// Also caches the response of the path and query `canonical` under another spelling of them, so that the next
    /// request in this spelling is not routed.
    pub fn alias(&self, respelled: &str, canonical: &str) {
        let Some(parts) = &self.kept else { return };
        if let Some(kept) = parts.find(canonical) {
            parts.insert(respelled, kept);
        }
    }

    /// Waits for a request that is already computing this response, or lets the caller compute it.
    pub async fn turn(&self, address: &str) -> Turn<'_> {
        // `moment` is read before the generation, so content may be newer than its `Last-Modified` date but never
        // older.
        let moment = self.generation.moment();
        let generation = self.generation.number();
        let address: Box<str> = address.into();
        let flight = |landing| Flight { cache: self, moment, generation, address: address.clone(), landing };
        if self.kept.is_none() {
            return Turn::Make(flight(None));
        }
        let mut under_way = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(under_way) = flights.get(&(generation, address.clone())) {
                under_way.clone()
            } else if let Some(made) = self.get(&address) {
                // It was inserted after the caller's own lookup.
                return Turn::Made(made);
            } else {
                let (landing, under_way) = watch::channel(());
                flights.insert((generation, address.clone()), under_way);
                return Turn::Make(flight(Some(landing)));
            }
        };
        // Nothing is ever sent: the wait ends when the sender is dropped.
        let _ = under_way.changed().await;
        match self.get(&address) {
            Some(made) => Turn::Made(made),
            // The other request failed or its response is already outdated. Waiting again could repeat that without
            // end.
            None => Turn::Make(flight(None)),
        }
    }
}

impl Parts {
    fn find(&self, address: &str) -> Option<Kept> {
        self.main.get(address).or_else(|| self.newcomers.get(address))
    }

    /// Returns a response that `is_right`. A newcomer moves to the main part.
    fn get(&self, address: &str, is_right: impl Fn(&Kept) -> bool) -> Option<Arc<Representation>> {
        if let Some(kept) = self.main.get(address) {
            return is_right(&kept).then_some(kept.representation);
        }
        let kept = self.newcomers.get(address).filter(is_right)?;
        self.main.insert(address.into(), kept.clone());
        self.newcomers.invalidate(address);
        Some(kept.representation)
    }

    /// Inserts a response as a newcomer, unless it is in the main part or too large for the other one.
    fn insert(&self, address: &str, kept: Kept) {
        let address = Box::from(address);
        let capacity = self.newcomers.policy().max_capacity().unwrap_or_default();
        let is_large = u64::from(weight(&address, &kept)) > capacity;
        let part = if is_large || self.main.contains_key(&address) { &self.main } else { &self.newcomers };
        let is_heavy = kept.representation.weight() > HEAVY;
        part.insert(address, kept);
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
fn weight(address: &Box<str>, kept: &Kept) -> u32 {
    u32::try_from(address.len() + kept.representation.weight()).unwrap_or(u32::MAX)
}

impl Flight<'_> {
    /// Caches the response and returns it. If it equals the cached one, the older one is kept, because its compressed
    /// variants already exist.
    pub fn land(self, made: Representation) -> Arc<Representation> {
        let Some(kept) = &self.cache.kept else { return Arc::new(made) };
        let before = kept.find(&self.address).map(|kept| kept.representation);
        let representation =
            before.filter(|before| before.is_same_as(&made)).unwrap_or_else(|| Arc::new(made));
        let entry = Kept { generation: self.generation, representation: representation.clone() };
        kept.insert(&self.address, entry);
        representation
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.landing.is_some() {
            let mut flights = self.cache.flights.lock().unwrap_or_else(PoisonError::into_inner);
            flights.remove(&(self.generation, self.address.clone()));
        }
    }
}
