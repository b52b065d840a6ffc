//! Public answers in memory, right by one number: an entry is valid for the generation of readers' view that was in force
//! before its query ran, and for no other. Whoever asks for what is being made already waits for it. While the database
//! is lost, what is here goes on being served for a stated time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use tokio::sync::watch;

use super::representation::Representation;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Generation;

/// Public answers by path and query.
pub struct Cache {
    generation: Arc<Generation>,
    patience: Duration,
    /// `None` if nothing is to be kept.
    kept: Option<moka::sync::Cache<Box<str>, Kept>>,
    /// What is being made now; each ends when its sender goes.
    flights: Mutex<Flights>,
}

/// By generation, path and query.
type Flights = HashMap<(i64, Box<str>), watch::Receiver<()>>;

#[derive(Clone)]
struct Kept {
    generation: i64,
    representation: Arc<Representation>,
}

/// What a request for an answer that is not there gets.
pub enum Turn<'a> {
    /// It makes the answer; others wait until this goes.
    Make(Flight<'a>),
    /// Another has made it.
    Made(Arc<Representation>),
}

/// An answer that is being made.
pub struct Flight<'a> {
    cache: &'a Cache,
    /// When readers' view had last changed before it began.
    pub moment: Timestamp,
    generation: i64,
    address: Box<str>,
    /// Held where others may wait.
    landing: Option<watch::Sender<()>>,
}

impl Cache {
    /// An empty cache as the settings want it.
    #[must_use]
    pub fn new(config: &Config, generation: &Arc<Generation>) -> Self {
        let bytes = u64::from(config.cache.megabytes) << 20;
        let kept = (bytes > 0).then(|| {
            moka::sync::Cache::builder()
                .max_capacity(bytes)
                .weigher(weight)
                .eviction_policy(EvictionPolicy::lru())
                .build()
        });
        Self {
            generation: generation.clone(),
            patience: Duration::from_secs(config.cache.outage_seconds.into()),
            kept,
            flights: Mutex::default(),
        }
    }

    /// The answer for an address, if it is here and right.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<Arc<Representation>> {
        let kept = self.kept.as_ref()?.get(address)?;
        let is_right =
            kept.generation == self.generation.number() && self.generation.staleness() <= self.patience;
        is_right.then_some(kept.representation)
    }

    /// Waits for whoever makes this answer already, or lets the caller make it.
    pub async fn turn(&self, address: &str) -> Turn<'_> {
        // In this order: what is dated may be newer than its date, never older.
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
                // It landed since the caller looked.
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
            // It came to nothing, so there is nothing worth waiting for a second time.
            None => Turn::Make(flight(None)),
        }
    }
}

#[expect(clippy::borrowed_box, reason = "moka hands out its keys so")]
fn weight(address: &Box<str>, kept: &Kept) -> u32 {
    u32::try_from(address.len() + kept.representation.weight()).unwrap_or(u32::MAX)
}

impl Flight<'_> {
    /// Keeps what was made. If it is what was there before, the older one stays, with the codings made of it.
    pub fn land(self, made: Representation) -> Arc<Representation> {
        let Some(kept) = &self.cache.kept else { return Arc::new(made) };
        let before = kept.get(&self.address).map(|kept| kept.representation);
        let representation =
            before.filter(|before| before.is_same_as(&made)).unwrap_or_else(|| Arc::new(made));
        let entry = Kept { generation: self.generation, representation: representation.clone() };
        kept.insert(self.address.clone(), entry);
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
