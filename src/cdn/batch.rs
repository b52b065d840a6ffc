//! The keys of some events.

use std::collections::BTreeSet;

use crate::base::http::public::EVERYTHING;

/// The keys of all events up to one.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    keys: BTreeSet<String>,
    /// The number of that event.
    pub to: i64,
}

impl Batch {
    /// Without keys, up to that event.
    #[must_use]
    pub fn to(to: i64) -> Self {
        Self { keys: BTreeSet::new(), to }
    }

    /// Whether there is nothing to purge.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds keys. If there are more than `max`, the key that all responses have takes their place.
    pub fn extend(&mut self, keys: impl IntoIterator<Item = String>, max: usize) {
        self.keys.extend(keys);
        if self.keys.len() > max || self.keys.contains(EVERYTHING) {
            self.keys = BTreeSet::from([EVERYTHING.to_owned()]);
        }
    }

    /// The keys of this batch and others together, likewise.
    #[must_use]
    pub fn with<'a>(&self, others: impl Iterator<Item = &'a Self>, max: usize) -> Vec<String> {
        let mut all = self.clone();
        for other in others {
            all.extend(other.keys.iter().cloned(), max);
        }
        all.keys.into_iter().collect()
    }
}
