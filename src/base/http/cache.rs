//! In-memory cache of public responses. An entry is valid only while the generation (the number of the newest event
//! that readers can see) is the one that was current before its query ran. Concurrent requests for the same missing
//! response wait for one handler call, and entries are still served for `outage_seconds` after the database was last
//! reachable.
//!
//! A response that is requested for the first time goes to a small part of the memory, and to the main part when it is
//! requested again. So requests that nobody repeats, such as searches for random words, evict only each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse};
use moka::policy::EvictionPolicy;
use tokio::sync::watch;

use super::representation::Representation;
use super::security_headers::NO_STORE;
use crate::base::clock::Timestamp;
use crate::base::compute::Compute;
use crate::base::db::Generation;
use crate::base::error::{Error, Result};

/// The share of the memory for responses that were requested once.
const NEWCOMERS: u64 = 4;
/// The share of the memory for other spellings of addresses.
const ALIASES: u64 = 32;
/// If the log was not read for this long, cached responses may be out of date. Shorter than the time until keys are purged
/// for the second time from caches in front, so that these do not keep such a response.
const BEHIND: Duration = Duration::from_secs(1);
/// A response of more weight, in bytes, evicts others at once.
const HEAVY: u32 = 64 * 1024;
/// What an entry takes besides its key and its value, in bytes: its place in the table and in the order of use.
const ENTRY: usize = 512;

/// Public responses by path and query.
pub struct Cache {
    generation: Arc<Generation>,
    max_outage: Duration,
    /// `None` if the cache has no memory.
    parts: Option<Parts>,
    /// The responses being computed. A receiver's wait ends with the outcome, or when its sender is dropped.
    pending: Mutex<PendingResponses>,
}

/// What came of a computation: the response, or why there is none.
type Outcome = Result<Arc<Representation>>;

/// The key is the generation, and the path with its query.
type PendingResponses = HashMap<(i64, Box<str>), watch::Receiver<Option<Outcome>>>;

/// The parts of the memory; each evicts what has not been requested for longest.
struct Parts {
    newcomers: Lru<CachedResponse>,
    main: Lru<CachedResponse>,
    /// The canonical address by other spellings of it. What an address means does not change with the content.
    aliases: Lru<Box<str>>,
}

type Lru<V> = moka::sync::Cache<Box<str>, V>;

#[derive(Clone)]
struct CachedResponse {
    generation: i64,
    representation: Arc<Representation>,
}

/// The result of [`Cache::lookup`] after a cache miss.
pub enum Lookup<'a> {
    /// The caller computes the response; other requests wait for its outcome.
    Compute(PendingResponse<'a>),
    /// Another request has computed it.
    Cached(Arc<Representation>),
    /// Another request has failed to.
    Failed(Error),
}

/// A response that is being computed.
pub struct PendingResponse<'a> {
    cache: &'a Cache,
    /// When the content visible to readers had last changed before the computation began.
    pub moment: Timestamp,
    generation: i64,
    address: Box<str>,
    /// `None` if no other request can wait for this one.
    done: Option<watch::Sender<Option<Outcome>>>,
}

impl Cache {
    /// Creates an empty cache of that many bytes; 0 turns caching off. Entries are served for `max_outage` after the database
    /// was last reachable.
    #[must_use]
    pub fn new(bytes: u64, max_outage: Duration, generation: &Arc<Generation>) -> Self {
        let (newcomers, aliases) = (bytes / NEWCOMERS, bytes / ALIASES);
        let parts = (bytes > 0).then(|| Parts {
            newcomers: lru(newcomers, CachedResponse::weight),
            main: lru(bytes - newcomers - aliases, CachedResponse::weight),
            aliases: lru(aliases, |canonical| canonical.len()),
        });
        Self { generation: generation.clone(), max_outage, parts, pending: Mutex::default() }
    }

