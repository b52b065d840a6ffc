//! What each network holds of something that all share, so that none can hold all of it. A thing that is used several times
//! by one network, such as a cached body that is sent to many of its clients, counts once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The holdings of all networks. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub struct NetworkShares {
    max: usize,
    networks: Arc<Mutex<HashMap<IpAddr, Holding>>>,
}

#[derive(Debug, Default)]
struct Holding {
    amount: usize,
    /// How often each thing is used.
    uses: HashMap<usize, usize>,
}

/// A part of a network's holding, until it is dropped.
#[derive(Debug)]
pub struct NetworkShare {
    of: NetworkShares,
    network: IpAddr,
    amount: usize,
    thing: Option<usize>,
}

impl NetworkShares {
    /// Lets each network hold `max`, or a single thing of more than that.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, networks: Arc::default() }
    }

    /// Adds an amount to what a network holds. A `thing` is counted once for all its uses; it is the address of something
    /// that exists as long as the share. `None` if the network would hold too much.
    #[must_use]
    pub fn take(&self, network: IpAddr, amount: usize, thing: Option<usize>) -> Option<NetworkShare> {
        let mut networks = self.networks();
        let holding = networks.entry(network).or_default();
        let is_held = thing.is_some_and(|thing| holding.uses.contains_key(&thing));
        if !is_held {
            if holding.amount > 0 && holding.amount.saturating_add(amount) > self.max {
                return None;
            }
            holding.amount += amount;
        }
        if let Some(thing) = thing {
            *holding.uses.entry(thing).or_default() += 1;
        }
        Some(NetworkShare { of: self.clone(), network, amount, thing })
    }

    fn networks(&self) -> MutexGuard<'_, HashMap<IpAddr, Holding>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NetworkShare {
    fn drop(&mut self) {
        let mut networks = self.of.networks();
        let Some(holding) = networks.get_mut(&self.network) else { return };
        if let Some(thing) = self.thing
            && let Some(uses) = holding.uses.get_mut(&thing)
        {
            *uses -= 1;
            if *uses > 0 {
                return;
            }
            holding.uses.remove(&thing);
        }
        holding.amount -= self.amount;
        if holding.amount == 0 {
            networks.remove(&self.network);
        }
    }
}
