//! What each network holds of something that all share, so that none can hold all of it. A thing that is used several times
//! by one network, such as a cached body that is sent to many of its clients, counts once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::web::Bytes;

/// The holdings of all networks. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub struct NetworkShares {
    max: usize,
    networks: Arc<Mutex<HashMap<IpAddr, Holding>>>,
}

#[derive(Debug, Default)]
struct Holding {
    amount: usize,
    /// The things that it holds, by their addresses.
    things: HashMap<usize, Thing>,
}

/// A thing that is counted once.
#[derive(Debug)]
struct Thing {
    amount: usize,
    uses: usize,
}

/// A part of a network's holding, until it is dropped.
#[derive(Debug)]
pub struct NetworkShare {
    of: NetworkShares,
    network: IpAddr,
    amount: usize,
    /// Kept until it is no longer counted, because its address could be another's after that.
    thing: Option<Bytes>,
}

impl NetworkShares {
    /// Lets each network hold `max`, or a single thing of more than that.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, networks: Arc::default() }
    }

    /// Adds an amount to what a network holds. A `thing` is counted once for all its uses, with the amount of the first.
    /// `None` if the network would hold too much.
    #[must_use]
    pub fn take(&self, network: IpAddr, amount: usize, thing: Option<&Bytes>) -> Option<NetworkShare> {
        let mut networks = self.networks();
        let holding = networks.entry(network).or_default();
        if let Some(held) = thing.and_then(|thing| holding.things.get_mut(&address(thing))) {
            held.uses += 1;
        } else {
            if holding.amount > 0 && holding.amount.saturating_add(amount) > self.max {
                return None;
            }
            holding.amount += amount;
            if let Some(thing) = thing {
                holding.things.insert(address(thing), Thing { amount, uses: 1 });
            }
        }
        Some(NetworkShare { of: self.clone(), network, amount, thing: thing.cloned() })
    }

    fn networks(&self) -> MutexGuard<'_, HashMap<IpAddr, Holding>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn address(thing: &Bytes) -> usize {
    thing.as_ptr().addr()
}

impl Drop for NetworkShare {
    fn drop(&mut self) {
        let mut networks = self.of.networks();
        let Some(holding) = networks.get_mut(&self.network) else { return };
        let mut amount = self.amount;
        if let Some(at) = self.thing.as_ref().map(address)
            && let Some(held) = holding.things.get_mut(&at)
        {
            held.uses -= 1;
            if held.uses > 0 {
                return;
            }
            amount = held.amount;
            holding.things.remove(&at);
        }
        holding.amount -= amount;
        if holding.amount == 0 {
            networks.remove(&self.network);
        }
    }
}