    /// Returns the response for a path and query, if it is cached and still valid.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<Arc<Representation>> {
        let is_current = |cached: &CachedResponse| {
            cached.generation == self.generation.number() && self.generation.staleness() <= self.max_outage
        };
        let parts = self.parts.as_ref()?;
        parts.get(address, is_current).or_else(|| parts.get(&parts.aliases.get(address)?, is_current))
    }

    /// Responds with what is in memory. If that may be out of date, caches in front are told not to keep it.
    ///
    /// # Errors
    /// As [`Representation::respond`].
    pub async fn respond(
        &self,
        made: &Arc<Representation>,
        req: &HttpRequest,
        compute: &Compute,
    ) -> Result<HttpResponse> {
        let mut response = made.respond(req, compute).await?;
        if self.generation.staleness() > BEHIND {
            response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
        }
        Ok(response)
    }

    /// Records that `respelled` is another spelling of the path and query `canonical`, so that the next request in this
    /// spelling is not routed.
    pub fn alias(&self, respelled: &str, canonical: &str) {
        if let Some(parts) = &self.parts {
            parts.aliases.insert(respelled.into(), canonical.into());
        }
    }

    /// Waits for a request that is already computing this response, or lets the caller compute it. All that wait for a request
    /// share its outcome, also a failure. If it ends without one, such as when its client disconnects, one of them takes over.
    pub async fn lookup(&self, address: &str) -> Lookup<'_> {
        loop {
            // `moment` is read before the generation, so content may be newer than its `Last-Modified` date but never
            // older.
            let moment = self.generation.moment();
            let generation = self.generation.number();
            let compute = |done| {
                let address = address.into();
                Lookup::Compute(PendingResponse { cache: self, moment, generation, address, done })
            };
            if self.parts.is_none() {
                return compute(None);
            }
            let mut under_way = {
                let mut pending = self.pending();
                let key = (generation, Box::from(address));
                if let Some(under_way) = pending.get(&key) {
                    under_way.clone()
                } else if let Some(made) = self.get(address) {
                    // It was inserted after the caller's own lookup.
                    return Lookup::Cached(made);
                } else {
                    let (done, under_way) = watch::channel(None);
                    pending.insert(key, under_way);
                    return compute(Some(done));
                }
            };
            let outcome = under_way.wait_for(Option::is_some).await;
            match outcome.ok().and_then(|outcome| outcome.clone()) {
                Some(Ok(made)) => return Lookup::Cached(made),
                Some(Err(error)) => return Lookup::Failed(error),
                None => {}
            }
        }
    }

    fn pending(&self) -> MutexGuard<'_, PendingResponses> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
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
        let representation = cached.representation.clone();
        put(&self.main, address, cached);
        self.newcomers.invalidate(address);
        Some(representation)
    }

    /// Inserts a response as a newcomer, unless it is in the main part or too large for the other one.
    fn insert(&self, address: &str, cached: CachedResponse) {
        let capacity = self.newcomers.policy().max_capacity().unwrap_or_default();
        let is_large = u64::from(weight(address, cached.weight())) > capacity;
        let part = if is_large || self.main.contains_key(address) { &self.main } else { &self.newcomers };
        put(part, address, cached);
    }
}

impl CachedResponse {
    fn weight(&self) -> usize {
        self.representation.weight()
    }
}

/// Inserts a response into a part.
fn put(part: &Lru<CachedResponse>, address: &str, cached: CachedResponse) {
    let is_heavy = weight(address, cached.weight()) > HEAVY;
    part.insert(address.into(), cached);
    if is_heavy {
        // Otherwise many of them would wait for their eviction, beyond the cache's size.
        part.run_pending_tasks();
    }
}

fn lru<V: Clone + Send + Sync + 'static>(bytes: u64, of_value: fn(&V) -> usize) -> Lru<V> {
    Lru::<V>::builder()
        .max_capacity(bytes)
        .weigher(move |address, value| weight(address, of_value(value)))
        .eviction_policy(EvictionPolicy::lru())
        .build()
}

/// The bytes that an entry takes.
fn weight(address: &str, value: usize) -> u32 {
    u32::try_from(address.len() + value + ENTRY).unwrap_or(u32::MAX)
}

impl PendingResponse<'_> {
    /// Caches the response, gives it to those who wait, and returns it. If it equals the cached one, that one is kept, because
    /// its compressed variants already exist.
    pub fn store(self, made: Representation) -> Arc<Representation> {
        let Some(parts) = &self.cache.parts else { return Arc::new(made) };
        let before = parts.find(&self.address).map(|cached| cached.representation);
        let representation =
            before.filter(|before| before.is_same_as(&made)).unwrap_or_else(|| Arc::new(made));
        let entry = CachedResponse { generation: self.generation, representation: representation.clone() };
        parts.insert(&self.address, entry);
        self.tell(Ok(representation.clone()));
        representation
    }

    /// Gives a failure to those who wait.
    pub fn fail(&self, error: &Error) {
        self.tell(Err(error.clone()));
    }

    fn tell(&self, outcome: Outcome) {
        if let Some(done) = &self.done {
            done.send_replace(Some(outcome));
        }
    }
}

impl Drop for PendingResponse<'_> {
    fn drop(&mut self) {
        if self.done.is_some() {
            self.cache.pending().remove(&(self.generation, self.address.clone()));
        }
    }
}
